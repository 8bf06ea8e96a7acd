package org.sjd4j.options.train;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import org.sjd4j.options.Console;
import org.sjd4j.training.loop.TrainingListener;

/** Shows a training run as a bar with loss, rate and time left, or as plain lines where nobody watches a terminal. */
final class TrainingProgress implements TrainingListener, AutoCloseable {
    private static final int WIDTH = 110;
    private static final int LINE_EVERY = 20;
    private static final int STOP_SECONDS = 120;
    private static final Duration SAY_EVERY = Duration.ofSeconds(10);

    private final Console console;
    private final String task;
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread atExit = new Thread(this::stop, "sjd4j-stop");
    private volatile boolean stopping;
    private long said = System.nanoTime();
    private @Nullable ProgressBar bar;

    /** Progress of a task that makes steps; until it is closed, an interrupt saves a checkpoint before the program ends. */
    TrainingProgress(Console console, String task) {
        this.console = console;
        this.task = task;
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    private void stop() {
        stopping = true;
        try {
            if (!finished.await(STOP_SECONDS, TimeUnit.SECONDS)) {
                line("did not end in time; the last checkpoint is whole");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean stopRequested() {
        return stopping;
    }

    @Override
    public void encoded(int done, int examples) {
        if (console.terminal()) {
            console.err().print("\r" + task + ": " + done + " of " + examples + " images encoded");
            console.err().print(done == examples ? System.lineSeparator() : "");
            console.err().flush();
        } else if (done == examples || System.nanoTime() - said > SAY_EVERY.toNanos()) {
            line(done + " of " + examples + " images encoded");
            said = System.nanoTime();
        }
    }

    @Override
    public void updated(long step, long steps, double loss, double secondsPerStep) {
        String message = String.format(Locale.ROOT, "loss %.4f, %.2f s/step", loss, secondsPerStep);
        if (console.terminal()) {
            bar(step, steps).setExtraMessage(message).stepTo(step);
        } else if (step % LINE_EVERY == 0 || step == steps) {
            long left = Math.round((steps - step) * secondsPerStep);
            line(String.format(
                    Locale.ROOT,
                    "step %d of %d, %s, %d:%02d:%02d left",
                    step,
                    steps,
                    message,
                    left / 3600,
                    left / 60 % 60,
                    left % 60));
        }
    }

    private ProgressBar bar(long step, long steps) {
        if (bar == null) {
            bar = new ProgressBarBuilder()
                    .setTaskName(task)
                    .setInitialMax(steps)
                    .setUnit(" steps", 1)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(500)
                    .startsFrom(step, Duration.ZERO)
                    .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
                    .build();
        }
        return bar;
    }

    @Override
    public void validated(long step, Map<String, Double> figures) {
        var text = new StringBuilder("step " + step + ":");
        new TreeMap<>(figures)
                .forEach((name, value) ->
                        text.append(String.format(Locale.ROOT, " %s %.4f", name.replace('_', ' '), value)));
        line(text.toString());
    }

    @Override
    public void saved(long step, Path checkpoint) {
        if (!console.terminal()) {
            line("saved " + checkpoint);
        }
    }

    @Override
    public void warned(String message) {
        line(message);
    }

    private void line(String text) {
        console.err().println(task + ": " + Console.oneLine(text));
        console.err().flush();
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
        finished.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            stopping = true; // the program is ending: the hook has done its work
        }
    }
}
