package org.sjd4j.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.sjd4j.Numeric;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Parameter;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Processor;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/** What a pass makes and gives, with gradients and without. */
@Numeric
class LlamaStackTest {
    private static final int ROWS = 9;

    @BeforeAll
    static void load() {
        LibTorch.load();
    }

    private static LlamaConfig config(
            int layers, int keyHeads, LlamaConfig.Rotary rotary, LlamaConfig.QueryKeyNorm norm) {
        return new LlamaConfig(32, layers, 4, keyHeads, 8, 48, 1e-5, 1e4, rotary, norm, LlamaConfig.NormOrder.BEFORE);
    }

    /** Native objects for the further rows that the four products of a block get from some kernels. */
    private static final int PADDING = 8;

    private static LlamaStack stack(LlamaConfig config, Precision precision) {
        Map<String, Tensor> tensors = new HashMap<>();
        for (Parameter parameter : LlamaStack.parameters(config, "model")) {
            tensors.put(parameter.name(), torch.randn(parameter.shape()));
        }
        for (int i = 0; i < config.layers(); i++) {
            for (String norm : new String[] {"q_norm", "k_norm"}) {
                for (String part : new String[] {"weight", "bias"}) {
                    tensors.put(
                            "model.layers.%s.self_attn.%s.%s".formatted(i, norm, part),
                            torch.randn(1, config.headSize()));
                }
            }
        }
        return new LlamaStack(config, Weights.of("random", tensors).at("model"), precision, true, 0);
    }

    /** A call of an operator costs a small model as much as its arithmetic, and a native object most of a call. */
    @ParameterizedTest
    @CsvSource({"BFLOAT16, 1, 39", "BFLOAT16, 16, 40", "FLOAT16, 1, 27", "FLOAT16, 16, 28"})
    void aBlockMakesFewNativeObjects(Precision precision, int rows, int most) {
        assumeThat(precision != Precision.FLOAT16 || Processor.current().readsFloat16())
                .as("a matrix product of one operator")
                .isTrue();
        long many = nativeObjects(precision, rows, 7);
        long few = nativeObjects(precision, rows, 2);
        boolean padded = precision == Precision.FLOAT16 && Matrix.HalfPacked.RowCounts.missing(rows) > 0;
        assertThat((many - few) / 5).isLessThanOrEqualTo(padded ? most + PADDING : most);
    }

    private static long nativeObjects(Precision precision, int rows, int layers) {
        var config = config(layers, 4, LlamaConfig.Rotary.NEIGHBOURS, LlamaConfig.QueryKeyNorm.NONE);
        try (var scope = new PointerScope();
                var guard = new NoGradGuard();
                var cache = new KvCache(config, 1, rows, ScalarType.Float, new Device("cpu"), false)) {
            LlamaStack stack = stack(config, precision);
            Tensor rotations = LlamaStack.rotations(config, rows, new Device("cpu"));
            Tensor x = torch.randn(1, rows, config.hidden());
            cache.startAt(new long[] {0}, new long[] {rows});
            long before = LibTorch.nativeObjects();
            stack.forward(x, rotations, cache, null);
            return LibTorch.nativeObjects() - before;
        }
    }

    /** Without gradients, heads turn and sums grow in place; the numbers are those of a pass that records them. */
    @ParameterizedTest
    @EnumSource(LlamaConfig.Rotary.class)
    void aPassInPlaceGivesWhatOneWithGradientsGives(LlamaConfig.Rotary rotary) {
        for (var norm : LlamaConfig.QueryKeyNorm.values()) {
            try (var scope = new PointerScope()) {
                torch.manual_seed(7);
                var config = config(3, 2, rotary, norm);
                LlamaStack stack = stack(config, Precision.FLOAT32);
                Tensor rotations = LlamaStack.rotations(config, ROWS, new Device("cpu"));
                Tensor x = torch.randn(2, ROWS, config.hidden()).requires_grad_(true);
                float[] rows = Tensors.floats(x);
                float[] recorded = Tensors.floats(stack.forward(x, rotations, null, null));
                float[] inPlace = Tensors.inference(() -> Tensors.floats(stack.forward(x, rotations, null, null)));
                assertThat(inPlace).hasSameSizeAs(recorded);
                for (int i = 0; i < inPlace.length; i++) {
                    assertThat(Math.abs(inPlace[i] - recorded[i]))
                            .as("%s, number %s", norm, i)
                            .isLessThan(1e-4f);
                }
                assertThat(Tensors.floats(x)).isEqualTo(rows);
            }
        }
    }
}
