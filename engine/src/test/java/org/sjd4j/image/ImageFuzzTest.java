package org.sjd4j.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Mutations of image files of all kinds: each becomes an image or the typed error, and soon. */
class ImageFuzzTest {
    private static final long SEED = 20260611;
    private static final int CASES = 100_000;

    /** Some mutants are images of many millions of pixels; none may take as long as a loop without end. */
    private static final long MOST_NANOSECONDS = 60_000_000_000L;

    private static final int MOST_SHOWN = 200;

    private final ThreadMXBean thread = ManagementFactory.getThreadMXBean();

    @Test
    void mutationsAreReadOrRefused() throws IOException {
        List<String> names = new ArrayList<>(ImageFixtures.golden().sequencedKeySet());
        List<byte[]> files = names.stream().map(ImageFixtures::bytes).toList();
        var random = new SplittableRandom(SEED);
        int read = 0;
        for (int i = 0; i < CASES; i++) {
            int chosen = random.nextInt(files.size());
            byte[] mutant = Mutation.of(files.get(chosen), files.get(random.nextInt(files.size())), random);
            String description = "mutant " + i + " of " + names.get(chosen) + ", seed " + SEED;
            read += isRead(mutant, description) ? 1 : 0;
        }
        assertThat(read).as("mutants read, seed " + SEED).isBetween(CASES / 10, CASES - CASES / 10);
    }

    private boolean isRead(byte[] mutant, String description) {
        long nanoseconds = thread.getCurrentThreadCpuTime();
        try {
            var image = ImageFiles.decode(mutant, "photo", Alpha.ON_WHITE);
            assertThat(image.getType()).as(description).isEqualTo(BufferedImage.TYPE_INT_RGB);
            return true;
        } catch (ImageFileException e) {
            assertThat(e.getMessage()).as(description).startsWith("photo ").doesNotContain("\n", "\r");
            return false;
        } catch (RuntimeException | Error e) {
            byte[] shown = Arrays.copyOf(mutant, Math.min(mutant.length, MOST_SHOWN));
            throw new AssertionError(
                    description + " begins with " + HexFormat.of().formatHex(shown), e);
        } finally {
            nanoseconds = thread.getCurrentThreadCpuTime() - nanoseconds;
            assertThat(nanoseconds).as(description).isLessThan(MOST_NANOSECONDS);
        }
    }
}
