package org.sjd4j.spark.cluster;

import java.util.function.Function;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkException;
import org.apache.spark.SparkThrowable;
import org.apache.spark.sql.SparkSession;
import org.sjd4j.image.ImageFileException;
import org.sjd4j.options.UserException;
import org.sjd4j.tensor.CheckpointException;

/** The application's place on the cluster. */
public final class Cluster {
    private static final String CORES = "spark.executor.cores";
    private static final String FAILED_READ = "FAILED_READ_FILE";
    private static final String TASK_CORES = "spark.task.cpus";

    private Cluster() {}

    /**
     * Runs an application, in the process's session if there is one, which is left open; otherwise in one of its own. When it
     * fails because of a task, it fails with what the task failed with.
     *
     * @throws UserException if a task failed
     */
    public static <T> T run(String name, Function<SparkSession, T> work) {
        var running = SparkSession.getDefaultSession();
        var spark = running.isDefined() ? running.get() : session(name);
        try {
            return work.apply(spark);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) { // Spark's Scala throws checked ones that it does not declare
            if (e instanceof SparkException) {
                throw new UserException(reason(e), e);
            }
            throw new IllegalStateException(e);
        } finally {
            if (running.isEmpty()) {
                spark.stop();
            }
        }
    }

    /** One task takes a whole executor, because an executor has one model. */
    private static SparkSession session(String name) {
        var configuration = new SparkConf();
        if (configuration.contains(CORES)) {
            configuration.setIfMissing(TASK_CORES, configuration.get(CORES));
        }
        return SparkSession.builder().config(configuration).appName(name).getOrCreate();
    }

    /**
     * What the innermost failure says, after what Spark says of the place if it has to say something. A failure that names its
     * file counts as innermost: those beneath do not.
     */
    public static String reason(Throwable failure) {
        String place = "";
        Throwable root = failure;
        while (root.getCause() != null && !namesItsFile(root)) {
            root = root.getCause();
            if (place.isEmpty() && root instanceof SparkThrowable spark && FAILED_READ.equals(base(spark))) {
                place = firstLine(root) + " ";
            }
        }
        return place + firstLine(root);
    }

    private static boolean namesItsFile(Throwable failure) {
        return failure instanceof ImageFileException || failure instanceof CheckpointException;
    }

    private static String base(SparkThrowable failure) {
        String condition = failure.getCondition();
        return condition == null ? "" : condition.split("\\.", 2)[0];
    }

    private static String firstLine(Throwable failure) {
        String message = failure.getMessage();
        return message == null
                ? failure.toString()
                : message.lines().findFirst().orElse(failure.toString());
    }
}
