package org.sjd4j.spark.train;

import java.io.PrintWriter;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.BarrierTaskInfo;
import org.apache.spark.SparkEnv;
import org.sjd4j.options.Console;
import org.sjd4j.options.train.SharedTraining;
import org.sjd4j.spark.cluster.ExecutorProcess;
import org.sjd4j.training.loop.DataParallel;
import org.sjd4j.training.loop.InterruptedTrainingException;
import scala.collection.Iterator;
import scala.collection.Iterator$;
import scala.runtime.AbstractFunction1;

/**
 * A worker of a training: a task of a barrier stage, all of which run at once.
 *
 * <p>What goes wrong is its result: of a barrier stage that failed, Spark does not say what was wrong with its tasks.
 */
final class TrainingWorker extends AbstractFunction1<Iterator<Integer>, Iterator<TrainingWorker.Outcome>>
        implements Serializable {
    private static final long serialVersionUID = 1L;

    /** A worker that lost another one may still be ending when the next attempt begins. */
    private static final Object ONE_AT_A_TIME = new Object();

    private static final String SHARED =
            "two workers have one executor; let each have its own: --executor-cores (and no"
                    + " smaller spark.task.cpus), and --workers 1 where the driver is the executor";

    private final ArrayList<String> arguments;
    private final int microBatches;
    private final LastLine said;

    /**
     * How a worker ended.
     *
     * @param again whether another attempt is worth it: another worker was lost, or this one was told to stop
     * @param problem what went wrong; empty if nothing did
     */
    record Outcome(boolean again, String problem) implements Serializable {}

    /**
     * A worker, whose number is that of its task.
     *
     * @param arguments of the command that trains
     * @param microBatches pieces of a step's images
     * @param said what the leader says
     */
    TrainingWorker(List<String> arguments, int microBatches, LastLine said) {
        this.arguments = new ArrayList<>(arguments);
        this.microBatches = microBatches;
        this.said = said;
    }

    @Override
    public Iterator<Outcome> apply(Iterator<Integer> nothing) {
        return Iterator$.MODULE$.single(hasAnExecutorOfItsOwn() ? alone() : new Outcome(false, SHARED));
    }

    /** Two workers of one process would wait for each other. */
    private static boolean hasAnExecutorOfItsOwn() {
        var addresses = Arrays.stream(BarrierTaskContext.get().getTaskInfos()).map(BarrierTaskInfo::address);
        return addresses.distinct().count() == BarrierTaskContext.get().getTaskInfos().length;
    }

    private Outcome alone() {
        synchronized (ONE_AT_A_TIME) {
            return train();
        }
    }

    private Outcome train() {
        ExecutorProcess.prepare();
        var context = BarrierTaskContext.get();
        var tasks = context.getTaskInfos();
        int rank = context.partitionId();
        var spark = SparkEnv.get();
        var secrets = spark.securityManager().isAuthenticationEnabled() ? spark.securityManager() : null;
        String host = tasks[rank].address().split(":", 2)[0];
        var tls = spark.securityManager().getRpcSSLOptions();
        try (var workers = AllReduce.connect(
                rank, tasks.length, host, spark.conf(), secrets, tls, own -> List.of(context.allGather(own)))) {
            SharedTraining.train(arguments, log(rank == 0), new DataParallel(workers, microBatches));
            workers.leave();
            return new Outcome(false, "");
        } catch (AllReduce.LostWorkerException | InterruptedTrainingException e) {
            return new Outcome(true, String.valueOf(e.getMessage()));
        } catch (Exception | LinkageError e) {
            String problem = e.getMessage();
            if (e instanceof UncheckedIOException failure) {
                problem += ": " + failure.getCause();
            }
            return new Outcome(false, Objects.requireNonNullElse(problem, e.toString()));
        }
    }

    /** The executor's log, which the driver hears of if this worker leads. */
    private Console log(boolean leads) {
        var err = new PrintWriter(System.err, true, StandardCharsets.UTF_8) {
            @Override
            public void println(String line) {
                super.println(line);
                if (leads) {
                    said.add(line);
                }
            }
        };
        return new Console(err, err, false);
    }
}
