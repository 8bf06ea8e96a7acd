package org.sjd4j.spark;

import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.VoidFunction;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;
import org.sjd4j.cli.Console;
import org.sjd4j.cli.UserException;
import org.sjd4j.tensor.Fingerprint;
import org.sjd4j.training.ModelRun;
import org.sjd4j.training.TokenShards;
import org.sjd4j.training.data.FolderDataSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Encodes a folder of captioned pictures into the tokens that {@code sjd train model} reads. They are those that it would make
 * itself, in the same order.
 */
@Command(
        name = "tokenize",
        mixinStandardHelpOptions = true,
        description =
                "Encodes captioned pictures into tokens for 'sjd train model'. A stopped job goes on where it was:"
                        + " run it again.")
final class TokenizeJob implements Callable<Integer> {
    private final Console console;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            required = true,
            description = "A folder of pictures with captions.jsonl or captions.csv; the same path on all machines.")
    private Path data = Path.of("");

    @Option(
            names = "--image-tokenizer",
            paramLabel = "DIR",
            required = true,
            description = "A trained image tokenizer; the same path on all machines.")
    private Path imageTokenizer = Path.of("");

    @Option(
            names = "--out",
            paramLabel = "DIR",
            required = true,
            description = "RUN/tokens of the training that is to read them; the same path on all machines.")
    private Path out = Path.of("");

    @Option(
            names = "--size",
            paramLabel = "PIXELS",
            description = "Side of the pictures, as in training. Default: ${DEFAULT-VALUE}")
    private int size = ModelRun.Options.BUNDLED.imageSize();

    @Option(
            names = "--moved",
            paramLabel = "N",
            description = "Moved and scaled copies of every picture, as in training. Default: ${DEFAULT-VALUE}")
    private int moved = ModelRun.Options.BUNDLED.moved();

    @Option(names = "--backgrounds", paramLabel = "N", description = "As in training. Default: ${DEFAULT-VALUE}")
    private int backgrounds = ModelRun.Options.BUNDLED.backgrounds();

    @Option(
            names = "--pictures-per-task",
            paramLabel = "N",
            description = "Pictures of a task, and of a shard, without their copies. Default: ${DEFAULT-VALUE}")
    private int picturesPerTask = 256;

    @Option(names = "--verbose", description = "Print a stack trace on failure.")
    private boolean verbose;

    TokenizeJob(Console console) {
        this.console = console;
    }

    /**
     * What every task does.
     *
     * @param data folder of pictures by its absolute path
     * @param imageTokenizer by its absolute path
     * @param out by its absolute path
     * @param fingerprint of the image tokenizer at the driver
     */
    record Plan(
            String data,
            String imageTokenizer,
            String out,
            int size,
            int backgrounds,
            int moved,
            int shards,
            String fingerprint)
            implements Serializable {
        /** Why this process cannot do it; empty if it can. */
        String problem() {
            for (String place : List.of(data, imageTokenizer, out)) {
                if (!Files.isDirectory(Path.of(place))) {
                    return "there is no directory " + place + "; it must be the same on all machines";
                }
            }
            return Fingerprint.of(Path.of(imageTokenizer)).equals(fingerprint)
                    ? ""
                    : imageTokenizer + " has other weights than at the driver; put the same on all machines";
        }
    }

    /**
     * Encodes shards.
     *
     * @param encoded counts shards, for Spark's page
     */
    private record Encoder(Plan plan, LongAccumulator encoded) implements VoidFunction<Integer> {
        @Override
        public void call(Integer shard) {
            var data = ExecutorProcess.once(
                    plan, FolderDataSet.class, () -> FolderDataSet.open(Path.of(plan.data()), plan.size()));
            var options =
                    new TokenShards.Options(Path.of(plan.imageTokenizer()), plan.backgrounds(), plan.moved(), SEED);
            TokenShards.encode(data, options, Path.of(plan.out()), shard, plan.shards());
            encoded.add(1);
        }
    }

    /** That of training, which draws copies by it. */
    private static final long SEED = ModelRun.settings(1, 0).seed();

    @Override
    public Integer call() {
        if (picturesPerTask < 1 || backgrounds < 0 || moved < 0) {
            throw new UserException("--pictures-per-task should be 1 or more, --backgrounds and --moved 0 or more");
        }
        if (!Files.isDirectory(imageTokenizer)) {
            throw new UserException("--image-tokenizer: there is no directory " + imageTokenizer);
        }
        int pictures = open().examples().size();
        var plan = new Plan(
                absolute(data),
                absolute(imageTokenizer),
                absolute(out),
                size,
                backgrounds,
                moved,
                Math.ceilDiv(pictures, picturesPerTask),
                Fingerprint.of(imageTokenizer));
        return Cluster.run("sjd4j tokenize", spark -> run(spark, plan, pictures));
    }

    /** Looks at every picture's header. */
    private FolderDataSet open() {
        try {
            return FolderDataSet.open(data, size);
        } catch (IllegalArgumentException e) {
            throw new UserException("--data: " + e.getMessage(), e);
        }
    }

    private static String absolute(Path path) {
        return path.toAbsolutePath().normalize().toString();
    }

    private int run(SparkSession session, Plan plan, int pictures) {
        var spark = JavaSparkContext.fromSparkContext(session.sparkContext());
        var identity = new LinkedHashMap<String, String>();
        identity.put("plan", plan.toString());
        identity.put("pictures", Integer.toString(pictures));
        JobDirectory.open(session, Path.of(plan.out()).toUri().toString(), identity, new StructType());
        ClusterCheck.require(spark, new ClusterCheck.TokenizeQuestion(plan));
        var missing = IntStream.range(0, plan.shards())
                .filter(shard -> !TokenShards.isFinished(Path.of(plan.out()), shard))
                .boxed()
                .toList();
        if (!missing.isEmpty()) {
            encode(spark, plan, missing);
        }
        TokenShards.finish(Path.of(plan.out()), plan.shards());
        console.out().println("%d pictures in %d shards: %s".formatted(pictures, plan.shards(), out));
        console.out().flush();
        return 0;
    }

    private static void encode(JavaSparkContext spark, Plan plan, List<Integer> missing) {
        var encoder = new Encoder(plan, spark.sc().longAccumulator("shards encoded"));
        var progress = new Progress(encoder.encoded(), spark.sc().longAccumulator("shards failed"), missing.size());
        spark.sc().addSparkListener(progress);
        spark.setJobDescription("encoding the pictures of " + plan.data());
        try {
            spark.parallelize(missing, missing.size()).foreach(encoder);
            progress.say();
        } finally {
            spark.setJobDescription(null);
            spark.sc().removeSparkListener(progress);
        }
    }
}
