package org.sjd4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.sjd4j.checkpoint.SafetensorsBytes.entry;
import static org.sjd4j.checkpoint.SafetensorsBytes.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.DType;
import org.sjd4j.tensor.Tensors;

/** What of a checkpoint gets to LibTorch. */
class MappedCheckpointTest {
    @TempDir
    private Path directory;

    private Path write(String header, int data) throws IOException {
        return Files.write(directory.resolve("model.safetensors"), file(header, data));
    }

    /** The format allows tensors to begin at any byte; compiled loops do not. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void tensorsMayBeginAtAnyByte(int first) throws IOException {
        int size = 4096;
        String header = "{" + entry("a", "U8", "[" + first + "]", 0, first) + ","
                + entry("w", "F32", "[" + size + "]", first, first + 4L * size) + ","
                + entry("d", "F64", "[1]", first + 4L * size, first + 4L * size + 8) + "}";
        byte[] bytes = file(header + " ".repeat((8 - header.length() % 8) % 8), first + 4 * size + 8);
        var data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int begin = bytes.length - 4 * size - 8;
        for (int i = 0; i < size; i++) {
            data.putFloat(begin + 4 * i, i);
        }
        data.putDouble(begin + 4 * size, 2.5);
        Path path = Files.write(directory.resolve("model.safetensors"), bytes);
        try (var mapped = MappedCheckpoint.open(path)) {
            Tensors.inference(() -> {
                var w = mapped.weights().get("w", size);
                assertThat(w.data_ptr().address() % 4).isZero();
                assertThat(Tensors.floats(w.add(w))[size - 1]).isEqualTo(2f * (size - 1));
                assertThat(w.sum().item_double()).isEqualTo(size * (size - 1) / 2.0);
                assertThat(Tensors.floats(mapped.weights().get("d", 1))).containsExactly(2.5f);
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"I64", "I32", "U8", "BOOL"})
    void weightsAreFloatingPointNumbers(String type) throws IOException {
        long bytes = DType.valueOf(type).byteSize(2);
        Path path = write("{" + entry("w", type, "[2]", 0, bytes) + "}", (int) bytes);
        try (var mapped = MappedCheckpoint.open(path)) {
            assertThatExceptionOfType(CheckpointException.class)
                    .isThrownBy(() -> mapped.weights().get("w", 2))
                    .withMessageContaining("tensor 'w' of type")
                    .withMessageContaining("floating-point numbers");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"F8_E4M3", "F8_E5M2", "U16", "U32", "U64", "C64", "F4"})
    void otherTypesAreRefusedByName(String type) throws IOException {
        long bytes = DType.valueOf(type).byteSize(2);
        Path path = write("{" + entry("w", type, "[2]", 0, bytes) + "}", (int) bytes);
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> MappedCheckpoint.open(path))
                .withMessageContaining("tensor 'w' of type " + type);
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> TensorFiles.read(path))
                .withMessageContaining("tensor 'w' of type " + type);
    }

    @Test
    void emptyTensorsOfAbsurdSizesAreRefused() throws IOException {
        Path path = write("{" + entry("w", "F32", "[0,4611686018427387904,4611686018427387904]", 0, 0) + "}", 0);
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> MappedCheckpoint.open(path))
                .withMessageContaining("tensor 'w' of shape [0, 4611686018427387904, 4611686018427387904]");
        Path small = write("{" + entry("w", "F32", "[0,3]", 0, 0) + "," + entry("s", "F32", "[]", 0, 4) + "}", 4);
        try (var mapped = MappedCheckpoint.open(small)) {
            assertThat(mapped.weights().get("w", 0, 3).numel()).isZero();
            assertThat(mapped.weights().get("s").numel()).isEqualTo(1);
        }
    }

    @Test
    void sizesThatNoModelHasAreRefused() throws IOException {
        Path path = write(
                "{" + entry("s", "F32", "[]", 0, 4) + "," + entry("m", "F32", "[1,2]", 4, 12) + ","
                        + entry("z", "F32", "[0,2]", 12, 12) + "," + entry("h", "F32", "[0,20000000]", 12, 12) + "}",
                12);
        try (var checkpoint = Checkpoint.open(path)) {
            assertThat(checkpoint.sizes("m", 2)).containsExactly(1, 2);
            for (String name : new String[] {"s", "z", "h", "none"}) {
                assertThatExceptionOfType(CheckpointException.class)
                        .isThrownBy(() -> checkpoint.sizes(name, 2))
                        .withMessageContaining("'" + name + "'");
            }
        }
    }
}
