package org.sjd4j.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.Numeric;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Tensors;

/** Caches that share a home attend to what they attend to alone. */
@Numeric
class SharedCacheTest {
    private static final int CAPACITY = 20;

    @BeforeAll
    static void load() {
        LibTorch.load();
    }

    /** Four heads of queries; key heads may serve several of them. */
    private static LlamaConfig config(int keyHeads) {
        return new LlamaConfig(
                16,
                2,
                4,
                keyHeads,
                4,
                8,
                1e-5,
                1e4,
                LlamaConfig.Rotary.NEIGHBOURS,
                LlamaConfig.QueryKeyNorm.NONE,
                LlamaConfig.NormOrder.BEFORE);
    }

    private static KvCache cache(LlamaConfig config, int sequences, int capacity) {
        return new KvCache(config, sequences, capacity, ScalarType.Float, new Device("cpu"), false);
    }

    /** A cache in the home and one by itself, which see the same. */
    private static final class Pair implements AutoCloseable {
        private final KvCache shared;
        private final KvCache alone;
        private final long[] starts;
        private final long[] counts;

        Pair(LlamaConfig config, SharedCache home, int sequences, int capacity) {
            shared = cache(config, sequences, capacity);
            alone = cache(config, sequences, capacity);
            starts = new long[sequences];
            counts = new long[sequences];
            home.adopt(shared);
        }

        /** Some rows of each sequence, at most those that are seen and fit. */
        void next(Random random) {
            for (int i = 0; i < starts.length; i++) {
                starts[i] = Math.min(alone.capacity() - 5L, random.nextLong(starts[i] + counts[i] + 1));
                counts[i] = (i == 0 ? 1 : 0) + random.nextInt(5);
            }
            shared.startAt(starts, counts);
            alone.startAt(starts, counts);
        }

        long rows() {
            return LongStream.of(counts).sum();
        }

        @Override
        public void close() {
            shared.close();
            alone.close();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void attendsAsEachCacheDoesAlone(int keyHeads) {
        var config = config(keyHeads);
        for (long seed = 0; seed < 20; seed++) {
            var random = new Random(seed);
            torch.manual_seed(seed);
            try (var scope = new PointerScope();
                    var guard = new NoGradGuard();
                    var home = new SharedCache(4)) {
                var pairs = new ArrayList<Pair>();
                for (int pass = 0; pass < 12; pass++) {
                    if (pairs.size() < 4 && random.nextBoolean() || pairs.isEmpty()) {
                        pairs.add(new Pair(config, home, 1 + random.nextInt(2), CAPACITY + 3 * pass));
                    } else if (random.nextInt(4) == 0) {
                        pairs.remove(random.nextInt(pairs.size())).close();
                    }
                    if (!pairs.isEmpty()) {
                        pass(config, home, pairs, random, "seed " + seed + ", pass " + pass);
                    }
                }
                pairs.forEach(Pair::close);
            }
        }
    }

    private static void pass(LlamaConfig config, SharedCache home, List<Pair> pairs, Random random, String where) {
        pairs.forEach(pair -> pair.next(random));
        long all = pairs.stream().mapToLong(Pair::rows).sum();
        var together = home.together(pairs.stream().map(pair -> pair.shared).toList());
        for (int layer = 0; layer < config.layers(); layer++) {
            Tensor q = torch.randn(1, config.heads(), all, config.headSize());
            Tensor kv = torch.randn(1, 2L * config.keyValueHeads(), all, config.headSize());
            Tensor found = together.attend(layer, q, kv);
            long from = 0;
            for (Pair pair : pairs) {
                long count = pair.rows();
                Tensor expected = pair.alone.attend(layer, q.narrow(2, from, count), kv.narrow(2, from, count));
                double error = Tensors.floats(
                        found.narrow(2, from, count).sub(expected).abs().max())[0];
                assertThat(error).as("%s, layer %d", where, layer).isCloseTo(0, within(1e-5));
                from += count;
            }
        }
    }

    @Test
    void whatABrokenImageLeftBehindIsNotSeen() {
        var config = config(4);
        torch.manual_seed(1);
        try (var scope = new PointerScope();
                var guard = new NoGradGuard();
                var home = new SharedCache(2)) {
            Tensor rows = torch.randn(1, 4, 10, 4);
            try (var broken = new Pair(config, home, 1, CAPACITY)) {
                Tensor nan = torch.full(new long[] {1, 4, 10, 4}, new Scalar(Float.NaN));
                broken.shared.startAt(new long[] {0}, new long[] {10});
                home.together(List.of(broken.shared)).attend(0, nan, Tensors.cat(1, nan, nan));
            }
            try (var next = new Pair(config, home, 1, CAPACITY);
                    var other = new Pair(config, home, 1, CAPACITY)) {
                next.shared.startAt(new long[] {0}, new long[] {2});
                other.shared.startAt(new long[] {0}, new long[] {8});
                Tensor attended =
                        home.together(List.of(next.shared, other.shared)).attend(0, rows, Tensors.cat(1, rows, rows));
                assertThat(Tensors.floats(attended)).doesNotContain(Float.NaN);
            }
        }
    }

    @Test
    void aFullCacheTakesNoOther() {
        var config = config(4);
        try (var home = new SharedCache(1);
                var first = new Pair(config, home, 2, CAPACITY);
                var second = cache(config, 2, CAPACITY)) {
            assertThatThrownBy(() -> home.adopt(second))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("all 1 slots of a shared cache are taken");
            second.startAt(new long[2], new long[] {1, 1});
            assertThatThrownBy(() -> home.together(List.of(first.shared, second)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the cache of an image is not in this shared cache");
        }
    }
}
