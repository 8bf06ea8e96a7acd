package org.sjd4j.benchmarks;

import java.lang.foreign.MemorySegment;
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
import org.openjdk.jmh.infra.Blackhole;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.checkpoint.SafetensorsFile;

/** The bundled model's weights, as far as Java reads them. The file is in the page cache. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@Fork(1)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 8, time = 1)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class SafetensorsBenchmark {

    private final Path path = BundledModel.directory().resolve("model.safetensors");

    /** Maps the file, checks its header and closes it. */
    @Benchmark
    public int open() {
        try (var file = SafetensorsFile.open(path)) {
            return file.names().size();
        }
    }

    /** As {@link #open}, with the place of every tensor. */
    @Benchmark
    public void openAndMapAll(Blackhole hole) {
        try (var file = SafetensorsFile.open(path)) {
            file.names().forEach(name -> hole.consume(file.segment(name)));
        }
    }

    /** As {@link #openAndMapAll}, with a copy of every tensor's bytes. */
    @Benchmark
    public void openAndCopyAll(Blackhole hole) {
        try (var file = SafetensorsFile.open(path)) {
            for (String name : file.names()) {
                MemorySegment tensor = file.segment(name);
                hole.consume(MemorySegment.ofArray(new byte[Math.toIntExact(tensor.byteSize())])
                        .copyFrom(tensor));
            }
        }
    }
}
