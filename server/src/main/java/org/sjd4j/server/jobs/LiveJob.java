package org.sjd4j.server.jobs;

import java.awt.image.BufferedImage;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.Progress;
import org.sjd4j.server.generate.Previews;

/** How a job goes that has not ended. Written by a worker's thread, read by many. */
final class LiveJob {
    private static final long WATCHED_NANOS = 3_000_000_000L;
    private static final long PREVIEW_NANOS = 150_000_000L;

    private final Previews maker = new Previews();
    private volatile boolean running;
    private volatile long begin;
    private long lastPreview = System.nanoTime() - PREVIEW_NANOS; // of its worker's thread
    private volatile Snapshot latest = new Snapshot(0, 0, 0, 0);
    private volatile @Nullable Preview preview;
    private volatile long watched = System.nanoTime() - WATCHED_NANOS;

    /**
     * How far it is.
     *
     * @param all tokens of the image
     * @param seconds since it was begun
     */
    record Snapshot(int step, int accepted, int all, double seconds) {
        /** Steps that the image will take if it goes on like this. */
        @Nullable
        Integer stepsExpected() {
            return accepted == 0 ? null : Integer.valueOf((int) Math.ceil((double) step * all / accepted));
        }

        @Nullable
        Double secondsLeft() {
            return accepted == 0 ? null : Double.valueOf(seconds * (all - accepted) / accepted);
        }
    }

    /** A preview after a step. */
    record Preview(int step, BufferedImage image) {}

    void started() {
        begin = System.nanoTime();
        running = true;
    }

    /** Takes note of a step; makes a preview only if somebody looks, as it costs as much as a step. */
    void stepped(Progress progress) {
        long now = System.nanoTime();
        latest = new Snapshot(progress.steps(), progress.accepted(), progress.length(), (now - begin) / 1e9);
        if (now - watched < WATCHED_NANOS && now - lastPreview >= PREVIEW_NANOS && maker.due()) {
            lastPreview = now;
            int step = latest.step();
            maker.make(progress).ifPresent(image -> preview = new Preview(step, image));
        }
    }

    /** Somebody looks. */
    void watch() {
        watched = System.nanoTime();
    }

    boolean running() {
        return running;
    }

    Snapshot latest() {
        return latest;
    }

    @Nullable
    Preview preview() {
        return preview;
    }
}
