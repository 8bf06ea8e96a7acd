package org.sjd4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.DType;

class SafetensorsWriterTest {

    @TempDir
    private Path directory;

    private static MemorySegment bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return MemorySegment.ofArray(bytes);
    }

    private static long[] shape(long... shape) {
        return shape;
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    @Test
    void writesTheBytesOfTheFormat() throws IOException {
        Path file = directory.resolve("model.safetensors");
        new SafetensorsWriter()
                .add("b", DType.U8, shape(3), bytes(7, 8, 9))
                .add("a", DType.U8, shape(), bytes(6))
                .add("z\"\u00e9", DType.I16, shape(1, 2), bytes(1, 2, 3, 4))
                .metadata("format", "pt")
                .metadata("epoch", "1")
                .write(file);

        String header = "{\"__metadata__\":{\"epoch\":\"1\",\"format\":\"pt\"},"
                + "\"z\\\"\u00e9\":{\"dtype\":\"I16\",\"shape\":[1,2],\"data_offsets\":[0,4]},"
                + "\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[4,5]},"
                + "\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[5,8]}}";
        int length = header.getBytes(StandardCharsets.UTF_8).length;
        byte[] expected = SafetensorsBytes.file(header + " ".repeat(Math.floorMod(-length, 8)), 8);
        System.arraycopy(new byte[] {1, 2, 3, 4, 6, 7, 8, 9}, 0, expected, expected.length - 8, 8);
        assertThat(Files.readAllBytes(file)).isEqualTo(expected);
        assertThat((expected.length - 8) % 8).isZero();
        assertThat(files()).containsExactly(file);
    }

    @Test
    void anEmptyFileIsValid() {
        Path file = directory.resolve("empty.safetensors");
        new SafetensorsWriter().write(file);
        try (SafetensorsFile opened = SafetensorsFile.open(file)) {
            assertThat(opened.names()).isEmpty();
            assertThat(opened.metadata()).isEmpty();
        }
    }

    /** Random tensors of every type come back as they were, and the order of adding does not change a byte. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void roundTrip(long seed) throws IOException {
        var random = new Random(seed);
        record Tensor(String name, DType dtype, long[] shape, byte[] data) {}
        var tensors = new ArrayList<Tensor>();
        for (DType dtype : DType.values()) {
            for (int i = 0; i < 3; i++) {
                long[] shape = random.longs(random.nextInt(4), 0, 5).toArray();
                long[] whole = Stream.of(new long[] {4}, shape)
                        .flatMapToLong(Arrays::stream)
                        .toArray();
                byte[] data = new byte[(int) dtype.byteSize(whole)];
                random.nextBytes(data);
                tensors.add(new Tensor("\ud83d\ude00 " + dtype + "\t" + i + "\uffee", dtype, whole, data));
            }
        }
        Path first = directory.resolve("first");
        Path second = directory.resolve("second");
        for (Path file : List.of(first, second)) {
            Collections.shuffle(tensors, random);
            var writer = new SafetensorsWriter().metadata("key \u0001", "value\n\"");
            tensors.forEach(t -> writer.add(t.name(), t.dtype(), t.shape(), MemorySegment.ofArray(t.data())));
            writer.write(file);
        }
        assertThat(second).hasSameBinaryContentAs(first);
        try (SafetensorsFile opened = SafetensorsFile.open(first)) {
            assertThat(opened.metadata()).containsOnlyKeys("key \u0001").containsValue("value\n\"");
            assertThat(opened.names()).hasSize(tensors.size());
            for (Tensor tensor : tensors) {
                TensorInfo info = opened.info(tensor.name());
                assertThat(info.dtype()).isEqualTo(tensor.dtype());
                assertThat(info.shape()).isEqualTo(tensor.shape());
                assertThat(opened.segment(tensor.name()).toArray(ValueLayout.JAVA_BYTE))
                        .isEqualTo(tensor.data());
            }
        }
    }

    @Test
    void streamsSegmentsOfAnyKind() {
        float[] onHeap = new float[1_000_003];
        for (int i = 0; i < onHeap.length; i++) {
            onHeap[i] = i;
        }
        Path file = directory.resolve("large.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment offHeap = arena.allocateFrom(ValueLayout.JAVA_FLOAT, onHeap);
            new SafetensorsWriter()
                    .add("heap", DType.F32, shape(onHeap.length), MemorySegment.ofArray(onHeap))
                    .add("native", DType.F32, shape(onHeap.length), offHeap.asReadOnly())
                    .write(file);
        }
        try (SafetensorsFile opened = SafetensorsFile.open(file)) {
            MemorySegment expected = MemorySegment.ofArray(onHeap);
            assertThat(opened.segment("heap").mismatch(expected)).isEqualTo(-1);
            assertThat(opened.segment("native").mismatch(expected)).isEqualTo(-1);
        }
    }

    @Test
    void namesAreOrderedByTheirBytesAsInTheReferenceLibrary() throws IOException {
        Path file = directory.resolve("names.safetensors");
        new SafetensorsWriter()
                .add("\ud83d\ude00", DType.U8, shape(0), bytes())
                .add("\uffee", DType.U8, shape(0), bytes())
                .add("z", DType.F16, shape(0), bytes())
                .add("B", DType.U8, shape(0), bytes())
                .add("a", DType.U8, shape(1), bytes(1))
                .write(file);
        String header = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        assertThat(List.of("\"z\"", "\"B\"", "\"a\"", "\"\uffee\"", "\"\ud83d\ude00\"").stream()
                        .map(header::indexOf))
                .isSorted()
                .doesNotContain(-1);
    }

    @Test
    void refusesWhatWouldMakeAMalformedFile() {
        var writer =
                new SafetensorsWriter().add("a", DType.U8, shape(1), bytes(1)).metadata("k", "v");
        assertThatThrownBy(() -> writer.add("a", DType.U8, shape(1), bytes(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("already added");
        assertThatThrownBy(() -> writer.metadata("k", "w"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("already added");
        assertThatThrownBy(() -> writer.add("b", DType.F32, shape(2), bytes(1, 2, 3, 4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("needs 8 bytes, but has 4");
        for (long[] shape : new long[][] {{-1}, {1L << 32, 1L << 32}}) {
            assertThatThrownBy(() -> writer.add("b", DType.U8, shape, bytes(1)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> writer.add("b", DType.F4, shape(3), bytes(1)))
                .isInstanceOf(IllegalArgumentException.class);
        for (String name : List.of("__metadata__", "\ud800")) {
            assertThatThrownBy(() -> writer.add(name, DType.U8, shape(1), bytes(1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("reserved or no Unicode text");
        }
        assertThatThrownBy(() -> writer.metadata("x", "\udc00")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aHeaderThatNoReaderAcceptsIsNotWritten() throws IOException {
        var writer = new SafetensorsWriter().metadata("k", "v".repeat(100_000_000));
        assertThatThrownBy(() -> writer.write(directory.resolve("huge")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("a header of");
        assertThat(files()).isEmpty();
    }

    @Test
    void writingOverAMappedFileLeavesTheMappingAsItWas() throws IOException {
        Path file = directory.resolve("model.safetensors");
        new SafetensorsWriter().add("a", DType.U8, shape(4), bytes(1, 2, 3, 4)).write(file);
        try (SafetensorsFile old = SafetensorsFile.open(file)) {
            new SafetensorsWriter()
                    .add("a", DType.U8, shape(4), old.segment("a"))
                    .add("b", DType.U8, shape(2), bytes(8, 9))
                    .write(file);
            new SafetensorsWriter().add("a", DType.U8, shape(1), bytes(5)).write(file);
            assertThat(old.segment("a").toArray(ValueLayout.JAVA_BYTE)).containsExactly(1, 2, 3, 4);
        }
        try (SafetensorsFile replaced = SafetensorsFile.open(file)) {
            assertThat(replaced.segment("a").toArray(ValueLayout.JAVA_BYTE)).containsExactly(5);
        }
        assertThat(files()).containsExactly(file);
    }

    @Test
    void aFailureHalfWayLeavesTheOldFileAndNothingElse() throws IOException {
        Path file = directory.resolve("model.safetensors");
        new SafetensorsWriter().add("a", DType.U8, shape(1), bytes(1)).write(file);
        byte[] before = Files.readAllBytes(file);
        var writer =
                new SafetensorsWriter().add("a", DType.U8, shape(4 << 20), MemorySegment.ofArray(new byte[4 << 20]));
        try (Arena arena = Arena.ofConfined()) {
            writer.add("b", DType.U8, shape(8), arena.allocate(8));
        }
        assertThatThrownBy(() -> writer.write(file)).isInstanceOf(IllegalStateException.class);
        assertThat(files()).containsExactly(file);
        assertThat(Files.readAllBytes(file)).isEqualTo(before);
    }

    @Test
    void aTargetThatCannotBeWrittenIsATypedError() throws IOException {
        var writer = new SafetensorsWriter().add("a", DType.U8, shape(1), bytes(1));
        assertThatThrownBy(() -> writer.write(directory.resolve("absent/model.safetensors")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("NoSuchFileException");
        Path occupied = Files.createDirectory(directory.resolve("occupied"));
        Files.createDirectory(occupied.resolve("inner"));
        assertThatThrownBy(() -> writer.write(occupied)).isInstanceOf(CheckpointException.class);
        assertThat(files()).containsExactly(occupied);
    }

    @Test
    void aSymbolicLinkIsReplacedAndItsTargetKept() throws IOException {
        Path target = Files.writeString(directory.resolve("target"), "precious");
        Path link = Files.createSymbolicLink(directory.resolve("link"), target.getFileName());
        new SafetensorsWriter().add("a", DType.U8, shape(1), bytes(1)).write(link);
        assertThat(target).hasContent("precious");
        assertThat(link)
                .isRegularFile()
                .satisfies(path -> assertThat(Files.isSymbolicLink(path)).isFalse());
    }
}
