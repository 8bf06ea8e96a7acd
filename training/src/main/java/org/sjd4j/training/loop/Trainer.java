package org.sjd4j.training.loop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.training.report.LossLog;

/**
 * The training loop: batches, updates, checkpoints, validation, curves and sample sheets.
 *
 * <p>A run lives in one directory and goes on where its last checkpoint was, bit for bit on a CPU with the same number of
 * threads.
 */
public final class Trainer {
    private static final double RECENT = 0.95;

    private final TrainingTask task;
    private final TrainingSettings settings;
    private final RunDirectory run;
    private final TrainingListener listener;
    private final AdamW optimizer;
    private long step;

    private Trainer(TrainingTask task, TrainingSettings settings, RunDirectory run, TrainingListener listener) {
        this.task = task;
        this.settings = settings;
        this.run = run;
        this.listener = listener;
        this.optimizer = new AdamW(
                task.parameters(), new AdamW.Settings(0.9, settings.beta2(), settings.weightDecay(), settings.clip()));
    }

    /**
     * Trains until {@code settings.steps()} updates were made, counting those of earlier sessions of the same run.
     *
     * @return the last validation's figures
     * @throws TrainingException if the run directory belongs to another configuration, or the loss is not finite
     */
    public static Map<String, Double> train(
            TrainingTask task, TrainingSettings settings, RunDirectory run, TrainingListener listener) {
        return train(task, settings, run, listener, DataParallel.NONE);
    }

    /**
     * As {@link #train(TrainingTask, TrainingSettings, RunDirectory, TrainingListener)}, together with other workers. The
     * leader alone validates, writes and draws.
     *
     * @return the last validation's figures at the leader, nothing elsewhere
     * @throws java.io.UncheckedIOException if a worker is lost; the run goes on from its last checkpoint when it is called again
     */
    public static Map<String, Double> train(
            TrainingTask task,
            TrainingSettings settings,
            RunDirectory run,
            TrainingListener listener,
            DataParallel parallel) {
        var trainer = new Trainer(MicroBatches.share(task, parallel), settings, run, listener);
        run.latest().ifPresent(checkpoint -> trainer.step = checkpoint.restore(trainer.tensors()));
        parallel.requireSame(trainer.step);
        trainer.requireStepsLeft();
        return parallel.leads() ? trainer.lead() : trainer.follow();
    }

    private void requireStepsLeft() {
        if (step > settings.steps()) {
            throw new TrainingException("the run is at step " + step + " already, beyond the " + settings.steps()
                    + " that were asked for: ask for more, or choose another directory");
        }
    }

    private Map<String, Double> follow() {
        while (step < settings.steps()) {
            update(new TreeMap<>());
        }
        return Map.of();
    }

    private Map<String, Double> lead() {
        var log = new LossLog(run.path("loss.csv"), step);
        var sums = new TreeMap<String, Double>();
        long since = step;
        double pace = 0;
        long first = step;
        Map<String, Double> figures = step == settings.steps() ? Tensors.inference(task::validate) : Map.of();
        while (step < settings.steps()) {
            long begin = System.nanoTime();
            double loss = update(sums);
            double seconds = (System.nanoTime() - begin) / 1e9;
            pace = step == first + 1 ? seconds : RECENT * pace + (1 - RECENT) * seconds;
            listener.updated(step, settings.steps(), loss, pace);
            boolean end = step == settings.steps();
            if (end || step % settings.validateEvery() == 0) {
                figures = Tensors.inference(task::validate);
                listener.validated(step, figures);
                log.append(step, settings.rate(step), average(sums, step - since), figures, pace);
                sums.clear();
                since = step;
            }
            boolean stop = !end && listener.stopRequested();
            if (end || stop || step % settings.checkpointEvery() == 0) {
                listener.saved(step, run.save(step, tensors()));
            }
            if (end || step % settings.sampleEvery() == 0) {
                plot(log);
            }
            if (stop) {
                throw new InterruptedTrainingException("stopped at step " + step + " of " + settings.steps()
                        + ": the same command goes on from there");
            }
        }
        return figures;
    }

    /** Images are there to look at; that they cannot be drawn, without fonts say, is no reason to stop. */
    private void plot(LossLog log) {
        try {
            Path sheets = run.path("samples");
            createDirectory(sheets);
            Path sheet = sheets.resolve(String.format(Locale.ROOT, "step-%07d.png", step));
            Tensors.inference(() -> task.sample(sheet));
            log.plot(run.path("loss.png"));
        } catch (RuntimeException | LinkageError | InternalError e) {
            listener.warned("no sheet and no curve at step " + step + ": " + e.getMessage());
        }
    }

    private double update(Map<String, Double> sums) {
        step++;
        double value;
        try (var scope = new PointerScope()) {
            var loss = task.descend(step);
            value = loss.value();
            if (!Double.isFinite(value)) {
                throw new TrainingException("the loss is not finite at step " + step
                        + ": lower the learning rate, or resume from an earlier checkpoint");
            }
            sums.merge("loss", value, Double::sum);
            loss.parts().forEach((name, part) -> sums.merge(name, part, Double::sum));
        }
        double norm = optimizer.update(step, settings.rate(step));
        sums.merge("gradient_norm", norm, Double::sum);
        Tensors.inference(() -> task.afterUpdate(step));
        return value;
    }

    private static Map<String, Double> average(Map<String, Double> sums, long count) {
        var means = new TreeMap<String, Double>();
        sums.forEach((name, sum) -> means.put(name, sum / Math.max(1, count)));
        return means;
    }

    private CheckpointTensors tensors() {
        return new CheckpointTensors(task.parameters(), optimizer, task.state());
    }

    private static void createDirectory(Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create " + directory, e);
        }
    }
}
