package org.sjd4j.spark.train;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.VoidFunction;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.Families;
import org.sjd4j.bundled.ModelCatalogue;
import org.sjd4j.checkpoint.Fingerprint;
import org.sjd4j.checkpoint.HubCache;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.raster.RasterDescription;
import org.sjd4j.options.Console;
import org.sjd4j.options.Converters;
import org.sjd4j.options.UserException;
import org.sjd4j.spark.cluster.Cluster;
import org.sjd4j.spark.cluster.ClusterCheck;
import org.sjd4j.spark.cluster.ExecutorProcess;
import org.sjd4j.spark.cluster.JobDirectory;
import org.sjd4j.spark.cluster.RowHash;
import org.sjd4j.spark.cluster.RowProgress;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.training.data.CaptionedImage;
import org.sjd4j.training.data.FolderDataSet;
import org.sjd4j.training.model.ModelRun;
import org.sjd4j.training.model.TokenShards;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Encodes a folder of captioned images into the tokens that {@code sjd train model} and {@code sjd train denoising} read. They
 * are those that they would make themselves, in the same order.
 */
@Command(
        name = "tokenize",
        mixinStandardHelpOptions = true,
        description =
                "Encodes captioned images into tokens for 'sjd train model', or with --model for 'sjd train denoising'"
                        + " of a published model. A stopped job goes on where it was: run it again.")
