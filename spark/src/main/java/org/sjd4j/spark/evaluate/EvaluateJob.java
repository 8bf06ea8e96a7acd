package org.sjd4j.spark.evaluate;

import static org.apache.spark.sql.functions.col;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import org.jspecify.annotations.Nullable;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.checkpoint.HubCache;
import org.sjd4j.metrics.ClipScore;
import org.sjd4j.metrics.FeatureStatistics;
import org.sjd4j.metrics.FrechetDistance;
import org.sjd4j.options.Console;
import org.sjd4j.options.MetricOptions;
import org.sjd4j.options.UserException;
import org.sjd4j.spark.cluster.Cluster;
import org.sjd4j.spark.cluster.ClusterCheck;
import org.sjd4j.spark.cluster.JobDirectory;
import org.sjd4j.spark.table.Captions;
import org.sjd4j.spark.table.ImageTableRow;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/** Measures the images of a generate job: CLIP-Score, FID, and the same two of a scorer of our own. */
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        description = "Measures the images of a generate job, and prints one JSON object.")
public final class EvaluateJob implements Callable<Integer> {
    private static final int MERGED_AT_ONCE = 2;

    private final Console console;

    @Option(
            names = {"--images", "--pictures"},
            paramLabel = "DIR",
            required = true,
            description = "Directory of a generate job.")
    private String images = "";

    @Mixin
    private final MetricOptions metrics = new MetricOptions();

    @Option(names = "--verbose", description = "Print a stack trace on failure.")
    private boolean verbose;

    public EvaluateJob(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        metrics.check();
        if (metrics.reference() != null && Files.isDirectory(metrics.reference())) {
            throw new UserException("--reference " + metrics.reference()
                    + " is a folder; here FID compares with a file of statistics, as 'sjd evaluate' keeps them");
        }
        var plan = plan();
        if (plan.clip() == null && plan.inception() == null && plan.scorer() == null) {
            throw new UserException("there is no metric; name one by --clip, --inception or --scorer");
        }
        metrics.rehearse(console, BundledModel.NAME, Path.of("")); // nothing is kept there: the reference is no folder
        return Cluster.run("sjd4j evaluate", spark -> run(spark, plan));
    }

    private MetricPlan plan() {
        String scorer = scorer();
        return MetricPlan.of(
                absolute(metrics.clip()),
                metrics.variant(),
                absolute(metrics.inception()),
                scorer == null || scorer.equals(BundledModel.NAME) ? scorer : absolute(Path.of(scorer)));
    }

    /** The images do not say who generated them: without a choice it is the bundled scorer. */
    private @Nullable String scorer() {
        return metrics.scorer(BundledModel.NAME);
    }

    private static @Nullable String absolute(@Nullable Path path) {
        return path == null
                ? null
                : HubCache.resolve(path).toAbsolutePath().normalize().toString();
    }

    private int run(SparkSession session, MetricPlan plan) {
        var spark = JavaSparkContext.fromSparkContext(session.sparkContext());
        var directory = JobDirectory.existing(session, images, ImageTableRow.SCHEMA);
        var rows = directory
                .rows()
                .filter(col(ImageTableRow.ERROR).isNull())
                .select(Captions.ID, Captions.CAPTION, ImageTableRow.PNG, ImageTableRow.FILE);
        if (rows.isEmpty()) {
            throw new UserException(images + " has no images; every caption failed");
        }
        ClusterCheck.require(spark, plan);
        var measuring = new MetricRun(
                plan,
                directory.location(),
                new SerializableConfiguration(spark.hadoopConfiguration()),
                spark.sc().longAccumulator("images measured"));
        spark.setJobDescription("measuring the images of " + images);
        MetricSums result;
        try {
            result = rows.javaRDD().mapPartitions(measuring).treeReduce(MetricSums::merge, MERGED_AT_ONCE);
        } finally {
            spark.setJobDescription(null);
        }
        if (result.unreadableCount() > 0) {
            console.warning(result.unreadableCount() + " images could not be read; " + result.problem());
        }
        console.out().println(JsonMapper.shared().writeValueAsString(figures(plan, result)));
        console.out().flush();
        return 0;
    }

    private Map<String, Object> figures(MetricPlan plan, MetricSums result) {
        var figures = new LinkedHashMap<String, Object>();
        figures.put("images", result.images());
        figures.put("unreadable", result.unreadableCount());
        try (var panel = plan.open()) {
            align(panel, result, figures);
            compare(panel, result, figures);
        }
        return figures;
    }

    private void align(MetricPlan.Panel panel, MetricSums result, Map<String, Object> figures) {
        for (int i = 0; i < panel.alignment().size(); i++) {
            var metric = panel.alignment().get(i);
            boolean ofClip = metric == panel.clip();
            var definition = ofClip ? metrics.definition() : ClipScore.CLAMPED_PAIRS;
            figures.put(ofClip ? "clip_score" : "scorer_score", definition.of(result.cosines(i), metric.scale()));
        }
    }

    private void compare(MetricPlan.Panel panel, MetricSums result, Map<String, Object> figures) {
        for (int i = 0; i < panel.distribution().size(); i++) {
            var extractor = panel.distribution().get(i);
            var compared = extractor == panel.inception()
                    ? FeatureStatistics.read(
                            Objects.requireNonNull(metrics.reference()), extractor.name(), extractor.dimensions())
                    : Objects.requireNonNull(panel.scorer())
                            .reference(MetricPlan.scorerDirectory(Objects.requireNonNull(scorer())));
            String name = extractor == panel.inception() ? "fid" : "scorer_distance";
            String heading = extractor == panel.inception() ? "FID" : "scorer distance";
            if (result.images() < 2) {
                console.warning(heading + " needs two images or more");
                continue;
            }
            var distance = FrechetDistance.between(result.statistics(i).statistics(), compared);
            figures.put(name, distance.distance());
            distance.warning().ifPresent(warning -> console.warning(heading + ": " + warning));
        }
    }
}
