package org.sjd4j.llama;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sjd4j.Numeric;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Tensors;

@Numeric
class LinearTest {
    @ParameterizedTest
    @CsvSource({"1, 1", "2, 1", "1, 7", "2, 32", "2, 33", "3, 200"})
    void isTheProductWithTheTransposedWeightsForAnyNumberOfRows(long batch, long rows) {
        LibTorch.setThreads(1);
        Tensors.scope(() -> {
            torch.manual_seed(3);
            Tensor x = torch.randn(batch, rows, 24);
            Tensor weight = torch.randn(40, 24);
            Tensor found = Linear.linear(x, weight);

            assertThat(found.sizes().vec().get()).containsExactly(batch, rows, 40);
            assertThat(torch.allclose(found, torch.linear(x, weight), 1e-5, 1e-5, false))
                    .isTrue();
        });
    }

    @Test
    void takesWhatItReturned() {
        LibTorch.setThreads(1);
        Tensors.scope(() -> {
            torch.manual_seed(4);
            Tensor x = torch.randn(2, 5, 24);
            Tensor up = torch.randn(40, 24);
            Tensor down = torch.randn(24, 20);
            Tensor part = Linear.linear(x, up).narrow(-1, 20, 20);

            assertThat(torch.allclose(
                            Linear.linear(part, down),
                            torch.linear(torch.linear(x, up).narrow(-1, 20, 20), down),
                            1e-5,
                            1e-4,
                            false))
                    .isTrue();
        });
    }
}
