package org.sjd4j.spark.generate;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.Request;
import org.sjd4j.decode.Decoder;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.options.Console;
import org.sjd4j.options.Converters;
import org.sjd4j.options.GenerationOptions;
import org.sjd4j.options.ModelOptions;
import org.sjd4j.options.UserException;
import org.sjd4j.spark.cluster.Cluster;
import org.sjd4j.spark.cluster.ClusterCheck;
import org.sjd4j.spark.cluster.JobDirectory;
import org.sjd4j.spark.cluster.ModelPlan;
import org.sjd4j.spark.cluster.RowProgress;
import org.sjd4j.spark.table.Captions;
import org.sjd4j.spark.table.ImageTableRow;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Generates an image of every caption of a table.
 *
 * <p>An image is, byte for byte, the file that {@code sjd generate} writes with the row's caption and seed, the same model
 * and the same options. The seed derives from the job's and from the row's name, so neither partitions nor retries nor
 * speculative execution change an image.
 */
@Command(
        name = "generate",
        mixinStandardHelpOptions = true,
        description =
                "Generates an image of every caption of a table. A stopped job goes on where it was: run it again.")
public final class GenerateJob implements Callable<Integer> {
    private final Console console;

    @Mixin
    private final Captions captions = new Captions();

    @Option(
            names = "--out",
            paramLabel = "DIR",
            required = true,
            description = "Directory of the job, on any file system that Spark knows.")
    private String out = "";

    @Option(
            names = "--out-format",
            paramLabel = "parquet|png",
            defaultValue = "parquet",
            description = "Images in the column 'png' of the table rows, or files images/ID.png beside it."
                    + " Default: ${DEFAULT-VALUE}")
    private OutFormat outFormat = OutFormat.PARQUET;

