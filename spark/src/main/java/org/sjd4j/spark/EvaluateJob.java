package org.sjd4j.spark;

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
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/** Judges the images that {@link GenerateJob} drew: CLIP-Score, FID, and the same two of a scorer of our own. */
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        description = "Judges the pictures of a generate job, and prints one JSON object.")
final class EvaluateJob implements Callable<Integer> {
    private static final int MERGED_AT_ONCE = 2;

    private final Console console;

    @Option(names = "--pictures", paramLabel = "DIR", required = true, description = "Directory of a generate job.")
    private String pictures = "";

    @Mixin
    private final MetricOptions judges = new MetricOptions();

    @Option(names = "--verbose", description = "Print a stack trace on failure.")
    private boolean verbose;

    EvaluateJob(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        judges.check();
        if (judges.reference() != null && Files.isDirectory(judges.reference())) {
            throw new UserException("--reference " + judges.reference()
                    + " is a folder; here FID compares with a file of statistics, as 'sjd evaluate' keeps them");
        }
        var plan = plan();
        if (plan.clip() == null && plan.inception() == null && plan.scorer() == null) {
            throw new UserException("there is no judge; name one by --clip, --inception or --scorer");
        }
        judges.rehearse(console, BundledModel.NAME, Path.of("")); // nothing is kept there: the reference is no folder
        return Cluster.run("sjd4j evaluate", spark -> run(spark, plan));
    }

    private MetricPlan plan() {
        String scorer = scorer();
        return MetricPlan.of(
                absolute(judges.clip()),
                judges.variant(),
                absolute(judges.inception()),
                scorer == null || scorer.equals(BundledModel.NAME) ? scorer : absolute(Path.of(scorer)));
    }

    /** The images do not say who drew them: without a choice it is the bundled scorer. */
    private @Nullable String scorer() {
        return judges.scorer(BundledModel.NAME);
    }

    private static @Nullable String absolute(@Nullable Path path) {
        return path == null
                ? null
                : HubCache.resolve(path).toAbsolutePath().normalize().toString();
    }

    private int run(SparkSession session, MetricPlan plan) {
        var spark = JavaSparkContext.fromSparkContext(session.sparkContext());
        var directory = JobDirectory.existing(session, pictures, ImageTableRow.SCHEMA);
        var rows = directory
                .rows()
                .filter(col(ImageTableRow.ERROR).isNull())
                .select(Captions.ID, Captions.CAPTION, ImageTableRow.PNG, ImageTableRow.FILE);
        if (rows.isEmpty()) {
            throw new UserException(pictures + " has no pictures; every caption failed");
        }
        ClusterCheck.require(spark, new ClusterCheck.JudgeQuestion(plan));
        var judging = new MetricRun(
                plan,
                directory.location(),
                new SerializableConfiguration(spark.hadoopConfiguration()),
                spark.sc().longAccumulator("pictures judged"));
        spark.setJobDescription("judging the pictures of " + pictures);
        MetricSums judgement;
        try {
            judgement = rows.javaRDD().mapPartitions(judging).treeReduce(MetricSums::merge, MERGED_AT_ONCE);
        } finally {
            spark.setJobDescription(null);
        }
        if (judgement.unreadableCount() > 0) {
            console.warning(judgement.unreadableCount() + " pictures could not be read; " + judgement.problem());
        }
        console.out().println(JsonMapper.shared().writeValueAsString(figures(plan, judgement)));
        console.out().flush();
        return 0;
    }

    private Map<String, Object> figures(MetricPlan plan, MetricSums judgement) {
        var figures = new LinkedHashMap<String, Object>();
        figures.put("pictures", judgement.pictures());
        figures.put("unreadable", judgement.unreadableCount());
        try (var panel = plan.open()) {
            align(panel, judgement, figures);
            compare(panel, judgement, figures);
        }
        return figures;
    }

    private void align(MetricPlan.Panel panel, MetricSums judgement, Map<String, Object> figures) {
        for (int i = 0; i < panel.alignment().size(); i++) {
            var judge = panel.alignment().get(i);
            boolean ofClip = judge == panel.clip();
            var definition = ofClip ? judges.definition() : ClipScore.CLAMPED_PAIRS;
            figures.put(ofClip ? "clip_score" : "scorer_score", definition.of(judgement.cosines(i), judge.scale()));
        }
    }

    private void compare(MetricPlan.Panel panel, MetricSums judgement, Map<String, Object> figures) {
        for (int i = 0; i < panel.distribution().size(); i++) {
            var extractor = panel.distribution().get(i);
            var compared = extractor == panel.inception()
                    ? FeatureStatistics.read(
                            Objects.requireNonNull(judges.reference()), extractor.name(), extractor.dimensions())
                    : Objects.requireNonNull(panel.scorer())
                            .reference(MetricPlan.scorerDirectory(Objects.requireNonNull(scorer())));
            String name = extractor == panel.inception() ? "fid" : "scorer_distance";
            String heading = extractor == panel.inception() ? "FID" : "scorer distance";
            if (judgement.pictures() < 2) {
                console.warning(heading + " needs two pictures or more");
                continue;
            }
            var distance = FrechetDistance.between(judgement.statistics(i).statistics(), compared);
            figures.put(name, distance.distance());
            distance.warning().ifPresent(warning -> console.warning(heading + ": " + warning));
        }
    }
}
