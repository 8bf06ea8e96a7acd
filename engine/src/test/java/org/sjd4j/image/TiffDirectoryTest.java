package org.sjd4j.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TiffDirectoryTest {
    private static final long SEED = 20260612;
    private static final int CASES = 100_000;

    @ParameterizedTest
    @ValueSource(strings = {"BIG_ENDIAN", "LITTLE_ENDIAN"})
    void theOrientationIsFound(String name) {
        var order = name.equals("BIG_ENDIAN") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        for (int number = 1; number <= 8; number++) {
            assertThat(orientation(ImageFixtures.exif(order, number))).isEqualTo(Orientation.values()[number - 1]);
        }
        for (int number : new int[] {0, 9, 255, 0x0600, 0xffff}) {
            assertThat(orientation(ImageFixtures.exif(order, number))).isEqualTo(Orientation.UPRIGHT);
        }
    }

    /** Every way to break off, and offsets that lead out of the file or back to its begin. */
    @ParameterizedTest
    @ValueSource(strings = {"BIG_ENDIAN", "LITTLE_ENDIAN"})
    void whatIsBrokenCountsAsNone(String name) {
        var order = name.equals("BIG_ENDIAN") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        byte[] exif = ImageFixtures.exif(order, 6);
        int end = 8 + 2 + 2 * 12;
        for (int length = 0; length < exif.length; length++) {
            assertThat(orientation(Arrays.copyOf(exif, length)))
                    .as("%d bytes", length)
                    .isEqualTo(length < end ? Orientation.UPRIGHT : Orientation.NEEDS_QUARTER_TURN_RIGHT);
        }
        for (int offset : new int[] {0, 1, 63, 64, 65, Integer.MAX_VALUE, Integer.MIN_VALUE, -1}) {
            byte[] broken = exif.clone();
            ByteBuffer.wrap(broken).order(order).putInt(4, offset);
            assertThat(orientation(broken)).as("offset %d", offset).isEqualTo(Orientation.UPRIGHT);
        }
        for (int type : new int[] {0, 1, 2, 5, 7, 13, 0xffff}) {
            byte[] broken = exif.clone();
            ByteBuffer.wrap(broken).order(order).putShort(24, (short) type);
            assertThat(orientation(broken)).as("type %d", type).isEqualTo(Orientation.UPRIGHT);
        }
        for (int count : new int[] {0, 2, -1}) {
            byte[] broken = exif.clone();
            ByteBuffer.wrap(broken).order(order).putInt(26, count);
            assertThat(orientation(broken)).as("count %d", count).isEqualTo(Orientation.UPRIGHT);
        }
    }

    /** Broken metadata never cost the image, and the image is never anything but turned. */
    @Test
    void mutatedMetadataLeaveTheImage() {
        var random = new SplittableRandom(SEED);
        byte[] jpeg = ImageFixtures.bytes("jpg-444-small.jpg");
        int turned = 0;
        for (int i = 0; i < CASES; i++) {
            byte[] exif = ImageFixtures.exif(i % 2 == 0 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN, 6);
            byte[] mutant = Mutation.of(exif, jpeg, random);
            var found = orientation(mutant);
            turned += found == Orientation.NEEDS_QUARTER_TURN_RIGHT ? 1 : 0;
            if (i % 10 == 0) {
                var image = ImageFiles.decode(ImageFixtures.withExif(jpeg, mutant), "photo", Alpha.DROPPED);
                assertThat(image.getWidth() * image.getHeight())
                        .as("mutant %d, seed %d", i, SEED)
                        .isEqualTo(6);
            }
        }
        assertThat(turned).as("orientations found, seed %d", SEED).isBetween(CASES / 10, CASES - CASES / 10);
    }

    private static Orientation orientation(byte[] tiff) {
        return TiffDirectory.of(ByteBuffer.wrap(tiff)).orientation();
    }
}
