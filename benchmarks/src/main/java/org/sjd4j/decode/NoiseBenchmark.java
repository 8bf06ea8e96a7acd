package org.sjd4j.decode;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;
import org.sjd4j.decode.random.GumbelNoise;
import org.sjd4j.decode.random.Philox;
import org.sjd4j.decode.random.Randomness;

/** Random numbers, in nanoseconds each. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@Fork(1)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 8, time = 1)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class NoiseBenchmark {

    private static final int MANY = 4096;

    private final Randomness randomness = new Randomness(1);
    private int position;

    /** A block of the counter-based generator, 128 bits. */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public long philox() {
        long sum = 0;
        position++;
        for (int i = 0; i < MANY; i++) {
            sum += Philox.block(1, position, 2, i, 0).low();
        }
        return sum;
    }

    /** The Gumbel noise of one token id, as a weight. */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public void gumbelWeight(Blackhole hole) {
        var noise = new GumbelNoise(randomness, position++, 0, MANY);
        for (int id = 0; id < MANY; id++) {
            hole.consume(noise.weight(id));
        }
    }

    /** One dimension of the Gaussian noise of a draft. */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public float[] gaussian() {
        return randomness.gaussian(position++, MANY);
    }
}
