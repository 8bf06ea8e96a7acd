package org.sjd4j.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.Numeric;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Processor;
import org.sjd4j.tensor.Tensors;

@Numeric
class MatrixTest {
    private static final int IN = 72;

    /** More than FBGEMM takes at a time. */
    private static final long MANY_ROWS = 250;

    /** Sizes that are whole numbers of no vector register, some of a part of one, and one of a whole number of many. */
    private static final long[] SIZES = {1, 2, 7, 8, 15, 16, 24, 33, 40, 72, 100, 256};

    /** Relative errors: rounding of sums; of sums and operands; of sums; of weights and operands. */
    @ParameterizedTest
    @CsvSource({"FLOAT32, 1e-6", "BFLOAT16, 2e-2", "FLOAT16, 1e-6", "INT8, 3e-2"})
    void multipliesRowsOfAnyShapeWithWeightsInAnyFormat(Precision precision, double tolerance) {
        LibTorch.setThreads(1);
        for (long rows : new long[] {1, 2, 15, 16, 33, 700}) {
            Tensors.inference(() -> {
                torch.manual_seed(rows);
                Tensor x = torch.randn(2, rows, IN);
                Tensor weight = halves(300, IN);

                Tensor found = Matrix.of(precision, weight).apply(x.to(precision.products()));

                assertThat(found.scalar_type().intern()).isEqualTo(precision.products());
                assertThat(found.sizes().vec().get()).containsExactly(2, rows, 300);
                assertThat(error(found, torch.linear(x, weight)))
                        .as("%s, %d rows", precision, rows)
                        .isLessThan(tolerance);
            });
        }
    }

    /** Sums of so few ones are exact in every format, so no product may be off or missing. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void multipliesMatricesOfAnySize(Precision precision) {
        LibTorch.setThreads(1);
        for (long in : SIZES) {
            for (long out : SIZES) {
                Tensors.inference(() -> {
                    Tensor weight = signs(out, in);
                    weight.select(1, 0).fill_(scalar(127)); // so that the scale of int8 is 1
                    var matrix = Matrix.of(precision, weight);
                    for (long rows : new long[] {1, 3, 5, 15, 16, 17}) {
                        Tensor x = signs(rows, in);
                        if (in > 129) {
                            x.select(1, 0).zero_(); // bfloat16 holds whole numbers up to 256
                        }
                        Tensor found = matrix.apply(x.to(precision.products())).to(ScalarType.Float);
                        assertThat(Tensors.floats(found))
                                .as("%s, %d rows of %d, %d products each", precision, rows, in, out)
                                .containsExactly(Tensors.floats(torch.linear(x, weight)));
                    }
                });
            }
        }
    }

    /** As seed-exact decoding needs it: 16 bits of a weight and a row have one product, however many rows there are. */
    @ParameterizedTest
    @CsvSource({"64, 64", "77, 50", "384, 1152", "1000, 33"})
    void inFloat16ARowHasTheSameBitsAmongAnyNumberOfRows(long in, long out) {
        assumeThat(Processor.current().readsFloat16()).as("packed float16").isTrue();
        Tensors.inference(() -> {
            torch.manual_seed(in);
            var matrix = Matrix.of(Precision.FLOAT16, torch.randn(out, in).mul(new Scalar(0.1)));
            Tensor x = torch.randn(MANY_ROWS, in);
            Tensor all = matrix.apply(x);
            var other = LongStream.rangeClosed(1, MANY_ROWS)
                    .filter(rows -> !Tensors.scope(
                            () -> torch.equal(matrix.apply(x.narrow(0, 0, rows)), all.narrow(0, 0, rows))))
                    .boxed()
                    .toList();
            assertThat(other).as("numbers of rows").isEmpty();
        });
    }

    /** As seed-exact decoding needs it: whatever rows go with a row, its products differ by the rounding of float32 sums. */
    @ParameterizedTest
    @EnumSource(
            value = Precision.class,
            names = {"FLOAT32", "FLOAT16"})
    void productsOfARowDependOnNoOthers(Precision precision) {
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

    /** As on a CPU that FBGEMM does not know. */
    @ParameterizedTest
    @ValueSource(longs = {1, 15, 256, 257, 600})
    void widensFloat16WeightsBlockByBlock(long out) {
        LibTorch.setThreads(1);
        Tensors.inference(() -> {
            torch.manual_seed(out);
            Tensor weight = halves(out, IN);
            Tensor x = torch.randn(2, 9, IN);
            Tensor found = new Matrix.HalfWidened(weight.to(ScalarType.Half)).apply(x);
            assertThat(found.sizes().vec().get()).containsExactly(2, 9, out);
            assertThat(error(found, torch.linear(x, weight))).isLessThan(1e-6);
        });
    }

    @ParameterizedTest
    @ValueSource(doubles = {65520, -70000, Double.NaN, Double.POSITIVE_INFINITY})
    void refusesWeightsThatFloat16DoesNotHold(double value) {
        Tensors.inference(() -> {
            Tensor weight = torch.ones(3, IN);
            weight.select(0, 1).narrow(0, 5, 1).fill_(scalar(value));
            assertThatExceptionOfType(CheckpointException.class)
                    .isThrownBy(() -> Matrix.of(Precision.FLOAT16, weight))
                    .withMessageContaining("65504")
                    .withMessageContaining("bfloat16");
        });
    }

    private static double error(Tensor found, Tensor expected) {
        return found.to(ScalarType.Float).sub(expected).square().mean().sqrt().item_double()
                / expected.square().mean().sqrt().item_double();
    }

    /** Random weights that float16 holds exactly. */
    private static Tensor halves(long out, long in) {
        return torch.randn(out, in).to(ScalarType.Half).to(ScalarType.Float);
    }

    /** -1, 0 and 1 at random. */
    private static Tensor signs(long rows, long columns) {
        torch.manual_seed(rows * 1000 + columns);
        return torch.randint(3, new long[] {rows, columns}).to(ScalarType.Float).sub(scalar(1));
    }

    private static org.bytedeco.pytorch.Scalar scalar(double value) {
        return new org.bytedeco.pytorch.Scalar(value);
    }
}
