package org.sjd4j.benchmarks;

import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.sjd4j.api.Families;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.LoadedModel;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.generate.ImageSession;
import org.sjd4j.tensor.ComputeDevice;

/**
 * A forward pass of the bundled model by its rows, in the middle of an image: tokens in, distributions out. With guidance each row is
 * computed with the prompt and without. The pass chooses its threads as always; with {@code OMP_NUM_THREADS=1} it has one.
 */
@State(Scope.Thread) // the thread that loads a model owns it
@BenchmarkMode(Mode.AverageTime)
@Fork(1)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 8, time = 2)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class PassBenchmark {
    private static final String PROMPT = "red apple, noto style";

    @Param({"1", "4", "8", "16", "32", "64"})
    private int rows;

    @Param({"true", "false"})
    private boolean guided;

    private final ModelDescription description = Families.describe(BundledModel.directory());
    private final LoadedModel model =
            description.load(ComputeDevice.CPU, description.defaultPrecision(ComputeDevice.CPU));
    private ImageSession session = begin(Sampling.PLAIN);
    private List<Row> tokens = List.of();
    private int position;

    /** Reads the prompt. */
    @Setup
    public void begin() {
        if (guided) {
            session.close();
            session = begin(description.defaults(ComputeDevice.CPU).sampling());
        }
        var layout = session.layout();
        tokens = Collections.nCopies(rows, new Row.Token(layout.firstImageId()));
        position = (layout.length() - rows) / 2;
    }

    private ImageSession begin(Sampling sampling) {
        return model.begin(PROMPT, "", sampling, description.sizes().getFirst());
    }

    /** A pass. */
    @Benchmark
    public Distribution[] pass() {
        return session.step(position, tokens);
    }

    /** Frees the model. */
    @TearDown
    public void end() {
        session.close();
        model.close();
    }
}
