package org.sjd4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.bytedeco.javacpp.Loader;
import org.sjd4j.options.Console;
import org.sjd4j.spark.cluster.GatedFileSystem;
import org.sjd4j.tensor.LibTorch;

/** A cluster of two executors, each a process of its own, and jobs that run in it. */
public final class TestCluster implements AutoCloseable {
    /** A process of half a minute spends more on its compiler than it gains. */
    private static final String SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

    private final SparkSession session;

    private TestCluster(SparkSession session) {
        this.session = session;
    }

    /**
     * Starts the cluster.
     *
     * @param directory for what it leaves
     */
    public static TestCluster start(Path directory) {
        LibTorch.load(); // unpacks what the executors then only read
        String javaClassPath = System.getProperty("java.class.path");
        return new TestCluster(SparkSession.builder()
                .master("local-cluster[2,1,2048]")
                .appName("test")
                .config("spark.executor.memory", "1g")
                .config("spark.executor.cores", "1")
                .config("spark.executor.extraClassPath", javaClassPath)
                .config(
                        "spark.executor.extraJavaOptions",
                        SHORT_LIVED + " -Dorg.bytedeco.javacpp.cachedir=" + unpacked())
                .config("spark.sql.shuffle.partitions", "2")
                .config(
                        "spark.sql.warehouse.dir",
                        directory.resolve("warehouse").toString())
                .config("spark.local.dir", directory.toString())
                .config("spark.ui.enabled", "false")
                .config("spark.hadoop.fs.gated.impl", GatedFileSystem.class.getName())
                .config(
                        "spark.hadoop." + GatedFileSystem.OPENED_BY,
                        gate(directory).toString())
                .getOrCreate());
    }

    /** What opens the gate of a {@link GatedFileSystem}. */
    public static Path gate(Path directory) {
        return directory.resolve("gate");
    }

    private static File unpacked() {
        try {
            return Loader.getCacheDir();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public SparkSession session() {
        return session;
    }

    /**
     * What a job did.
     *
     * @param code exit code
     * @param out standard output
     * @param err standard error
     */
    public record Result(int code, String out, String err) {
        /** Expects a clean end. */
        public Result succeeded() {
            assertThat(code).as(err).isZero();
            return this;
        }

        /** Expects one line about a mistake of the user's that contains all of these. */
        public void refused(String... parts) {
            assertThat(err).startsWith("sjd: ").contains(parts).doesNotContain("\tat ");
            assertThat(err.lines()).as(err).hasSize(1);
            assertThat(out).isEmpty();
            assertThat(code).isEqualTo(2);
        }
    }

    /** Runs a job in the session. */
    public static Result run(String... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        var console = new Console(new PrintWriter(out), new PrintWriter(err), false);
        int code = SparkJobs.commandLine(console).execute(arguments);
        return new Result(code, out.toString(), err.toString());
    }

    /** The executors' processes: the only children of this one that run Java. */
    public static List<ProcessHandle> executors() {
        return ProcessHandle.current()
                .children()
                .filter(process -> process.info().command().orElse("").endsWith("java"))
                .toList();
    }

    @Override
    public void close() {
        session.stop();
    }
}
