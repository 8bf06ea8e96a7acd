package org.sjd4j.spark.cluster;

import java.io.Serializable;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.sjd4j.options.UserException;

/** Looks at every executor before one of them loads a model: all must have the same program and see the same model. */
public final class ClusterCheck {
    private static final long POLL_MILLIS = 200;

    /** Where some executors have not come yet. */
    private static final int FEWEST_TASKS = 2;

    private ClusterCheck() {}

    /** What every executor must find before a job begins. */
    public interface Need extends Serializable {
        /** Why this process cannot do its part of the job; empty if it can. */
        String problem();
    }

    /** What an executor said. */
    record Finding(String host, String codeVersion, String problem) implements Serializable {}

    /** The question about the program, in a form that any build understands. */
    private record CodeQuestion() implements Function<Integer, Finding> {
        @Override
        public Finding call(Integer slot) {
            return new Finding(host(), CodeVersion.own(), "");
        }
    }

    /** The question about what a job needs. */
    private record NeedQuestion(Need need) implements Function<Integer, Finding> {
        @Override
        public Finding call(Integer slot) {
            return new Finding(host(), CodeVersion.own(), need.problem());
        }
    }

    /**
     * Asks one task for each slot of the cluster. An executor that joins later is asked when it loads the model.
     *
     * @throws UserException if an executor has another build of this program, or does not see what it is to load
     */
    public static void require(JavaSparkContext spark, Need need) {
        requireSameCode(spark);
        requireSame(ask(spark, new NeedQuestion(need)), CodeVersion.own());
    }

    /**
     * As {@link #require}, for jobs whose models are not known to the driver.
     *
     * @throws UserException if an executor has another build of this program
     */
    public static void requireSameCode(JavaSparkContext spark) {
        requireSame(ask(spark, new CodeQuestion()), CodeVersion.own());
    }

    /** How many tasks run at once, as Spark counts them for barrier stages. */
    public static int slots(JavaSparkContext spark) {
        var context = spark.sc();
        return context.maxNumConcurrentTasks(context.resourceProfileManager().defaultResourceProfile());
    }

    /**
     * Waits for executors that have not come yet, as long as Spark waits for them before its first job.
     *
     * @param wanted slots
     * @return slots in the end
     */
    public static int slots(JavaSparkContext spark, int wanted) {
        var conf = spark.getConf();
        long end = System.nanoTime()
                + TimeUnit.SECONDS.toNanos(
                        conf.getTimeAsSeconds("spark.scheduler.maxRegisteredResourcesWaitingTime", "30s"));
        while (slots(spark) < wanted && System.nanoTime() < end) {
            try {
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        return slots(spark);
    }

    private static List<Finding> ask(JavaSparkContext spark, Function<Integer, Finding> question) {
        int tasks = Math.max(FEWEST_TASKS, slots(spark, 1));
        spark.setJobDescription("looking at the executors");
        try {
            return spark.parallelize(IntStream.range(0, tasks).boxed().toList(), tasks)
                    .map(question)
                    .collect();
        } finally {
            spark.setJobDescription(null);
        }
    }

    /** Throws what is wrong with the first finding with which something is wrong. */
    static void requireSame(List<Finding> findings, String own) {
        for (var finding : findings) {
            if (!finding.codeVersion().equals(own)) {
                throw new UserException("executor on " + finding.host() + ": build " + finding.codeVersion()
                        + " of sjd4j is on its class path, but the driver has build " + own
                        + "; give all machines the same jars");
            }
            if (!finding.problem().isEmpty()) {
                throw new UserException("executor on " + finding.host() + ": " + finding.problem());
            }
        }
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "an unknown host";
        }
    }
}
