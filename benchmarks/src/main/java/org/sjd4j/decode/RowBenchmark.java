package org.sjd4j.decode;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;
import org.sjd4j.decode.random.PositionRandom;
import org.sjd4j.decode.sampling.RowProcessor;
import org.sjd4j.decode.sampling.Sampling;

/** From logits to distributions, and on to tokens: everything that a step does outside of the network. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@Fork(1)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 8, time = 1)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class RowBenchmark {

    private RowProcessor topK = new RowProcessor(new RasterLayout(1, 1, 0, 1), Sampling.PLAIN);
    private RowProcessor topP = topK;
    private Draft[] drafts = {};
    private PositionRandom[] random = {};

    /** Drafts from the pass before, and random. */
    @Setup
    public void make(LogitRows rows) {
        topK = new RowProcessor(rows.layout, LogitRows.TOP_K);
        topP = new RowProcessor(rows.layout, LogitRows.TOP_P);
        random = rows.random();
        var distributions = rows.process(LogitRows.TOP_K, rows.logits);
        drafts = new Draft[distributions.length];
        for (int row = 0; row < distributions.length; row++) {
            drafts[row] = Refinement.SHARED_GUMBEL.next(Draft.certain(0), distributions[row], random[row]);
        }
    }

    /** Guidance and top-k of a window. */
    @Benchmark
    public void topK(LogitRows rows, Blackhole hole) {
        process(topK, rows, hole);
    }

    /** Guidance, temperature and top-p of a window. */
    @Benchmark
    public void topP(LogitRows rows, Blackhole hole) {
        process(topP, rows, hole);
    }

    private static void process(RowProcessor processor, LogitRows rows, Blackhole hole) {
        for (int row = 0; row < rows.rows; row++) {
            hole.consume(rows.process(processor, rows.next, row));
        }
    }

    /** Guidance and top-k of a window, and a fresh sample in each row. */
    @Benchmark
    public void topKAndSample(LogitRows rows, Blackhole hole) {
        settle(Acceptance.equality(Refinement.RESAMPLE), rows, hole);
    }

    /** Guidance and top-k of a window, and the speculative test of a draft in each row, with the residual sample if it fails. */
    @Benchmark
    public void topKAndSpeculative(LogitRows rows, Blackhole hole) {
        settle(Acceptance.SPECULATIVE, rows, hole);
    }

    /** Guidance and top-k of a window, and the seed-exact test of a draft in each row. */
    @Benchmark
    public void topKAndSeedExact(LogitRows rows, Blackhole hole) {
        settle(Acceptance.equality(Refinement.SHARED_GUMBEL), rows, hole);
    }

    private void settle(Acceptance acceptance, LogitRows rows, Blackhole hole) {
        for (int row = 0; row < rows.rows; row++) {
            var p = rows.process(topK, rows.next, row);
            hole.consume(acceptance.settle(drafts[row], p, random[row]));
        }
    }
}
