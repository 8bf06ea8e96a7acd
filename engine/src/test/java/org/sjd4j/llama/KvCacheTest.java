package org.sjd4j.llama;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sjd4j.Numeric;
import org.sjd4j.tensor.LibTorch;

/** Attention in blocks gives a row the same bits in every window, at the sizes of real models too. */
@Numeric
class KvCacheTest {
    private static final int ROWS = 700;
    private static final int SEQUENCES = 2;

    @ParameterizedTest
    @CsvSource({"4, 4, 64", "3, 3, 48", "4, 4, 8", "2, 2, 128", "8, 2, 64", "7, 1, 64", "6, 2, 36"})
    void aRowHasTheSameBitsInEveryWindow(int heads, int keyHeads, int size) {
        LibTorch.load(); // with MKL, which the kernels take their products from
        LibTorch.setThreads(1);
        torch.manual_seed(size);
        var random = new Random(size);
        var config = new LlamaConfig(
                heads * size,
                1,
                heads,
                keyHeads,
                size,
                8,
                1e-5,
                1e4,
                LlamaConfig.Rotary.HALVES,
                LlamaConfig.QueryKeyNorm.NONE,
                LlamaConfig.NormOrder.BEFORE);
        try (var scope = new PointerScope();
                var guard = new NoGradGuard();
                var single = cache(config);
                var windows = cache(config)) {
            Tensor q = torch.randn(SEQUENCES, heads, ROWS, size);
            Tensor kv = torch.randn(SEQUENCES, 2L * keyHeads, ROWS, size);
            Tensor[] alone = new Tensor[ROWS];
            for (int i = 0; i < ROWS; i++) {
                alone[i] = attend(single, q, kv, i, 1);
            }
            for (int start = 0; start < ROWS; ) {
                int count = Math.min(1 + random.nextInt(80), ROWS - start);
                Tensor found = attend(windows, q, kv, start, count);
                for (int i = 0; i < count; i++) {
                    assertThat(torch.equal(found.narrow(2, i, 1), alone[start + i]))
                            .as("row %s of %s from %s", i, count, start)
                            .isTrue();
                }
                start += 1 + random.nextInt(count); // the rest was rejected
            }
        }
    }

    private static KvCache cache(LlamaConfig config) {
        return new KvCache(config, SEQUENCES, ROWS, ScalarType.Float, new Device("cpu"), true);
    }

    private static Tensor attend(KvCache cache, Tensor q, Tensor kv, int start, int count) {
        cache.startAt(new long[] {start, start}, new long[] {count, count});
        return cache.attend(0, q.narrow(2, start, count), kv.narrow(2, start, count));
    }
}
