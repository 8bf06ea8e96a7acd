package org.sjd4j.checkpoint.pickle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.sjd4j.checkpoint.pickle.TorchBytes.call;
import static org.sjd4j.checkpoint.pickle.TorchBytes.dict;
import static org.sjd4j.checkpoint.pickle.TorchBytes.entries;
import static org.sjd4j.checkpoint.pickle.TorchBytes.floats;
import static org.sjd4j.checkpoint.pickle.TorchBytes.global;
import static org.sjd4j.checkpoint.pickle.TorchBytes.list;
import static org.sjd4j.checkpoint.pickle.TorchBytes.number;
import static org.sjd4j.checkpoint.pickle.TorchBytes.pickle;
import static org.sjd4j.checkpoint.pickle.TorchBytes.tensor;
import static org.sjd4j.checkpoint.pickle.TorchBytes.text;
import static org.sjd4j.checkpoint.pickle.TorchBytes.tuple;
import static org.sjd4j.checkpoint.pickle.TorchBytes.vector;
import static org.sjd4j.checkpoint.pickle.TorchBytes.zip;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.checkpoint.Conversion;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.checkpoint.SafetensorsFile;
import org.sjd4j.checkpoint.TorchFile;
import org.sjd4j.tensor.CheckpointException;

/** Which tensors of a file are the model's, and what may lie beside them. */
class StateDictTest {
    private static final byte[] DATA = floats(1, 2, 3);
    private static final String W = vector(3);
    private static final String QUANTISED = call(global("torch._utils", "_rebuild_qtensor"), W);
    private static final String NAMESPACE = global("argparse", "Namespace") + ")\u0081" + dict("lr", "K\1") + "b";

    @TempDir
    private Path directory;

    private static Iterable<String> names(String root) {
        return TorchFile.parse(MemorySegment.ofArray(zip(pickle(root), DATA)), "tiny.pt")
                .names();
    }

