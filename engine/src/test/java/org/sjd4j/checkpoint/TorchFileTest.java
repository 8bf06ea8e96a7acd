package org.sjd4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.sjd4j.checkpoint.pickle.TorchBytes.call;
import static org.sjd4j.checkpoint.pickle.TorchBytes.counted;
import static org.sjd4j.checkpoint.pickle.TorchBytes.dict;
import static org.sjd4j.checkpoint.pickle.TorchBytes.floats;
import static org.sjd4j.checkpoint.pickle.TorchBytes.global;
import static org.sjd4j.checkpoint.pickle.TorchBytes.keys;
import static org.sjd4j.checkpoint.pickle.TorchBytes.number;
import static org.sjd4j.checkpoint.pickle.TorchBytes.numbers;
import static org.sjd4j.checkpoint.pickle.TorchBytes.old;
import static org.sjd4j.checkpoint.pickle.TorchBytes.pickle;
import static org.sjd4j.checkpoint.pickle.TorchBytes.storage;
import static org.sjd4j.checkpoint.pickle.TorchBytes.tensor;
import static org.sjd4j.checkpoint.pickle.TorchBytes.text;
import static org.sjd4j.checkpoint.pickle.TorchBytes.tuple;
import static org.sjd4j.checkpoint.pickle.TorchBytes.vector;
import static org.sjd4j.checkpoint.pickle.TorchBytes.zip;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.checkpoint.pickle.TorchBytes;
import org.sjd4j.tensor.CheckpointException;

/** The layouts of files that PyTorch saves, and the tensors in them. */
class TorchFileTest {
    private static final byte[] SIX = floats(0, 1, 2, 3, 4, 5);

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

    private static float[] read(byte[] file, String name) {
        return parse(file).segment(name).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }

    private static TorchFile parse(byte[] file) {
        return TorchFile.parse(MemorySegment.ofArray(file), "tiny.pt");
    }

