package org.sjd4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TorchFileTest {
    private static final long SEED = 20_251_124;
    private static final int MUTATIONS = 20_000;

    @TempDir
    private Path directory;

    /** PyTorch's own files hold what the safetensors files beside them hold. */
    @Test
    void aSavedStateDictEqualsItsSafetensorsTwin() {
        Path folder = Fixtures.folder().resolve("tiny-llamagen-t2i");
        try (var torch = Checkpoint.open(folder.resolve("t2i_tiny.pt"));
                var safetensors = Checkpoint.open(folder.resolve("model.safetensors"))) {
            assertThat(torch.names()).containsExactlyInAnyOrderElementsOf(safetensors.names());
            for (String name : torch.names()) {
                assertThat(torch.info(name).shape())
                        .isEqualTo(safetensors.info(name).shape());
                assertThat(torch.info(name).dtype())
                        .isEqualTo(safetensors.info(name).dtype());
                assertThat(torch.segment(name).mismatch(safetensors.segment(name)))
                        .as(name)
                        .isEqualTo(-1);
            }
        }
    }

    @Test
    void theOldLayoutEqualsItsSafetensorsTwin() {
        Path folder = Fixtures.folder().resolve("tiny-inception-fid");
        try (var torch = Checkpoint.open(folder.resolve("pt_inception_tiny.pth"));
                var safetensors = Checkpoint.open(folder.resolve("model.safetensors"))) {
            assertThat(torch.names()).containsExactlyInAnyOrderElementsOf(safetensors.names());
            for (String name : torch.names()) {
                assertThat(torch.segment(name).mismatch(safetensors.segment(name)))
                        .as(name)
                        .isEqualTo(-1);
            }
        }
    }

    @Test
    void transposedTensorsAreMadeDense() throws IOException {
        Path file =
                write(stateDict("w", tensor("0", 6, 0, new int[] {3, 2}, new int[] {1, 3})), floats(0, 1, 2, 3, 4, 5));
        try (var torch = TorchFile.open(file)) {
            assertThat(torch.info("w").shape()).containsExactly(3, 2);
            assertThat(torch.segment("w").toArray(ValueLayout.JAVA_FLOAT_UNALIGNED))
                    .containsExactly(0, 3, 1, 4, 2, 5);
        }
    }

    @Test
    void viewsIntoAStorageBeginAtTheirOffset() throws IOException {
        Path file = write(stateDict("w", tensor("0", 6, 2, new int[] {3}, new int[] {1})), floats(0, 1, 2, 3, 4, 5));
        try (var torch = TorchFile.open(file)) {
            assertThat(torch.segment("w").toArray(ValueLayout.JAVA_FLOAT_UNALIGNED))
                    .containsExactly(2, 3, 4);
        }
    }

    @Test
    void foreignGlobalsAreRefusedByName() throws IOException {
        String program = "\u0080\u0002cos\nsystem\nX\u0004\0\0\0true\u0085R.";
        refused(write(bytes(program), floats(1)), "a call of 'os.system'", "nothing but dictionaries and tensors");
        String instance = "\u0080\u0002}X\u0001\0\0\0acposix\nsystem\n}\u0081s.";
        refused(write(bytes(instance), floats(1)), "opcode 0x81");
        String storage =
                "\u0080\u0002(X\u0007\0\0\0storagecnumpy\nndarray\nX\u0001\0\0\0" + "0X\u0003\0\0\0cpuK\u0001tQ.";
        refused(write(bytes(storage), floats(1)), "a storage of type 'numpy.ndarray'");
    }

    @Test
    void tensorsBeyondTheirDataAreRefused() throws IOException {
        refused(
                write(stateDict("w", tensor("0", 6, 3, new int[] {4}, new int[] {1})), floats(0, 1, 2, 3, 4, 5)),
                "'w'");
        refused(write(stateDict("w", tensor("1", 6, 0, new int[] {4}, new int[] {1})), floats(0)), "storage '1'");
        refused(
                write(stateDict("w", tensor("0", 6, 0, new int[] {1 << 30, 1 << 30}, new int[] {0, 0})), floats(0)),
                "'w'");
    }

    @Test
    void otherFilesAreRefused() throws IOException {
        refused(Files.writeString(directory.resolve("a.pt"), "hello\1"), "another kind of file");
        refused(Files.write(directory.resolve("b.pt"), new byte[0]), "an empty file");
        refused(Files.write(directory.resolve("c.pt"), new byte[] {'P', 'K', 3, 4, 0}), "without its directory");
        refused(write(bytes("\u0080\u0002}."), floats(0)), "no tensors");
        refused(directory.resolve("none.pt"), "no such file");
    }

    @Test
    void viewsOfTheOldLayoutBeginWhereTheirMetadataSays() throws IOException {
        String view = tensor("0", 6, 1, new int[] {2}, new int[] {1}, "(" + text("v") + number(3) + number(3) + "t");
        try (var torch = TorchFile.open(writeOld(stateDict("w", view), keys("0"), 6, floats(0, 1, 2, 3, 4, 5)))) {
            assertThat(torch.segment("w").toArray(ValueLayout.JAVA_FLOAT_UNALIGNED))
                    .containsExactly(4, 5);
        }
    }

    @Test
    void wrongCountsOfTheOldLayoutAreRefused() throws IOException {
        byte[] dict = stateDict("w", tensor("0", 6, 0, new int[] {6}, new int[] {1}));
        byte[] data = floats(0, 1, 2, 3, 4, 5);
        refused(writeOld(dict, keys("0"), 5, data), "5 elements in storage '0'", "6, as its tensors say");
        refused(writeOld(dict, keys("0"), 7, data), "ends within storage '0'");
        refused(writeOld(dict, keys("0"), -1, data), "ends within storage '0'");
        refused(writeOld(dict, keys("0"), Long.MAX_VALUE, data), "ends within storage '0'");
        refused(writeOld(dict, keys("1"), 6, data), "no tensor uses");
        refused(writeOld(dict, keys("0", "0"), 6, data), "twice");
        refused(writeOld(dict, keys(), 6, data), "no data for tensor 'w'");
        refused(writeOld(dict, bytes("\u0080\u0002K\u0001."), 6, data), "no list of storages");
        String beyond = tensor("0", 6, 4, new int[] {3}, new int[] {1});
        refused(writeOld(stateDict("w", beyond), keys("0"), 6, data), "'w' beyond its data");
        String first = text("v") + tensor("0", 6, 0, new int[] {6}, new int[] {1}) + "s";
        String second = text("w") + tensor("0", 5, 0, new int[] {5}, new int[] {1}) + "s";
        refused(
                writeOld(bytes("\u0080\u0002}" + first + second + "."), keys("0"), 6, data),
                "two descriptions of storage '0'");
    }

    @Test
    void foreignGlobalsOfTheOldLayoutAreRefusedByName() throws IOException {
        String program = "\u0080\u0002cos\nsystem\nX\u0004\0\0\0true\u0085R.";
        refused(writeOld(bytes(program), keys("0"), 1, floats(1)), "a call of 'os.system'");
    }

    /** However much of a file is missing at its end, it is refused in one line. */
    @Test
    void truncatedFilesOfTheOldLayoutAreRefused() throws IOException {
        byte[] whole = Files.readAllBytes(old());
        for (int length = 0; length < whole.length; length++) {
            refused(Files.write(directory.resolve("cut.pt"), Arrays.copyOf(whole, length)), "expected");
        }
    }

    /** A file that was changed at random loads or is refused with a typed error: nothing else happens. */
    @Test
    void mutatedFilesLoadOrAreRefused() throws IOException {
        requireLoadedOrRefused(
                write(stateDict("w", tensor("0", 6, 0, new int[] {3, 2}, new int[] {1, 3})), floats(0, 1, 2, 3, 4, 5)),
                MUTATIONS);
    }

    @Test
    void mutatedFilesOfTheOldLayoutLoadOrAreRefused() throws IOException {
        requireLoadedOrRefused(old(), MUTATIONS / 4);
    }

    private Path old() throws IOException {
        return writeOld(
                stateDict("w", tensor("0", 6, 0, new int[] {3, 2}, new int[] {1, 3})),
                keys("0"),
                6,
                floats(0, 1, 2, 3, 4, 5));
    }

    private void requireLoadedOrRefused(Path whole, int mutations) throws IOException {
        byte[] original = Files.readAllBytes(whole);
        var random = new SplittableRandom(SEED);
        Path file = directory.resolve("mutated.pt");
        int loaded = 0;
        for (int i = 0; i < mutations; i++) {
            byte[] mutated = original.clone();
            for (int k = random.nextInt(1, 4); k > 0; k--) {
                mutated[random.nextInt(mutated.length)] = (byte) random.nextInt(256);
            }
            Files.write(file, mutated);
            try (var torch = TorchFile.open(file)) {
                torch.names()
                        .forEach(name -> assertThat(torch.segment(name).byteSize())
                                .isEqualTo(torch.info(name).byteSize()));
                loaded++;
            } catch (CheckpointException e) {
                assertThat(e).hasMessageContaining("mutated.pt");
            }
        }
        assertThat(loaded).as("seed %d", SEED).isBetween(1, mutations - 1);
    }

    private static void refused(Path file, String... parts) {
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> TorchFile.open(file))
                .withMessageContaining(file.toString())
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
    }

    private static byte[] bytes(String latin) {
        return latin.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] floats(float... values) {
        var buffer = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            buffer.putFloat(value);
        }
        return buffer.array();
    }

    private static byte[] stateDict(String name, String tensor) {
        return bytes("\u0080\u0002}" + text("state_dict") + "}" + text(name) + tensor + "ss.");
    }

    private static String tensor(String key, int elements, int offset, int[] shape, int[] strides) {
        return tensor(key, elements, offset, shape, strides, "");
    }

    private static String tensor(String key, int elements, int offset, int[] shape, int[] strides, String view) {
        return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\nFloatStorage\n" + text(key)
                + text("cpu") + number(elements) + view + "tQ" + number(offset) + tuple(shape) + tuple(strides)
                + "\u0089ccollections\nOrderedDict\n)RtR";
    }

    private static String text(String text) {
        return "X" + (char) text.length() + "\0\0\0" + text;
    }

    private static String number(int value) {
        var four = new StringBuilder("J");
        for (int shift = 0; shift < 32; shift += 8) {
            four.append((char) (value >> shift & 0xff));
        }
        return four.toString();
    }

    private static String tuple(int[] values) {
        var tuple = new StringBuilder("(");
        for (int value : values) {
            tuple.append(number(value));
        }
        return tuple.append('t').toString();
    }

    private static byte[] keys(String... keys) {
        return bytes("\u0080\u0002]("
                + String.join("", Arrays.stream(keys).map(TorchFileTest::text).toList()) + "e.");
    }

    /** Magic number, protocol 1001, system, then what a file holds. */
    private Path writeOld(byte[] pickle, byte[] keys, long elements, byte[] storage) throws IOException {
        var bytes = new ByteArrayOutputStream();
        bytes.writeBytes(bytes("\u0080\u0002\u008a\n\u006c\u00fc\u009c\u0046\u00f9\u0020\u006a\u00a8\u0050\u0019."));
        bytes.writeBytes(bytes("\u0080\u0002M\u00e9\u0003."));
        bytes.writeBytes(bytes("\u0080\u0002}" + text("little_endian") + "\u0088s."));
        bytes.writeBytes(pickle);
        bytes.writeBytes(keys);
        bytes.writeBytes(ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(elements)
                .array());
        bytes.writeBytes(storage);
        return Files.write(directory.resolve("old.pth"), bytes.toByteArray());
    }

    private Path write(byte[] pickle, byte[] storage) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            store(zip, "archive/data.pkl", pickle);
            store(zip, "archive/data/0", storage);
        }
        return Files.write(directory.resolve("tiny.pt"), bytes.toByteArray());
    }

    private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
        var entry = new ZipEntry(name);
        var crc = new CRC32();
        crc.update(content);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
