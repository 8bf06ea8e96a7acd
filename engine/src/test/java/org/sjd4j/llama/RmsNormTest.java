package org.sjd4j.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sjd4j.Numeric;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Tensors;

/** Both forms of the norm against its definition, for rows as small as the epsilon and as large as floats allow. */
@Numeric
class RmsNormTest {
    @BeforeAll
    static void load() {
        LibTorch.load();
    }

    @ParameterizedTest
    @CsvSource({"1, 1e-5, 1", "7, 1e-5, 1e-3", "256, 1e-6, 1", "4096, 1e-5, 30", "300, 0, 1e-4", "33, 1e-6, 1e8"})
    void dividesByTheRootOfTheMeanSquare(int channels, double epsilon, double size) {
        Tensors.inference(() -> {
            torch.manual_seed(channels);
            for (int rows : new int[] {1, 5, 64}) {
                Tensor x = torch.randn(2, rows, channels).mul(new Scalar(size));
                Tensor weight = torch.randn(channels);
                var norm = new RmsNorm(weight, epsilon);
                double[] expected = expected(Tensors.doubles(x), Tensors.doubles(weight), epsilon);
                assertNear(Tensors.doubles(norm.apply(x)), expected);
                assertNear(Tensors.doubles(norm.inference(x)), expected);
            }
        });
    }

    private static void assertNear(double[] found, double[] expected) {
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.length; i++) {
            assertThat(found[i]).isCloseTo(expected[i], within(4e-6 * (1 + Math.abs(expected[i]))));
        }
    }

    private static double[] expected(double[] x, double[] weight, double epsilon) {
        double[] normed = new double[x.length];
        int channels = weight.length;
        for (int row = 0; row < x.length; row += channels) {
            double squares = 0;
            for (int i = 0; i < channels; i++) {
                squares += x[row + i] * x[row + i];
            }
            for (int i = 0; i < channels; i++) {
                normed[row + i] = x[row + i] / Math.sqrt(squares / channels + epsilon) * weight[i];
            }
        }
        return normed;
    }
}