    private static void refused(byte[] file, String... parts) {
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> parse(file))
                .satisfies(e -> assertThat(e.getMessage())
                        .startsWith("tiny.pt: found ")
                        .contains(parts)
                        .doesNotContain("\n"));
    }

    private static String model(String tensor) {
        return pickle(dict("state_dict", dict("w", tensor)));
    }

    @Test
    void transposedTensorsAreMadeDense() {
        byte[] file = zip(model(tensor("0", 6, 0, new int[] {3, 2}, new int[] {1, 3})), SIX);
        assertThat(parse(file).info("w").shape()).containsExactly(3, 2);
        assertThat(read(file, "w")).containsExactly(0, 3, 1, 4, 2, 5);
    }

    @Test
    void viewsIntoAStorageBeginAtTheirOffset() {
        assertThat(read(zip(model(tensor("0", 6, 2, new int[] {3}, new int[] {1})), SIX), "w"))
                .containsExactly(2, 3, 4);
    }

    /** The form in which PyTorch saves types that have no storage of their own. */
    @Test
    void tensorsOverBytesNameTheirType() {
        for (String type : new String[] {"float32", "float8_e4m3fn", "uint16"}) {
            int size = type.equals("float32") ? 4 : type.equals("uint16") ? 2 : 1;
            String tensor = call(
                    global("torch._utils", "_rebuild_tensor_v3"),
                    tuple(
                                    text("storage"),
                                    global("torch.storage", "UntypedStorage"),
                                    text("0"),
                                    text("cpu"),
                                    number(24))
                            + "Q",
                    number(2),
                    numbers(2),
                    numbers(1),
                    "\u0089",
                    call(global("collections", "OrderedDict")),
                    global("torch", type),
                    "N");
            byte[] file = zip(model(tensor), SIX);
            assertThat(parse(file)
                            .segment("w")
                            .mismatch(MemorySegment.ofArray(SIX).asSlice(2L * size, 2L * size)))
                    .as(type)
                    .isEqualTo(-1);
        }
    }

    @Test
    void parametersAndTensorsWithAttributesAreTensors() {
        String ordered = call(global("collections", "OrderedDict"));
        String parameter = call(global("torch._utils", "_rebuild_parameter"), vector(6), "\u0088", ordered);
        String stateful =
                call(global("torch._utils", "_rebuild_parameter_with_state"), vector(6), "\u0088", ordered, dict());
        String[] arguments = {storage("FloatStorage", "0", 6, ""), number(0), numbers(6), numbers(1), "\u0089", ordered
        };
        String old = call(global("torch._utils", "_rebuild_tensor"), Arrays.copyOf(arguments, 4));
        String attributes = call(
                global("torch._tensor", "_rebuild_from_type_v2"),
                global("torch._utils", "_rebuild_tensor_v2"),
                global("torch.nn.parameter", "Parameter"),
                tuple(arguments),
                dict("note", "N"));
        for (String tensor : new String[] {parameter, stateful, old, attributes, parameter + dict() + "b"}) {
            assertThat(read(zip(model(tensor), SIX), "w")).containsExactly(0, 1, 2, 3, 4, 5);
        }
    }

    @Test
    void tensorsBeyondTheirDataAreRefused() {
        refused(zip(model(tensor("0", 6, 3, new int[] {4}, new int[] {1})), SIX), "'w'");
        refused(zip(model(tensor("1", 6, 0, new int[] {4}, new int[] {1})), SIX), "storage '1'");
        refused(zip(model(tensor("0", 6, 0, new int[] {1 << 30, 1 << 30}, new int[] {0, 0})), SIX), "'w'");
        refused(zip(model(tensor("0", 6, 0, new int[] {2, 3}, new int[] {1})), SIX), "'w'", "strides");
        refused(zip(model(tensor("0", 6, 0, new int[] {-1}, new int[] {1})), SIX), "a size");
        refused(zip(model(tensor("0", 6, -1, new int[] {1}, new int[] {1})), SIX), "a size");
        refused(zip(model(tensor("0", 6, 0, new int[65], new int[65])), SIX), "at most 64");
    }

    @Test
    void emptyTensorsAndSingleNumbersAreRead() {
        byte[] file = zip(model(tensor("0", 6, 0, new int[] {0, 1 << 30}, new int[] {1, 1})), SIX);
        assertThat(parse(file).segment("w").byteSize()).isZero();
        assertThat(read(zip(model(tensor("0", 6, 5, new int[0], new int[0])), SIX), "w"))
                .containsExactly(5);
    }

    @Test
    void otherFilesAreRefused() throws IOException {
        refused("hello\1".getBytes(StandardCharsets.US_ASCII), "another kind of file");
        refused(new byte[0], "another kind of file");
        refused(new byte[] {'P', 'K', 3, 4, 0}, "cut off", "without the directory");
        refused(zip(pickle("}")), "no tensors in a dictionary of nothing");
        Path none = directory.resolve("none.pt");
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> TorchFile.open(none))
                .withMessageContaining("none.pt: found no such file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "archive/", "t2i_XL_stage1_256/", "a/b/c/", "größe/"})
    void theFolderInTheZipFileMayHaveAnyName(String folder) {
        byte[] pickle = TorchBytes.bytes(model(vector(6)));
        String name = TorchBytes.latin(folder);
        byte[] file =
                zip(new String[] {name + "data.pkl", name + "data/0", "other.txt"}, new byte[][] {pickle, SIX, {1}});
        assertThat(read(file, "w")).containsExactly(0, 1, 2, 3, 4, 5);
    }

    @Test
    void zipFilesOfAnotherKindAreRefused() {
        byte[] pickle = TorchBytes.bytes(model(vector(6)));
        byte[] big = "big".getBytes(StandardCharsets.US_ASCII);
        String[] names = {"a/data.pkl", "a/byteorder", "a/data/0"};
        refused(zip(names, new byte[][] {pickle, big, SIX}), "big-endian");
        names[1] = "b/data.pkl";
        refused(zip(names, new byte[][] {pickle, pickle, SIX}), "several data.pkl");
        names[1] = "a/data.pkl";
        refused(zip(names, new byte[][] {pickle, pickle, SIX}), "two zip members 'a/data.pkl'");
        names[0] = "a/constants.pkl";
        names[1] = "b";
        refused(zip(names, new byte[][] {pickle, pickle, SIX}), "without data.pkl");
        byte[] packed = zip(model(vector(6)), SIX);
        int directory = packed.length - 22 - 46 - "archive/data/0".length() - 46 - "archive/data.pkl".length();
        packed[directory + 10] = 8; // the method of the first member
        refused(packed, "a compressed or encrypted zip member 'archive/data.pkl'");
    }

    @Test
    void viewsOfTheOldLayoutBeginWhereTheirMetadataSays() {
        String view = tuple(text("v"), number(3), number(3));
        String tensor = tensor("FloatStorage", "0", 6, 1, new int[] {2}, new int[] {1}, view);
        assertThat(read(old(model(tensor), keys("0"), counted(6, SIX)), "w")).containsExactly(4, 5);
        String beyond = tuple(text("v"), number(7), number(3));
        tensor = tensor("FloatStorage", "0", 6, 0, new int[] {1}, new int[] {1}, beyond);
        refused(old(model(tensor), keys("0"), counted(6, SIX)), "'w' beyond its data");
    }

    @Test
    void wrongCountsOfTheOldLayoutAreRefused() {
        String dict = model(vector(6));
        refused(old(dict, keys("0"), counted(5, SIX)), "5 elements in storage '0'", "6, as its tensors say");
        refused(old(dict, keys("0"), counted(7, SIX)), "ends within storage '0'");
        refused(old(dict, keys("0"), counted(-1, SIX)), "ends within storage '0'");
        refused(old(dict, keys("0"), counted(Long.MAX_VALUE, SIX)), "ends within storage '0'");
        refused(old(dict, keys("1"), counted(6, SIX)), "no tensor uses");
        refused(old(dict, keys("0", "0"), counted(6, SIX)), "twice");
        refused(old(dict, keys(), counted(6, SIX)), "no data for tensor 'w'");
        refused(old(dict, pickle("K\u0001"), counted(6, SIX)), "no list of storages");
        String beyond = tensor("0", 6, 4, new int[] {3}, new int[] {1});
        refused(old(model(beyond), keys("0"), counted(6, SIX)), "'w' beyond its data");
        refused(
                old(pickle(dict("v", vector(6), "w", vector(5))), keys("0"), counted(6, SIX)),
                "two descriptions of storage '0'");
    }

    /** To reach a storage, those before it must be passed over, whatever they hold. */
    @Test
    void storagesOfOtherTypesArePassedOver() {
        String quantised = tensor("QInt8Storage", "1", 3, 0, new int[] {3}, new int[] {1}, "");
        String complex = tensor("ComplexDoubleStorage", "2", 1, 0, new int[] {1}, new int[] {1}, "");
        String root = pickle(dict("model", dict("w", vector(6)), "beside", dict("q", quantised, "c", complex)));
        byte[] file =
                old(root, keys("1", "2", "0"), counted(3, new byte[3]), counted(1, new byte[16]), counted(6, SIX));
        assertThat(read(file, "w")).containsExactly(0, 1, 2, 3, 4, 5);
        String unknown = tensor("NewStorage", "1", 3, 0, new int[] {3}, new int[] {1}, "");
        String other = pickle(dict("model", dict("w", vector(6)), "beside", dict("n", unknown)));
        refused(old(other, keys("1", "0"), counted(3, new byte[3]), counted(6, SIX)), "torch.NewStorage");
        assertThat(read(zip(other, SIX), "w")).containsExactly(0, 1, 2, 3, 4, 5);
    }

    /** However much of a file is missing at its end, it is refused in one line. */
    @Test
    void truncatedFilesAreRefused() {
        byte[][] files = {zip(model(vector(6)), SIX), old(model(vector(6)), keys("0"), counted(6, SIX))};
        for (byte[] whole : files) {
            for (int length = 0; length < whole.length; length++) {
                refused(Arrays.copyOf(whole, length), "expected");
            }
        }
    }
}
