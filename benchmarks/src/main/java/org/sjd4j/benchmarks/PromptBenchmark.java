package org.sjd4j.benchmarks;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.family.raster.PromptSlots;
import org.sjd4j.text.WordTokenizer;

/** The bundled model's text tokenizer. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@Fork(1)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 8, time = 1)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class PromptBenchmark {

    private static final int SLOTS = 16;
    private static final String SHORT = "a red apple, noto style";
    private static final String LONG = (SHORT + ", on the left of a table; ").repeat(100);

    private final Path path = BundledModel.directory().resolve("tokenizer.json");
    private final WordTokenizer tokenizer = WordTokenizer.read(path);
    private final PromptSlots slots = new PromptSlots(tokenizer, SLOTS);

    /** Reads the vocabulary. */
    @Benchmark
    public WordTokenizer read() {
        return WordTokenizer.read(path);
    }

    /** A prompt of five words. */
    @Benchmark
    public PromptSlots.Prompt shortPrompt() {
        return slots.of(SHORT);
    }

    /** A prompt of more than a thousand words. */
    @Benchmark
    public PromptSlots.Prompt longPrompt() {
        return slots.of(LONG);
    }
}
