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
import org.sjd4j.decode.sampling.Distribution;

/** From distributions to tokens, one for each row of a window: samples and acceptance tests. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@Fork(1)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 8, time = 1)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class TokenBenchmark {

    private Distribution[] before = {};
    private Distribution[] now = {};
    private Draft[] drafts = {};
    private PositionRandom[] random = {};

    /** The rows of two passes, and drafts that were sampled from the first. */
    @Setup
    public void make(LogitRows rows) {
        before = rows.process(LogitRows.TOP_K, rows.logits);
        now = rows.process(LogitRows.TOP_K, rows.next);
        random = rows.random();
        drafts = new Draft[before.length];
        for (int row = 0; row < before.length; row++) {
            drafts[row] = Refinement.RESAMPLE.next(Draft.certain(0), before[row], random[row]);
        }
    }

    /** A sample by the inverse of the cumulative distribution. */
    @Benchmark
    public void inverseSample(Blackhole hole) {
        for (int row = 0; row < now.length; row++) {
            hole.consume(now[row].sample(random[row].uniform()));
        }
    }

    /** A sample by the position's Gumbel noise, most of which earlier passes computed. */
    @Benchmark
    public void gumbelSample(Blackhole hole) {
        for (int row = 0; row < now.length; row++) {
            hole.consume(now[row].argmax(random[row].gumbel()));
        }
    }

    /** A sample by Gumbel noise in a position that just entered the window. */
    @Benchmark
    public void gumbelSampleOfNewPosition(LogitRows rows, Blackhole hole) {
        PositionRandom[] fresh = rows.random();
        for (int row = 0; row < now.length; row++) {
            hole.consume(now[row].argmax(fresh[row].gumbel()));
        }
    }

    /** The speculative test, and the residual sample of drafts that fail it. */
    @Benchmark
    public void speculative(Blackhole hole) {
        for (int row = 0; row < now.length; row++) {
            hole.consume(Acceptance.SPECULATIVE.settle(drafts[row], now[row], random[row]));
        }
    }

    /** The residual sample, as if every draft failed. */
    @Benchmark
    public void residualSample(Blackhole hole) {
        for (int row = 0; row < now.length; row++) {
            hole.consume(now[row].residual(before[row]).sample(random[row].uniform()));
        }
    }

    /** The distance of two passes' rows, by which settled rows are cleaned early. */
    @Benchmark
    public void totalVariation(Blackhole hole) {
        for (int row = 0; row < now.length; row++) {
            hole.consume(now[row].totalVariation(before[row]));
        }
    }
}
