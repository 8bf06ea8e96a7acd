package org.sjd4j.llama;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.Numeric;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Tensors;

/** Attention against its definition, in sizes that fill no vector register. */
@Numeric
class AttentionTest {
    private static final int KEYS = 37;
    private static final int[] ROWS = {1, 2, 7, 16, 33};
    private static final int KEY_HEADS = 2;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8, 15, 24, 33, 72, 100})
    void isTheWeightedMeanOfTheValuesThatARowSees(int size) {
        LibTorch.setThreads(1);
        for (int group : new int[] {1, 3}) {
            for (int rows : ROWS) {
                for (ScalarType type : new ScalarType[] {ScalarType.Float, ScalarType.BFloat16}) {
                    Tensors.inference(() -> {
                        torch.manual_seed(size + rows);
                        Tensor q = torch.randn(1, KEY_HEADS * group, rows, size).to(type);
                        Tensor k = torch.randn(1, KEY_HEADS, KEYS, size).to(type);
                        Tensor v = torch.randn(1, KEY_HEADS, KEYS, size).to(type);
                        double tolerance = type == ScalarType.Float ? 1e-5 : 5e-2;
                        String at = "%s, %s rows, %s heads a key".formatted(type, rows, group);
                        Tensor mask = Attention.causal(rows, KEYS, q);
                        assertNear(at, Attention.masked(q, k, v, mask), expected(q, k, v, true), tolerance);
                        assertNear(at, Attention.toAll(q, k, v), expected(q, k, v, false), tolerance);
                        Tensor keys = k.narrow(2, 0, rows);
                        Tensor values = v.narrow(2, 0, rows);
                        assertNear(
                                at,
                                Attention.amongThemselves(q, keys, values),
                                expected(q, keys, values, true),
                                tolerance);
                    });
                }
            }
        }
    }

    private static void assertNear(String at, Tensor found, double[] expected, double tolerance) {
        double[] values = Tensors.doubles(found);
        assertThat(values).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(Math.abs(values[i] - expected[i]))
                    .as("%s, value %d", at, i)
                    .isLessThan(tolerance);
        }
    }

    /** Softmax of scaled products, times the values; the rows are the last ones of the keys. */
    private static double[] expected(Tensor q, Tensor k, Tensor v, boolean causal) {
        int heads = (int) q.size(1);
        int rows = (int) q.size(2);
        int keys = (int) k.size(2);
        int size = (int) q.size(3);
        double[] queries = Tensors.doubles(q);
        double[] keyValues = Tensors.doubles(k);
        double[] values = Tensors.doubles(v);
        double[] result = new double[heads * rows * size];
        for (int head = 0; head < heads; head++) {
            int keyHead = head / (heads / KEY_HEADS);
            for (int row = 0; row < rows; row++) {
                int seen = causal ? keys - rows + row + 1 : keys;
                double[] weights = new double[seen];
                double sum = 0;
                for (int key = 0; key < seen; key++) {
                    double product = 0;
                    for (int i = 0; i < size; i++) {
                        product +=
                                queries[(head * rows + row) * size + i] * keyValues[(keyHead * keys + key) * size + i];
                    }
                    weights[key] = Math.exp(product / Math.sqrt(size));
                    sum += weights[key];
                }
                for (int key = 0; key < seen; key++) {
                    for (int i = 0; i < size; i++) {
                        result[(head * rows + row) * size + i] +=
                                weights[key] / sum * values[(keyHead * keys + key) * size + i];
                    }
                }
            }
        }
        return result;
    }
}
