package org.sjd4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.checkpoint.SafetensorsBytes.entry;
import static org.sjd4j.checkpoint.SafetensorsBytes.file;
import static org.sjd4j.checkpoint.SafetensorsBytes.parse;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.sjd4j.tensor.CheckpointException;

/** Mutations of a valid file: each is either read or refused with the typed error, in little memory and without hanging. */
class SafetensorsFuzzTest {

    private static final long SEED = 20260512;
    private static final int CASES = 100_000;
    private static final long MOST_BYTES = 4 << 20;
    private static final byte[] ALPHABET =
            "{}[]\":,0123456789-.eE\\u \n_adtypeshUF8".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] VALID = file(
            "{\"__metadata__\":{\"format\":\"pt\"},"
                    + entry("a.weight", "F32", "[2,3]", 0, 24) + ","
                    + entry("b", "BF16", "[4]", 24, 32) + ","
                    + entry("empty", "I64", "[0]", 32, 32) + ","
                    + entry("four", "F4", "[2]", 32, 33) + ","
                    + entry("scalar", "U8", "[]", 33, 34) + "}  ",
            34);

    private final ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    @Timeout(value = 30, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void mutationsAreReadOrRefused() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        assertThat(parse(VALID).names()).hasSize(5);
        int read = 0;
        for (int i = 0; i < CASES; i++) {
            byte[] mutant = mutate(random);
            long bytes = thread.getCurrentThreadAllocatedBytes();
            boolean success = isRead(mutant, i);
            bytes = thread.getCurrentThreadAllocatedBytes() - bytes;
            if (bytes > MOST_BYTES) {
                throw new AssertionError(bytes + " bytes allocated for " + describe(mutant, i));
            }
            read += success ? 1 : 0;
        }
        assertThat(read).as("mutants read, seed " + SEED).isBetween(CASES / 100, CASES - CASES / 100);
    }

    private static boolean isRead(byte[] mutant, int index) {
        try {
            SafetensorsFile file = parse(mutant);
            for (String name : file.names()) {
                assertThat(file.segment(name).toArray(ValueLayout.JAVA_BYTE))
                        .hasSize((int) file.info(name).byteSize());
            }
            return true;
        } catch (CheckpointException e) {
            assertThat(e.getMessage()).hasSizeLessThan(1000);
            return false;
        } catch (RuntimeException | Error e) {
            throw new AssertionError("untyped failure for " + describe(mutant, index), e);
        }
    }

    private static byte[] mutate(RandomGenerator random) {
        byte[] bytes = VALID.clone();
        for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
            // mostly in the header; one in sixteen within the length prefix
            int at = random.nextInt(16) == 0 ? random.nextInt(8) : random.nextInt(bytes.length);
            bytes = switch (random.nextInt(5)) {
                case 0 -> overwrite(bytes, at, (byte) (bytes[at] ^ (1 << random.nextInt(8))));
                case 1 -> overwrite(bytes, at, (byte) random.nextInt(256));
                case 2 -> overwrite(bytes, at, ALPHABET[random.nextInt(ALPHABET.length)]);
                case 3 -> splice(bytes, at, at, new byte[] {ALPHABET[random.nextInt(ALPHABET.length)]});
                default -> splice(bytes, at, Math.min(bytes.length, at + 1 + random.nextInt(4)), new byte[0]);
            };
        }
        if (random.nextBoolean() && bytes.length > 42) {
            // a prefix that fits again lets edits that change the length get further than the prefix
            System.arraycopy(file(bytes.length - 42L, new byte[0], 0), 0, bytes, 0, 8);
        }
        return bytes;
    }

    private static byte[] overwrite(byte[] bytes, int at, byte value) {
        bytes[at] = value;
        return bytes;
    }

    private static byte[] splice(byte[] bytes, int from, int to, byte[] insertion) {
        byte[] result = Arrays.copyOf(bytes, bytes.length - (to - from) + insertion.length);
        System.arraycopy(insertion, 0, result, from, insertion.length);
        System.arraycopy(bytes, to, result, from + insertion.length, bytes.length - to);
        return result;
    }

    private static String describe(byte[] mutant, int index) {
        return "mutant " + index + " of seed " + SEED + ": " + HexFormat.of().formatHex(mutant);
    }
}
