package org.sjd4j.spark.train;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.sjd4j.options.Console;
import org.sjd4j.options.UserException;
import org.sjd4j.options.train.SharedTraining;
import org.sjd4j.spark.cluster.Cluster;
import org.sjd4j.spark.cluster.ClusterCheck;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import scala.reflect.ClassTag$;

/**
 * Trains one model by several executors, which average their gradients in every step.
 *
 * <p>All executors work in one barrier stage. When one is lost the stage ends, and another one goes on from the last
 * checkpoint.
 */
@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        description =
                "Trains a model by several executors: 'sjd train model' or 'sjd train denoising' with the images of"
                        + " every step shared. A stopped run goes on from its last checkpoint: run it again.")
public final class TrainJob implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(TrainJob.class);

    private final Console console;

    @Option(
            names = "--workers",
            paramLabel = "N",
            required = true,
            description = "Executors that train; all must be free at once.")
    private int workers;

    @Option(
            names = "--micro-batches",
            paramLabel = "M",
            description = "Pieces of a step's images, which the workers share; a run keeps its number whatever that of"
                    + " workers. Default: one for each worker.")
    private int microBatches;

    @Option(
            names = "--attempts",
            paramLabel = "N",
            description = "How often to begin, or to go on from the last checkpoint after an executor was lost."
                    + " Default: ${DEFAULT-VALUE}")
    private int attempts = 4;

    @Option(names = "--verbose", description = "Print a stack trace on failure.")
    private boolean verbose;

    @Parameters(
            paramLabel = "model|denoising OPTION...",
            arity = "1..*",
            description = "As for 'sjd train'. Files and --run must have the same absolute paths on all machines.")
    private List<String> training = List.of();

    public TrainJob(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (workers < 1 || microBatches < 0 || attempts < 1) {
            throw new UserException("--workers, --micro-batches and --attempts should be 1 or more");
        }
        int pieces = microBatches == 0 ? workers : microBatches;
        if (pieces < workers) {
            throw new UserException(
                    "--micro-batches is " + pieces + ", expected at least one for each of the " + workers + " workers");
        }
        SharedTraining.check(training, console);
        return Cluster.run("sjd4j train", spark -> run(spark, pieces));
    }

    private int run(SparkSession session, int pieces) {
        var spark = JavaSparkContext.fromSparkContext(session.sparkContext());
        ClusterCheck.requireSameCode(spark);
        if (spark.getConf().getBoolean("spark.dynamicAllocation.enabled", false)) {
            throw new UserException("workers must all be there at once, which dynamic allocation does not promise: set"
                    + " spark.dynamicAllocation.enabled to false");
        }
        int slots = ClusterCheck.slots(spark, workers);
        if (workers > slots) {
            throw new UserException(
                    "--workers is " + workers + ", but the cluster has room for " + slots + "; ask for more executors");
        }
        var said = new LastLine();
        spark.sc().register(said, "training");
        var progress = new TrainingProgress(said);
        spark.sc().addSparkListener(progress);
        // the others of a lost worker wait for it: they hear that their stage has ended by an interrupt
        spark.setJobGroup("training", "training by " + workers + " workers: " + String.join(" ", training), true);
        try {
            String problem = train(spark, pieces, said);
            for (int attempt = 1; !problem.isEmpty(); attempt++) {
                if (attempt == attempts) {
                    throw new UserException("gave up after " + attempts + " attempts (" + problem
                            + "); the same command goes on from the last checkpoint");
                }
                LOG.warn("the run goes on from its last checkpoint: {}", problem);
                problem = train(spark, pieces, said);
            }
        } finally {
            spark.clearJobGroup();
            spark.sc().removeSparkListener(progress);
        }
        return 0;
    }

    /**
     * Trains until the end or until an executor is lost.
     *
     * @return why another attempt is needed, or nothing
     * @throws UserException if a worker failed otherwise
     */
    private String train(JavaSparkContext spark, int pieces, LastLine said) {
        try {
            var outcomes = spark.parallelize(IntStream.range(0, workers).boxed().toList(), workers)
                    .rdd()
                    .barrier()
                    .mapPartitions(
                            new TrainingWorker(training, pieces, said),
                            false,
                            ClassTag$.MODULE$.<TrainingWorker.Outcome>apply(TrainingWorker.Outcome.class))
                    .toJavaRDD()
                    .collect();
            for (var outcome : outcomes) {
                if (!outcome.again() && !outcome.problem().isEmpty()) {
                    throw new UserException(outcome.problem());
                }
            }
            return outcomes.stream()
                    .map(TrainingWorker.Outcome::problem)
                    .filter(problem -> !problem.isEmpty())
                    .findFirst()
                    .orElse("");
        } catch (Exception e) { // Spark's Scala throws checked ones that it does not declare
            if (e instanceof SparkException) {
                return Cluster.reason(e);
            }
            throw e;
        }
    }
}
