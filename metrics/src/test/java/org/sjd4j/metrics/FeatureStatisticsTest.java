package org.sjd4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sjd4j.metrics.inception.TinyInception;
import org.sjd4j.tensor.CheckpointException;

class FeatureStatisticsTest {
    private static final long SEED = 20_251_203;
    private static final int MUTATIONS = 3000;
    private static final double[] MEAN = {0.1, -2};
    private static final double[] COVARIANCE = {2, 0.5, 0.5, 1};

    @TempDir
    private Path directory;

    @Test
    void whatIsWrittenIsRead() {
        Path file = directory.resolve("s.safetensors");
        for (OptionalLong count : new OptionalLong[] {OptionalLong.empty(), OptionalLong.of(5000)}) {
            new FeatureStatistics("net/1", count, MEAN, COVARIANCE).write(file);
            var read = FeatureStatistics.read(file, "net/1", 2);
            assertThat(read.features()).isEqualTo("net/1");
            assertThat(read.count()).isEqualTo(count);
            assertThat(read.mean()).isEqualTo(MEAN);
            assertThat(read.covariance()).isEqualTo(COVARIANCE);
        }
    }

    @Test
    void statisticsOfOtherFeaturesAreRefused() {
        Path file = directory.resolve("s.safetensors");
        new FeatureStatistics("net/1", OptionalLong.of(9), MEAN, COVARIANCE).write(file);
        refused(file, "net/2", 2, "found statistics of features 'net/1'; expected those of 'net/2'");
        refused(file, "net/1", 3, "mu F64[2]", "F64[3]");
        refused(TinyInception.folder().resolve("model.safetensors"), "net/1", 2, "no statistics of images", "'net/1'");
        refused(directory.resolve("none.safetensors"), "net/1", 2, "none.safetensors");
    }

    @Test
    void whatIsNoCovarianceIsRefused() {
        wrong("not symmetric", MEAN, 2, 0.5, 0.6, 1);
        wrong("negative variance of feature 1", MEAN, 2, 0, 0, -1);
        wrong("no finite number", MEAN, 2, Double.NaN, Double.NaN, 1);
        wrong("no finite number", new double[] {0, Double.POSITIVE_INFINITY}, COVARIANCE);
        wrong("a mean of 2", MEAN, 1, 2, 3);
        wrong("a mean of 0", new double[0]);
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new FeatureStatistics("net", OptionalLong.of(1), MEAN, COVARIANCE))
                .withMessageContaining("1 images");
    }

    private static void wrong(String message, double[] mean, double... covariance) {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new FeatureStatistics("net", OptionalLong.empty(), mean, covariance))
                .withMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource({"1, 8, true", "2, 8, false", "1, 4, false", "2, 4, true"})
    void numpyArchivesAreRead(int version, int size, boolean stored) throws IOException {
        var read = FeatureStatistics.read(
                npz(stored, array(version, size, "(2,)", MEAN), array(version, size, "(2, 2)", COVARIANCE)), "net", 2);
        assertThat(read.features()).isEqualTo("net");
        assertThat(read.count()).isEmpty();
        assertThat(read.mean()).containsExactly(size == 4 ? 0.1f : 0.1, -2);
        assertThat(read.covariance()).isEqualTo(COVARIANCE);
    }

    @Test
    void wrongNumpyArchivesAreRefused() throws IOException {
        byte[] mean = array(1, 8, "(2,)", MEAN);
        byte[] covariance = array(1, 8, "(2, 2)", COVARIANCE);
        refused(npz(true, mean, covariance), "net", 3, "array 'mu' of shape (2)", "(3)");
        refused(npz(true, mean, array(1, 8, "(4,)", COVARIANCE)), "net", 2, "array 'sigma' of shape (4)");
        refused(npz(true, mean, Arrays.copyOf(covariance, covariance.length - 1)), "net", 2, "'sigma' cut off");
        refused(npz(true, mean), "net", 2, "no array 'sigma'");
        refused(npz(true, array(3, 8, "(2,)", MEAN), covariance), "net", 2, "version 3");
        refused(npz(true, "numpy".getBytes(StandardCharsets.US_ASCII), covariance), "net", 2, "magic number");
        byte[] big =
                new String(mean, StandardCharsets.ISO_8859_1).replace('<', '>').getBytes(StandardCharsets.ISO_8859_1);
        refused(npz(true, big, covariance), "net", 2, "of another kind", "little-endian");
        refused(npz(true, mean, array(1, 8, "(2, 2)", 2, 0.5, 0.7, 1)), "net", 2, "not symmetric");
        refused(Files.writeString(directory.resolve("text.npz"), "hello"), "net", 2, "a text, 'hello'");
        refused(Files.writeString(directory.resolve("other.npz"), "\1"), "net", 2, "no readable .npz file");
        refused(directory.resolve("none.npz"), "net", 2, "no such file");
    }

    /** A file that was changed at random is read or refused with a typed error: nothing else happens. */
    @Test
    void mutatedArchivesAreReadOrRefused() throws IOException {
        byte[] original = Files.readAllBytes(npz(false, array(1, 8, "(2,)", MEAN), array(1, 8, "(2, 2)", COVARIANCE)));
        var random = new SplittableRandom(SEED);
        Path file = directory.resolve("mutated.npz");
        int read = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] mutated = original.clone();
            for (int k = random.nextInt(1, 4); k > 0; k--) {
                mutated[random.nextInt(mutated.length)] = (byte) random.nextInt(256);
            }
            Files.write(file, mutated);
            try {
                FeatureStatistics.read(file, "net", 2);
                read++;
            } catch (CheckpointException e) {
                assertThat(e).hasMessageContaining("mutated.npz");
            }
        }
        assertThat(read).as("seed %d", SEED).isBetween(1, MUTATIONS - 1);
    }

    private static void refused(Path file, String features, int dimensions, String... parts) {
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> FeatureStatistics.read(file, features, dimensions))
                .withMessageContaining(file.toString())
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
    }

    private static byte[] array(int version, int size, String shape, double... values) {
        String header = "{'descr': '<f" + size + "', 'fortran_order': False, 'shape': " + shape + ", }   \n";
        var bytes = ByteBuffer.allocate(200).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
        bytes.put((byte) version).put((byte) 0);
        if (version == 1) {
            bytes.putShort((short) header.length());
        } else {
            bytes.putInt(header.length());
        }
        bytes.put(header.getBytes(StandardCharsets.US_ASCII));
        for (double value : values) {
            if (size == 4) {
                bytes.putFloat((float) value);
            } else {
                bytes.putDouble(value);
            }
        }
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    /** The arrays {@code mu} and {@code sigma}. */
    private Path npz(boolean stored, byte[]... arrays) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            for (int i = 0; i < arrays.length; i++) {
                var entry = new ZipEntry(i == 0 ? "mu.npy" : "sigma.npy");
                if (stored) {
                    var crc = new CRC32();
                    crc.update(arrays[i]);
                    entry.setMethod(ZipEntry.STORED);
                    entry.setSize(arrays[i].length);
                    entry.setCrc(crc.getValue());
                }
                zip.putNextEntry(entry);
                zip.write(arrays[i]);
                zip.closeEntry();
            }
        }
        return Files.write(directory.resolve("statistics.npz"), bytes.toByteArray());
    }
}
