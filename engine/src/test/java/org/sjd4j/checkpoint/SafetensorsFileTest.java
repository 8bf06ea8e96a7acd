package org.sjd4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.sjd4j.checkpoint.SafetensorsBytes.entry;
import static org.sjd4j.checkpoint.SafetensorsBytes.file;
import static org.sjd4j.checkpoint.SafetensorsBytes.parse;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.DType;

class SafetensorsFileTest {

    private static final String A = entry("a", "U8", "[4]", 0, 4);

    static Stream<Arguments> malformed() {
        return Stream.of(
                arguments("empty file", new byte[0], "0 bytes"),
                arguments("7 bytes", new byte[7], "7 bytes"),
                arguments("N = 0", file(0, new byte[0], 0), "found nothing"),
                arguments("N = 0, bytes after it", file(0, new byte[0], 8), "found nothing"),
                arguments("N > file", file(100, "{}".getBytes(StandardCharsets.UTF_8), 0), "cut off"),
                arguments("N = file", file(10, "{}".getBytes(StandardCharsets.UTF_8), 0), "cut off"),
                arguments("N = 100,000,000 in a small file", file(100_000_000, new byte[2], 0), "cut off"),
                arguments("N = 100,000,001", file(100_000_001, new byte[2], 0), "100000001"),
                arguments("N = 2^63 - 1", file(Long.MAX_VALUE, new byte[2], 0), "9223372036854775807"),
                arguments("N = 2^63", file(Long.MIN_VALUE, new byte[2], 0), "9223372036854775808"),
                arguments("N = 2^64 - 1", file(-1, new byte[2], 0), "18446744073709551615"),
                arguments("not UTF-8", raw(new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'}), "JSON"),
                arguments("overlong UTF-8", raw(new byte[] {'{', '"', (byte) 0xc0, (byte) 0x80, '"', '}'}), "JSON"),
                arguments(
                        "UTF-8 of a surrogate",
                        raw(new byte[] {'{', '"', (byte) 0xed, (byte) 0xa0, (byte) 0x80}),
                        "JSON"),
                arguments("UTF-16", raw("{}".getBytes(StandardCharsets.UTF_16LE)), "JSON"),
                arguments("byte order mark", file("\ufeff{}", 0), "JSON"),
                arguments("not JSON", file("hello", 0), "JSON"),
                arguments("JSON array", file("[]", 0), "START_ARRAY"),
                arguments("JSON string", file("\"{}\"", 0), "'{}'"),
                arguments("JSON null", file("null", 0), "'null'"),
                arguments("truncated JSON", file("{" + A, 4), "JSON"),
                arguments("truncated string", file("{\"a", 0), "JSON"),
                arguments("two objects", file("{}{}", 0), "after the closing brace"),
                arguments("zeros as padding", file("{}\0\0", 0), "JSON"),
                arguments("trailing comma", file("{" + A + ",}", 4), "JSON"),
                arguments("comment", file("{/**/}", 0), "JSON"),
                arguments("single quotes", file(("{" + A + "}").replace('"', '\''), 4), "JSON"),
                arguments("deep arrays", file("[".repeat(1_000_000), 0), "START_ARRAY"),
                arguments("deep objects", file("{\"a\":".repeat(1_000_000), 0), "levels of nesting"),
                arguments(
                        "deep unknown member", file("{\"a\":{\"x\":" + "[".repeat(1_000_000), 0), "levels of nesting"),
                arguments("duplicate tensor", file("{" + A + "," + A + "}", 4), "for the second time"),
                arguments(
                        "duplicate by escape",
                        file("{" + A + "," + A.replace("\"a\"", "\"\\u0061\"") + "}", 4),
                        "for the second time"),
                arguments(
                        "duplicate dtype",
                        tensor("\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]"),
                        "for the second time"),
                arguments(
                        "duplicate unknown",
                        tensor("\"x\":0,\"x\":0,\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]"),
                        "for the second time"),
                arguments(
                        "duplicate metadata",
                        file("{\"__metadata__\":{},\"__metadata__\":{}}", 0),
                        "for the second time"),
                arguments(
                        "duplicate in metadata",
                        file("{\"__metadata__\":{\"k\":\"\",\"k\":\"\"}}", 0),
                        "for the second time"),
                arguments("metadata a number", file("{\"__metadata__\":{\"k\":1}}", 0), "'k' to be a string"),
                arguments("metadata null inside", file("{\"__metadata__\":{\"k\":null}}", 0), "'k' to be a string"),
                arguments("metadata nested", file("{\"__metadata__\":{\"k\":{}}}", 0), "'k' to be a string"),
                arguments("metadata a string", file("{\"__metadata__\":\"k\"}", 0), "to be an object"),
                arguments("metadata null", file("{\"__metadata__\":null}", 0), "to be an object"),
                arguments(
                        "lone surrogate in name", file("{" + A.replace("\"a\"", "\"\\ud800\"") + "}", 4), "surrogate"),
                arguments("lone surrogate in metadata", file("{\"__metadata__\":{\"k\":\"\\udc00\"}}", 0), "surrogate"),
                arguments("tensor a string", file("{\"a\":\"U8\"}", 0), "to be an object"),
                arguments("tensor an array", file("{\"a\":[\"U8\",[4],[0,4]]}", 4), "to be an object"),
                arguments("unknown dtype", file("{" + entry("a", "F7", "[4]", 0, 4) + "}", 4), "'F7'"),
                arguments("lower-case dtype", file("{" + entry("a", "u8", "[4]", 0, 4) + "}", 4), "'u8'"),
                arguments(
                        "dtype a number", tensor("\"dtype\":8,\"shape\":[4],\"data_offsets\":[0,4]"), "to be a string"),
                arguments("no dtype", tensor("\"shape\":[4],\"data_offsets\":[0,4]"), "incomplete"),
                arguments("no shape", tensor("\"dtype\":\"U8\",\"data_offsets\":[0,4]"), "incomplete"),
                arguments("no offsets", tensor("\"dtype\":\"U8\",\"shape\":[4]"), "incomplete"),
                arguments("one offset", tensor("\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0]"), "incomplete"),
                arguments(
                        "three offsets",
                        tensor("\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4,4]"),
                        "at most 2 integers"),
                arguments("rank 65", shape("[" + "1,".repeat(64) + "4]"), "at most 64 integers"),
                arguments("shape a number", shape("4"), "integers"),
                arguments("nested shape", shape("[[4]]"), "integers"),
                arguments("null in shape", shape("[null]"), "integers"),
                arguments("string in shape", shape("[\"4\"]"), "integers"),
                arguments("negative shape", shape("[-4]"), "-4"),
                arguments("negative twice", shape("[-2,-2]"), "-2"),
                arguments("minus zero", shape("[4,-0]"), "-0"),
                arguments("float shape", shape("[4.0]"), "4.0"),
                arguments("exponent shape", shape("[4e0]"), "4e0"),
                arguments("leading zero", shape("[04]"), "JSON"),
                arguments("NaN shape", shape("[NaN]"), "JSON"),
                arguments("shape 2^63", shape("[9223372036854775808]"), "9223372036854775808"),
                arguments("shape of 32 digits", shape("[" + "9".repeat(32) + "]"), "9999"),
                arguments("shape of a million digits", shape("[" + "9".repeat(1_000_000) + "]"), "JSON"),
                arguments("shape 2^32 x 2^32", shape("[4294967296,4294967296]"), "2^63"),
                arguments("shape wraps to the right size", shape("[4611686018427387905,4]"), "2^63"),
                arguments("bits overflow", shape("[2305843009213693952]"), "2^63"),
                arguments("shape too large for offsets", shape("[5]"), "needs 5 bytes"),
                arguments("shape too small for offsets", shape("[3]"), "needs 3 bytes"),
                arguments("offsets reversed", file("{" + entry("a", "U8", "[4]", 4, 0) + "}", 4), "bytes 4 to 0"),
                arguments("negative offset", file("{" + entry("a", "U8", "[4]", -4, 0) + "}", 4), "-4"),
                arguments("overlap", file("{" + A + "," + entry("b", "U8", "[4]", 2, 6) + "}", 6), "an overlap"),
                arguments(
                        "same place twice", file("{" + A + "," + entry("b", "U8", "[4]", 0, 4) + "}", 4), "an overlap"),
                arguments(
                        "empty tensor inside another",
                        file("{" + A + "," + entry("b", "U8", "[0]", 2, 2) + "}", 4),
                        "an overlap"),
                arguments("hole", file("{" + A + "," + entry("b", "U8", "[4]", 5, 9) + "}", 9), "a hole"),
                arguments("first offset not 0", file("{" + entry("a", "U8", "[4]", 1, 5) + "}", 5), "a hole"),
                arguments("end beyond file", file("{" + entry("a", "U8", "[400]", 0, 400) + "}", 4), "exactly the 400"),
                arguments("end of 2^62", file("{" + entry("a", "U8", "[4]", 0, 1L << 62) + "}", 4), "needs 4 bytes"),
                arguments("trailing byte", file("{" + A + "}", 5), "5 bytes of data"),
                arguments("missing last byte", file("{" + A + "}", 3), "3 bytes of data"),
                arguments("data without tensors", file("{}", 1), "1 bytes of data"),
                arguments(
                        "odd count of F4", file("{" + entry("a", "F4", "[3]", 0, 2) + "}", 2), "whole number of bytes"),
                arguments("two F6", file("{" + entry("a", "F6_E2M3", "[2]", 0, 2) + "}", 2), "whole number of bytes"));
    }

    private static byte[] raw(byte[] header) {
        return file(header.length, header, 0);
    }

    private static byte[] tensor(String members) {
        return file("{\"a\":{" + members + "}}", 4);
    }

    private static byte[] shape(String shape) {
        return file("{" + entry("a", "U8", shape, 0, 4) + "}", 4);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void malformed(String what, byte[] file, String found) {
        assertThatThrownBy(() -> parse(file))
                .as(what)
                .isExactlyInstanceOf(CheckpointException.class)
                .hasMessageStartingWith("test.safetensors: found ")
                .hasMessageContaining("; expected ")
                .hasMessageContaining(found)
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(1000));
    }

    static Stream<Arguments> wellFormed() {
        return Stream.of(
                arguments("no tensors", file("{}", 0), 0),
                arguments("one tensor", file("{" + A + "}", 4), 1),
                arguments("spaces after", file("{" + A + "}       ", 4), 1),
                arguments("whitespace around, as the reference library accepts", file(" \t\r\n{" + A + "}\n", 4), 1),
                arguments("metadata only", file("{\"__metadata__\":{\"format\":\"pt\"}}", 0), 0),
                arguments(
                        "unknown member, as the reference library accepts",
                        tensor("\"x\":[{\"y\":1.5}],\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]"),
                        1),
                arguments("zero-size tensor", file("{" + entry("a", "F32", "[3,0]", 0, 0) + "}", 0), 1),
                arguments(
                        "zero-size between",
                        file(
                                "{" + A + "," + entry("b", "U8", "[2]", 4, 6) + "," + entry("e", "I64", "[0]", 4, 4)
                                        + "}",
                                6),
                        3),
                arguments("zero-size at the end", file("{" + A + "," + entry("e", "I64", "[0]", 4, 4) + "}", 4), 2),
                arguments("rank 0", file("{" + entry("a", "F32", "[]", 0, 4) + "}", 4), 1),
                arguments("rank 64", shape("[" + "1,".repeat(63) + "4]"), 1),
                arguments("empty name", file("{" + entry("", "U8", "[4]", 0, 4) + "}", 4), 1),
                arguments("any order", file("{" + entry("b", "U8", "[2]", 4, 6) + "," + A + "}", 6), 2),
                arguments(
                        "misaligned start",
                        file("{" + entry("a", "U8", "[3]", 0, 3) + "," + entry("b", "F32", "[1]", 3, 7) + "}", 7),
                        2),
                arguments("even count of F4", file("{" + entry("a", "F4", "[2,3]", 0, 3) + "}", 3), 1),
                arguments("four F6", file("{" + entry("a", "F6_E3M2", "[4]", 0, 3) + "}", 3), 1));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void wellFormed(String what, byte[] file, int tensors) {
        SafetensorsFile parsed = parse(file);
        assertThat(parsed.names()).as(what).hasSize(tensors);
        long size = parsed.names().stream()
                .mapToLong(name -> parsed.segment(name).byteSize())
                .sum();
        assertThat(parsed.names().stream()
                        .mapToLong(name -> parsed.info(name).byteSize())
                        .sum())
                .isEqualTo(size);
    }

    @ParameterizedTest
    @EnumSource
    void everyTypeIsReadByItsName(DType dtype) {
        SafetensorsFile parsed =
                parse(file("{" + entry("a", dtype.name(), "[2,4]", 0, dtype.bits()) + "}", dtype.bits()));
        assertThat(parsed.info("a")).isEqualTo(new TensorInfo("a", dtype, new long[] {2, 4}, 0, dtype.bits()));
    }

    @Test
    void segmentsAreReadOnlySlicesInOrderOfData() {
        byte[] file = file("{" + entry("b", "U8", "[2]", 3, 5) + "," + entry("a", "U8", "[3]", 0, 3) + "}", 5);
        for (int i = 0; i < 5; i++) {
            file[file.length - 5 + i] = (byte) i;
        }
        SafetensorsFile parsed = parse(file);

        assertThat(parsed.names()).containsExactly("a", "b");
        assertThat(parsed.segment("b").toArray(ValueLayout.JAVA_BYTE)).containsExactly(3, 4);
        assertThat(parsed.segment("b").isReadOnly()).isTrue();
        assertThatThrownBy(() -> parsed.segment("b").get(ValueLayout.JAVA_BYTE, 2))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> parsed.names().remove("a")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> parsed.metadata().put("a", "b")).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void anUnknownNameIsRefusedWithoutEchoingControlCharacters() {
        SafetensorsFile parsed = parse(file("{" + A + "}", 4));
        assertThatThrownBy(() -> parsed.segment("x\n\u001b[2J" + "y".repeat(1000)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("1 tensors, none of them named 'x\\n\\u001b[2Jyyy")
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
    }

    @Test
    void infoKeepsItsOwnShape() {
        long[] shape = {2, 3};
        var info = new TensorInfo("a", DType.F16, shape, 4, 16);
        shape[0] = 7;
        info.shape()[1] = 7;
        assertThat(info.shape()).containsExactly(2, 3);
        assertThat(info)
                .hasToString("a F16[2, 3] at 4..16")
                .hasSameHashCodeAs(new TensorInfo("a", DType.F16, new long[] {2, 3}, 4, 16));
    }

    private static byte[] tensors(int count, IntFunction<String> name) {
        String members = IntStream.range(0, count)
                .mapToObj(i -> entry(name.apply(i), "U8", "[1]", i, i + 1L))
                .collect(Collectors.joining(","));
        return file("{" + members + "}", count);
    }

    /**
     * The shortest of some times to open a file, which only comparisons may use: no time is right for every machine. It is CPU
     * time, which other work on the machine does not lengthen.
     */
    private static double openingTime(byte[] file, int tensors) {
        var thread = ManagementFactory.getThreadMXBean();
        long shortest = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            long start = thread.getCurrentThreadCpuTime();
            assertThat(parse(file).names()).hasSize(tensors);
            shortest = Math.min(shortest, thread.getCurrentThreadCpuTime() - start);
        }
        return shortest;
    }

    @Test
    void aMillionTensorsOpenInTimeThatGrowsWithTheirNumber() {
        byte[] many = tensors(1_000_000, i -> "t" + i);
        assertThat(parse(many).info("t999999").begin()).isEqualTo(999_999);
        double few = openingTime(tensors(50_000, i -> "t" + i), 50_000);
        assertThat(openingTime(many, 1_000_000) / few)
                .as("20 times as many; the square of that would be 400")
                .isLessThan(100);
    }

    @Test
    void namesWithEqualHashesDoNotSlowOpeningDown() {
        int count = 1 << 16;
        // "Aa" and "BB" have equal hash codes, and so has every string made of them
        IntFunction<String> equal = i -> bits(i).replace("0", "Aa").replace("1", "BB");
        IntFunction<String> different = i -> bits(i).replace("0", "ab").replace("1", "cd");
        assertThat(openingTime(tensors(count, equal), count) / openingTime(tensors(count, different), count))
                .as("were each compared with all others, thousands")
                .isLessThan(30);
    }

    private static String bits(int number) {
        return String.format("%16s", Integer.toBinaryString(number)).replace(' ', '0');
    }

    @Test
    void tensorsBeyondTwoGibibytesAreFound(@TempDir Path directory) throws IOException {
        long large = 3L << 30;
        String header = "{" + entry("large", "U8", "[" + large + "]", 0, large) + ","
                + entry("last", "I32", "[2]", large, large + 8) + "}";
        Path path = directory.resolve("sparse.safetensors");
        byte[] start = file(header, 0);
        try (var channel = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            channel.write(ByteBuffer.wrap(start));
            channel.write(ByteBuffer.wrap(new byte[] {1, 0, 0, 0, 2, 0, 0, 0}), start.length + large);
        }
        try (SafetensorsFile opened = SafetensorsFile.open(path)) {
            assertThat(opened.segment("large").byteSize()).isEqualTo(large);
            assertThat(opened.segment("large").get(ValueLayout.JAVA_BYTE, large - 1))
                    .isZero();
            assertThat(opened.segment("last").toArray(ValueLayout.JAVA_BYTE)).containsExactly(1, 0, 0, 0, 2, 0, 0, 0);
        }
    }

    @Test
    void closingEndsTheSegments(@TempDir Path directory) throws IOException {
        Path path = Files.write(directory.resolve("a.safetensors"), file("{" + A + "}", 4));
        MemorySegment segment;
        try (SafetensorsFile opened = SafetensorsFile.open(path)) {
            segment = opened.segment("a");
            opened.close();
        }
        assertThatThrownBy(() -> segment.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void whatIsNoFileIsRefused(@TempDir Path directory) throws IOException {
        assertThatThrownBy(() -> SafetensorsFile.open(directory.resolve("absent")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("found no such file");
        assertThatThrownBy(() -> SafetensorsFile.open(directory))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("no regular file");
        Path empty = Files.createFile(directory.resolve("empty"));
        assertThatThrownBy(() -> SafetensorsFile.open(empty))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("an empty file");
    }

    @Test
    void everyTruncationOfAFileIsRefused() {
        byte[] whole = file("{" + A + "," + entry("b", "F32", "[1]", 4, 8) + "} ", 8);
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> parse(cut)).isInstanceOf(CheckpointException.class);
        }
    }
}
