package org.sjd4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Processor;
import org.sjd4j.tensor.Tensors;

class MatrixTest {
    private static final int IN = 72;

    /** Relative errors: rounding of sums; of sums and operands; of sums; of weights and operands. */
    @ParameterizedTest
    @CsvSource({"FLOAT32, 1e-6", "BFLOAT16, 2e-2", "FLOAT16, 1e-6", "INT8, 3e-2"})
    void multipliesRowsOfAnyShapeWithWeightsInAnyFormat(Precision precision, double tolerance) {
        assumeTrue(precision != Precision.FLOAT16 || Processor.current().readsFloat16());
        LibTorch.setThreads(1);
        for (long rows : new long[] {1, 2, 15, 16, 33, 700}) {
            Tensors.inference(() -> {
                torch.manual_seed(rows);
                Tensor x = torch.randn(2, rows, IN);
                Tensor weight = torch.randn(300, IN).to(ScalarType.Half).to(ScalarType.Float);
                Tensor expected = torch.linear(x, weight);

                Tensor found = Matrix.of(precision, weight).apply(x.to(precision.products()));

                assertThat(found.scalar_type().intern()).isEqualTo(precision.products());
                assertThat(found.sizes().vec().get()).containsExactly(2, rows, 300);
                double error = found.to(ScalarType.Float)
                                .sub(expected)
                                .square()
                                .mean()
                                .sqrt()
                                .item_double()
                        / expected.square().mean().sqrt().item_double();
                assertThat(error).as("%s, %d rows", precision, rows).isLessThan(tolerance);
            });
        }
    }

    /** As seed-exact decoding needs it: whatever rows go with a row, its products differ by the rounding of float32 sums. */
    @ParameterizedTest
    @EnumSource(
            value = Precision.class,
            names = {"FLOAT32", "FLOAT16"})
    void productsOfARowDependOnNoOthers(Precision precision) {
        assumeTrue(precision != Precision.FLOAT16 || Processor.current().readsFloat16());
        LibTorch.setThreads(1);
        Tensors.inference(() -> {
            torch.manual_seed(3);
            var matrix = Matrix.of(
                    precision, torch.randn(300, IN).to(ScalarType.Half).to(ScalarType.Float));
            Tensor x = torch.randn(40, IN);
            Tensor all = matrix.apply(x);
            for (long rows : new long[] {1, 2, 5, 15, 16, 33}) {
                Tensor found = matrix.apply(x.narrow(0, 0, rows));
                double error = found.sub(all.narrow(0, 0, rows)).abs().max().item_double();
                assertThat(error).as("%s, %d rows", precision, rows).isLessThan(1e-4);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 20})
    void roundsEveryOutputChannelByItsOwnScale(int rows) {
        LibTorch.setThreads(1);
        Tensors.inference(() -> {
            Tensor weight = torch.cat(
                    Tensors.list(
                            torch.full(new long[] {1, IN}, scalar(1000)),
                            torch.full(new long[] {1, IN}, scalar(0.001))),
                    0);
            Tensor found = Matrix.of(Precision.INT8, weight).apply(torch.ones(rows, IN));

            float[] products = Tensors.floats(found.select(0, rows - 1L));
            assertThat(products[0]).isCloseTo(1000f * IN, org.assertj.core.data.Percentage.withPercentage(1));
            assertThat(products[1]).isCloseTo(0.001f * IN, org.assertj.core.data.Percentage.withPercentage(1));
        });
    }

    @Test
    void leavesWeightsWhereTheyLieIfTheyHaveTheFormAlready() {
        Tensors.inference(() -> {
            Tensor weight = torch.randn(8, IN).to(ScalarType.BFloat16);
            var matrix = (Matrix.Plain) Matrix.of(Precision.BFLOAT16, weight);
            assertThat(matrix.weight().is_same(weight)).isTrue();
        });
    }

    private static org.bytedeco.pytorch.Scalar scalar(double value) {
        return new org.bytedeco.pytorch.Scalar(value);
    }
}