public final class TokenizeJob implements Callable<Integer> {
    private final Console console;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            required = true,
            description = "A folder of images with captions.jsonl or captions.csv; the same path on all machines.")
    private Path data = Path.of("");

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description =
                    "A published model, which encodes with its own image tokenizer; the same path on all machines.")
    private @Nullable Path model;

    @Option(
            names = "--image-tokenizer",
            paramLabel = "DIR",
            description =
                    "A trained image tokenizer, or that of --model if it lies neither in its directory nor beside it;"
                            + " the same path on all machines.")
    private @Nullable Path imageTokenizer;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            required = true,
            description = "RUN/tokens of the training that is to read them; the same path on all machines.")
    private Path out = Path.of("");

    @Option(
            names = "--size",
            paramLabel = "PIXELS|WxH",
            converter = Converters.SizeText.class,
            description =
                    "Size of the images, as in training. Default: that of the bundled model, or the first of --model")
    private @Nullable ImageSize size;

    @Option(
            names = "--moved",
            paramLabel = "N",
            description = "Without --model: moved and scaled copies of every image, as in training. Default: 24")
    private @Nullable Integer moved;

    @Option(
            names = "--backgrounds",
            paramLabel = "N",
            description = "Without --model: copies on named backgrounds, as in training. Default: 6")
    private @Nullable Integer backgrounds;

    @Option(
            names = {"--images-per-task", "--pictures-per-task"},
            paramLabel = "N",
            description = "Images of a task, and of a shard, without their copies. Default: ${DEFAULT-VALUE}")
    private int imagesPerTask = 256;

    @Option(names = "--verbose", description = "Print a stack trace on failure.")
    private boolean verbose;

    public TokenizeJob(Console console) {
        this.console = console;
    }

    /**
     * Encodes shards.
     *
     * @param encoded counts shards, for Spark's page
     */
    private record Encoder(EncodingPlan plan, LongAccumulator encoded) implements VoidFunction<Integer> {
        @Override
        public void call(Integer shard) {
            var data = ExecutorProcess.once(plan, FolderDataSet.class, plan::images);
            Tensors.scope(() ->
                    TokenShards.encode(data, plan.encoding().encoder(data), Path.of(plan.out()), shard, plan.shards()));
            encoded.add(1);
        }
    }

    @Override
    public Integer call() {
        if (imagesPerTask < 1) {
            throw new UserException("--images-per-task is " + imagesPerTask + ", expected at least 1");
        }
        var encoding = model == null ? trained() : published(model);
        var images = open(encoding.side()).examples();
        int shards = Math.ceilDiv(images.size(), imagesPerTask);
        var plan = new EncodingPlan(absolute(data), encoding, absolute(out), shards);
        return Cluster.run("sjd4j tokenize", spark -> run(spark, plan, images));
    }

    private EncodingPlan.Encoding trained() {
        if (imageTokenizer == null) {
            throw new UserException(
                    "name the image tokenizer with --image-tokenizer, or a published model with --model");
        }
        if (!Files.isDirectory(imageTokenizer)) {
            throw new UserException("--image-tokenizer: there is no directory " + imageTokenizer);
        }
        Path vision = HubCache.resolve(imageTokenizer);
        var usual = ModelRun.Options.BUNDLED;
        int side = size == null ? usual.imageSize() : size.width();
        int coloured = backgrounds == null ? usual.backgrounds() : backgrounds;
        int shifted = moved == null ? usual.moved() : moved;
        if (coloured < 0 || shifted < 0) {
            throw new UserException("--backgrounds and --moved should be 0 or more");
        }
        if (size != null && size.width() != size.height()) {
            throw new UserException("--size " + size + ": without --model, images are squares");
        }
        return new EncodingPlan.Trained(absolute(vision), side, coloured, shifted, Fingerprint.of(vision));
    }

    private EncodingPlan.Encoding published(Path directory) {
        if (moved != null || backgrounds != null) {
            throw new UserException("--moved and --backgrounds are for --image-tokenizer alone: published models learn"
                    + " from images as they are");
        }
        var description = Families.describe(
                ModelCatalogue.ofUser().find(directory.toString()).directory(), imageTokenizer);
        if (description instanceof RasterDescription) {
            throw new UserException("--model is for published models; name this one's image tokenizer with"
                    + " --image-tokenizer " + description.imageTokenizerFile().getParent());
        }
        var chosen = size == null ? description.sizes().getFirst() : size;
        if (!description.sizes().contains(chosen)) {
            throw new UserException("--size " + chosen + ": this model makes images of "
                    + description.sizes().stream().map(ImageSize::toString).collect(Collectors.joining(", ")));
        }
        return new EncodingPlan.Published(
                absolute(description.directory()),
                imageTokenizer == null ? null : absolute(HubCache.resolve(imageTokenizer)),
                chosen.width(),
                chosen.height(),
                Fingerprint.of(description.imageTokenizerFile()));
    }

    /** Looks at every image's header. */
    private FolderDataSet open(int side) {
        try {
            return FolderDataSet.open(data, side);
        } catch (IllegalArgumentException e) {
            throw new UserException("--data: " + e.getMessage(), e);
        }
    }

    private static String absolute(Path path) {
        return path.toAbsolutePath().normalize().toString();
    }

    private int run(SparkSession session, EncodingPlan plan, List<CaptionedImage> images) {
        var spark = JavaSparkContext.fromSparkContext(session.sparkContext());
        var identity = new LinkedHashMap<String, String>();
        identity.put("plan", plan.toString());
        identity.put("images", Integer.toString(images.size()));
        identity.put("captions", hash(images));
        String place = Path.of(plan.out()).toUri().toString();
        try (var _ = JobDirectory.open(session, place, identity, new StructType())) {
            ClusterCheck.require(spark, plan);
            var missing = IntStream.range(0, plan.shards())
                    .filter(shard -> !TokenShards.isFinished(Path.of(plan.out()), shard, plan.shards()))
                    .boxed()
                    .toList();
            if (!missing.isEmpty()) {
                encode(spark, plan, missing);
            }
            TokenShards.finish(Path.of(plan.out()), plan.shards());
        }
        console.out().println("%s images in %s shards: %s".formatted(images.size(), plan.shards(), out));
        console.out().flush();
        return 0;
    }

    /** Of names and captions, in their order: shards of one list are not mixed with those of another. */
    private static String hash(List<CaptionedImage> images) {
        return HexFormat.of()
                .toHexDigits(RowHash.of(images.stream()
                        .map(image -> image.id() + "\t" + image.caption())
                        .collect(Collectors.joining("\n"))));
    }

    private static void encode(JavaSparkContext spark, EncodingPlan plan, List<Integer> missing) {
        var encoder = new Encoder(plan, spark.sc().longAccumulator("shards encoded"));
        var progress = new RowProgress(encoder.encoded(), spark.sc().longAccumulator("shards failed"), missing.size());
        spark.sc().addSparkListener(progress);
        spark.setJobDescription("encoding the images of " + plan.data());
        try {
            spark.parallelize(missing, missing.size()).foreach(encoder);
            progress.say();
        } finally {
            spark.setJobDescription(null);
            spark.sc().removeSparkListener(progress);
        }
    }
}
