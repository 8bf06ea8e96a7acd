package org.sjd4j.spark;

import java.io.PrintWriter;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import org.sjd4j.cli.Console;
import org.sjd4j.cli.SharedTraining;
import org.sjd4j.training.DataParallel;
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

    private final ArrayList<String> arguments;
    private final int microBatches;

    /**
     * How a worker ended.
     *
     * @param lostAnother whether another worker was lost
     * @param problem what went wrong otherwise; empty if nothing did
     */
    record Outcome(boolean lostAnother, String problem) implements Serializable {}

    /**
     * A worker, whose number is that of its task.
     *
     * @param arguments of the command that trains
     * @param microBatches pieces of a step's pictures
     */
    TrainingWorker(List<String> arguments, int microBatches) {
        this.arguments = new ArrayList<>(arguments);
        this.microBatches = microBatches;
    }

    @Override
    public Iterator<Outcome> apply(Iterator<Integer> nothing) {
        synchronized (ONE_AT_A_TIME) {
            return Iterator$.MODULE$.single(train());
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
        try (var workers = AllReduce.connect(
                rank, tasks.length, host, spark.conf(), secrets, own -> List.of(context.allGather(own)))) {
            SharedTraining.train(arguments, log(), new DataParallel(workers, microBatches));
            workers.leave();
            return new Outcome(false, "");
        } catch (AllReduce.LostWorkerException e) {
            return new Outcome(true, "");
        } catch (Exception | LinkageError e) {
            String problem = e.getMessage();
            if (e instanceof UncheckedIOException failure) {
                problem += ": " + failure.getCause();
            }
            return new Outcome(false, Objects.requireNonNullElse(problem, e.toString()));
        }
    }

    /** The executor's log. */
    private static Console log() {
        var err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        return new Console(err, err, false);
    }
}