    @Option(
            names = "--rows-per-task",
            paramLabel = "N",
            defaultValue = "32",
            description =
                    "Captions of a task, and of a file of the table: what is generated again when an executor is lost."
                            + " Default: ${DEFAULT-VALUE}")
    private int rowsPerTask = 32;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "What the seeds of all rows derive from. Default: ${DEFAULT-VALUE}")
    private long seed = 1;

    @Option(names = "--negative-prompt", paramLabel = "TEXT", description = "What guidance leads away from.")
    private String negativePrompt = "";

    @Option(
            names = "--size",
            paramLabel = "WxH",
            converter = Converters.SizeText.class,
            description = "Pixels; only what the model can make.")
    private @Nullable ImageSize size;

    @Option(
            names = "--decoder",
            paramLabel = "D",
            converter = Converters.DecoderName.class,
            completionCandidates = Converters.DecoderNames.class,
            description = "How tokens are found: ${COMPLETION-CANDIDATES}. Default: what the model recommends.")
    private @Nullable Decoder decoder;

    @Option(names = "--verbose", description = "Print a stack trace on failure.")
    private boolean verbose;

    @Mixin
    private final ModelOptions modelOptions = new ModelOptions();

    @Mixin
    private final GenerationOptions generation = new GenerationOptions();

    /** How images are left. */
    enum OutFormat {
        /** In the rows of a table. */
        PARQUET,
        /** In files. */
        PNG
    }

    public GenerateJob(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (rowsPerTask < 1) {
            throw new UserException("--rows-per-task is " + rowsPerTask + ", expected 1 or more");
        }
        var description = modelOptions.description();
        requireSize(description);
        var plan = plan(description);
        return Cluster.run("sjd4j generate", spark -> run(spark, plan));
    }

    private int run(SparkSession spark, GenerationPlan plan) {
        var context = JavaSparkContext.fromSparkContext(spark.sparkContext());
        var rows = captions.read(spark);
        if (outFormat == OutFormat.PNG) {
            requireFileNames(rows);
        }
        ClusterCheck.require(context, plan.model());
        try (var directory = JobDirectory.open(spark, out, identity(plan), ImageTableRow.SCHEMA)) {
            ClusterCheck.require(context, directory.visibility());
            requireSameCaptions(rows, directory);
            generate(spark, plan, rows, directory);
            var all = directory
                    .rows()
                    .agg(count(lit(1)), count(col(ImageTableRow.ERROR)))
                    .first();
            directory
                    .rows()
                    .filter(col(ImageTableRow.ERROR).isNotNull())
                    .select(Captions.ID, ImageTableRow.ERROR)
                    .takeAsList(1)
                    .forEach(row -> console.warning("row '%s' failed: %s; the column 'error' of %s/rows has the reasons"
                            .formatted(row.getString(0), row.getString(1), out)));
            console.out().println("%s rows, %s of them failed: %s".formatted(all.getLong(0), all.getLong(1), out));
            console.out().flush();
        }
        return 0;
    }

    /** A row that is finished stays, so its caption must be what it was. */
    private static void requireSameCaptions(Dataset<Row> rows, JobDirectory directory) {
        var generated =
                directory.rows().select(col(Captions.ID), col(Captions.CAPTION).as("generated"));
        var changed = rows.join(generated, Captions.ID)
                .filter(col(Captions.CAPTION).eqNullSafe(col("generated")).unary_$bang())
                .select(Captions.ID, "generated", Captions.CAPTION)
                .takeAsList(1);
        if (!changed.isEmpty()) {
            var row = changed.getFirst();
            throw new UserException("row '" + row.getString(0) + "' was generated as '" + row.getString(1)
                    + "', but its caption is now '" + row.getString(2) + "'; choose another directory");
        }
    }

    private void generate(SparkSession spark, GenerationPlan plan, Dataset<Row> rows, JobDirectory directory) {
        var context = spark.sparkContext();
        var missing = rows.join(directory.rows().select(Captions.ID), new String[] {Captions.ID}, "left_anti");
        long count = missing.count();
        if (count == 0) {
            return;
        }
        var files = outFormat == OutFormat.PNG
                ? new ImageFolder(directory.location(), context.hadoopConfiguration())
                : null;
        var generator = new CaptionGenerator(
                plan, files, context.longAccumulator("images generated"), context.longAccumulator("captions failed"));
        var progress = new RowProgress(generator.generated(), generator.failed(), count);
        context.addSparkListener(progress);
        context.setJobDescription(
                "generating " + count + " captions by " + plan.recipe().get("decoder") + " with the model "
                        + plan.recipe().get("model"));
        try {
            int tasks = Math.toIntExact(Math.ceilDiv(count, rowsPerTask));
            directory.append(missing.select(Captions.ID, Captions.CAPTION)
                    .repartition(tasks)
                    .mapPartitions(generator, Encoders.row(ImageTableRow.SCHEMA)));
            progress.say();
        } finally {
            context.setJobDescription(null);
            context.removeSparkListener(progress);
        }
    }

    private GenerationPlan plan(ModelDescription description) {
        var defaults = modelOptions.defaults(description);
        var request = new Request(
                "",
                negativePrompt,
                seed,
                decoder == null ? defaults.decoder() : decoder,
                generation.settings(defaults),
                generation.sampling(defaults),
                size);
        var recipe = new Recipe(
                modelOptions.entry().name(), modelOptions.parts(), modelOptions.precision(description), request);
        return new GenerationPlan(ModelPlan.of(modelOptions, description), recipe, seed);
    }

    private Map<String, String> identity(GenerationPlan plan) {
        var identity = new LinkedHashMap<>(plan.identity());
        identity.putAll(captions.identity());
        identity.put("out_format", outFormat.toString());
        return identity;
    }

    private void requireSize(ModelDescription description) {
        if (size != null && !description.sizes().contains(size)) {
            throw new UserException("--size " + size + ": this model makes images of " + description.sizes() + " only");
        }
    }

    private static void requireFileNames(Dataset<Row> rows) {
        var bad = rows.filter(
                        col(Captions.ID).rlike("^" + ImageFolder.NAMES + "$").unary_$bang())
                .select(Captions.ID)
                .takeAsList(1);
        if (!bad.isEmpty()) {
            throw new UserException("row '" + bad.getFirst().getString(0)
                    + "' cannot name a file; images in files need rows named by letters, digits, . _ and -");
        }
    }
}