    private static void refused(String root, String... parts) {
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> names(root))
                .satisfies(e -> assertThat(e.getMessage())
                        .startsWith("tiny.pt: found ")
                        .contains(parts)
                        .doesNotContain("\n"));
    }

    /** What Python itself wrote: see make.py beside the files. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void whatTrainingScriptsSaveBesideTheWeightsIsPassedOver(int protocol) {
        Path file = Fixtures.folder().resolve("pickles/beside-" + protocol + ".pt");
        try (var torch = TorchFile.open(file)) {
            assertThat(torch.names()).containsExactly("w", "b");
            assertThat(torch.segment("w").toArray(ValueLayout.JAVA_FLOAT_UNALIGNED))
                    .containsExactly(1, 2, 3);
            assertThat(torch.segment("b").toArray(ValueLayout.JAVA_FLOAT_UNALIGNED))
                    .containsExactly(4);
        }
        Path converted = directory.resolve("converted.safetensors");
        assertThat(Conversion.toSafetensors(file, converted, null)).isEqualTo(2);
        try (var safetensors = SafetensorsFile.open(converted)) {
            assertThat(safetensors.names()).containsExactlyInAnyOrder("w", "b");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"state_dict", "model", "module", "model_state_dict", "params", "weights"})
    void theUsualNamesAreFound(String name) {
        String beside = dict("cpu", W);
        assertThat(names(dict(name, dict("w", W), "rng", beside, "ema", dict("v", W))))
                .containsExactly("w");
        assertThat(names(dict("args", NAMESPACE, "step", W, name, dict("w", W))))
                .containsExactly("w");
        assertThat(names(dict("model", dict("state_dict", dict("w", W)), "epoch", "K\3")))
                .containsExactly("w");
    }

    @Test
    void aBareStateDictIsFound() {
        assertThat(names(dict("a.weight", W, "b.weight", W))).containsExactly("a.weight", "b.weight");
        assertThat(names(dict("a.weight", W, "args", NAMESPACE, "epoch", "K\3")))
                .containsExactly("a.weight");
        assertThat(names(call(global("collections", "OrderedDict")) + text("w") + W + "s"))
                .containsExactly("w");
        assertThat(names(call(global("collections", "OrderedDict"), list(tuple(text("w"), W), list(text("v"), W)))))
                .containsExactly("w", "v");
    }

    @ParameterizedTest
    @ValueSource(strings = {"generator", "ema", "model_ema", "network", "discriminator"})
    void theOnlyDictionaryOfTensorsIsFound(String name) {
        assertThat(names(dict(name, dict("v", W, "w", W), "optimizer", dict("state", dict()), "epoch", "K\3", "t", W)))
                .containsExactly("v", "w");
    }

    @Test
    void dictionariesOfOtherClassesAreRead() {
        for (String type : new String[] {"OrderedDict", "defaultdict"}) {
            assertThat(names(dict("model", call(global("collections", type)) + text("w") + W + "s")))
                    .containsExactly("w");
        }
        String own = global("my.code", "Weights") + ")\u0081" + text("w") + W + "s";
        assertThat(names(dict("model", own))).containsExactly("w");
        assertThat(names(own)).containsExactly("w");
    }

    @Test
    void whatCouldBeSeveralIsRefused() {
        refused(
                dict("model", dict("w", W), "state_dict", dict("w", W, "v", W)),
                "several dictionaries of tensors: 'state_dict' (2 tensors), 'model' (1 tensor)");
        refused(dict("generator", dict("w", W), "ema", dict("w", W)), "several dictionaries", "'generator'", "'ema'");
        String shared = dict("w", W) + "q\7";
        assertThat(names(dict("model", shared, "state_dict", "h\7"))).containsExactly("w");
    }

    @Test
    void aKeyChoosesAmongSeveral() throws IOException {
        Path file = Files.write(
                directory.resolve("two.pt"),
                zip(pickle(dict("model", dict("w", W), "ema", dict("v", W), "epoch", "K\3")), DATA));
        try (var chosen = TorchFile.open(file, "ema")) {
            assertThat(chosen.names()).containsExactly("v");
        }
        for (String key : new String[] {"epoch", "none"}) {
            assertThatExceptionOfType(CheckpointException.class)
                    .isThrownBy(() -> TorchFile.open(file, key))
                    .withMessageContaining("no tensors below '" + key + "'")
                    .withMessageContaining("one of 'model' (1 tensor), 'ema' (1 tensor);");
        }
    }

    /** What such objects would be is known to their code only, and no code is run. */
    @Test
    void otherObjectsAmongTheTensorsAreRefusedByKeyAndClass() {
        refused(dict("model", dict("w", W, "args", NAMESPACE)), "'args' in 'model', of class 'argparse.Namespace'");
        refused(dict("state_dict", dict("w", W, "q", QUANTISED)), "'q' in 'state_dict'", "_rebuild_qtensor'");
        refused(dict("state_dict", dict("q", QUANTISED)), "'q' in 'state_dict'", "_rebuild_qtensor'");
        refused(dict("w", W, "q", QUANTISED), "'q' among the tensors", "_rebuild_qtensor'");
        String bytes = tensor("QInt8Storage", "1", 3, 0, new int[] {3}, new int[] {1}, "");
        refused(dict("model", dict("w", W, "q", bytes)), "'q' in 'model', of class 'torch.QInt8Storage'");
        String subclass = call(
                global("torch._tensor", "_rebuild_from_type_v2"),
                global("torch._utils", "_rebuild_tensor_v2"),
                global("bitsandbytes.nn", "Params4bit"),
                tuple(),
                dict());
        refused(dict("model", dict("w", W, "q", subclass)), "'q' in 'model', of class 'bitsandbytes.nn.Params4bit'");
        String array = call(global("numpy.core.multiarray", "_reconstruct"), "N");
        refused(dict("model", dict("w", W, "n", array)), "'n' in 'model'", "numpy.core.multiarray._reconstruct");
        refused(dict("model", entries(text("w"), W, tuple(), W)), "a key of class 'tuple' in 'model'", "'tensor'");
        refused(dict("model", dict("w", W, "p", text("x") + "Q")), "'p' in 'model', of class 'a persistent object'");
        refused(dict("w", W, "s", call(global("torch._utils", "_rebuild_sparse_tensor"))), "'s' among the tensors");
    }

    @Test
    void plainValuesAmongTheTensorsAreLeftOut() {
        assertThat(names(dict("model", dict("w", W, "n", "N", "i", "K\1", "t", text("x"), "b", "\u0088", "d", dict()))))
                .containsExactly("w");
    }

    @Test
    void whatHoldsNoTensorsIsRefused() {
        refused(dict("epoch", "K\1", "args", NAMESPACE), "no tensors in a dictionary of 'epoch', 'args'");
        refused(dict("model", dict("encoder", dict("w", W))), "no tensors in a dictionary of 'model'");
        refused(NAMESPACE, "an object of class 'argparse.Namespace'");
        refused(global("torch.nn", "Module"), "an object of class 'torch.nn.Module'");
        refused(W, "an object of class 'tensor'");
        refused(list(W), "an object of class 'list'");
        refused(number(5), "an object of class 'int'");
    }

    @Test
    void nothingIsEverCalled() {
        String system = call(global("os", "system"), text("touch " + directory.resolve("ran")));
        assertThat(names(dict("model", dict("w", W), "args", system))).containsExactly("w");
        refused(system, "an object of class 'os.system'");
        refused(dict("model", dict("w", W, "x", system)), "'x' in 'model', of class 'os.system'");
        String exec = call(call(global("builtins", "getattr"), global("os", "system"), text("x")), text("y"));
        assertThat(names(dict("model", dict("w", W), "args", exec))).containsExactly("w");
        assertThat(directory.resolve("ran")).doesNotExist();
    }

    @Test
    void extensionsAndOutsideBuffersAreRefused() {
        for (String opcode : new String[] {"\u0082\1", "\u0083\1\1", "\u0084\1\1\1\1", "\u0097", "\u0098", "\u00ff"}) {
            refused(
                    dict("model", dict("w", W), "x", opcode),
                    "opcode 0x" + HexFormat.of().toHexDigits((byte) opcode.charAt(0)));
        }
        refused("\u0080\6}", "pickle protocol 6");
    }

    @Test
    void pickledNonsenseIsRefused() {
        String[] broken = {
            "a",
            "(a",
            "Q",
            "R",
            ")R",
            "K\1)R",
            "}K\1R",
            "]K\1s.",
            "}K\1s",
            "K\1}b",
            "(}u",
            "}(K\1u",
            "0",
            "1",
            "2",
            "h\7",
            "j\7\0\0\0",
            "g7\n",
            "gx\n",
            "p-1\n",
            "K\1K\2a",
            "K\1(K\2e",
            "(o",
            "(K\1o",
            "\u0093",
            "K\1K\2\u0093",
            "}b",
            "e",
            "S'x\n",
            "Sx\n",
            "Ix\n",
            "L\n",
            "\u008b\u00ff\u00ff\u00ff\u00ff",
            "\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff",
            "\u0095",
            "t",
            "d",
            "(K\1d",
            "\u0092",
            "\u0091",
            "\u0090",
            "K\1(\u0090",
            "c\n",
            "i\n\n",
            "X\u00ff\u00ff\u00ff\u007fx",
            "c" + "x".repeat(2000) + "\n\n"
        };
        for (String program : broken) {
            assertThatExceptionOfType(CheckpointException.class)
                    .as(Arrays.toString(TorchBytes.bytes(program)))
                    .isThrownBy(() -> names(program))
                    .withMessageStartingWith("tiny.pt: found ");
        }
    }
}
