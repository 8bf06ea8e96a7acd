package org.sjd4j.spark.cluster;

import java.time.Duration;
import java.util.Locale;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.util.LongAccumulator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says in the driver's log how far a job is, whenever a task has ended and some seconds have passed. */
public final class RowProgress extends SparkListener {
    private static final Logger LOG = LoggerFactory.getLogger(RowProgress.class);
    private static final long PAUSE_NANOS = Duration.ofSeconds(10).toNanos();

    private final LongAccumulator done;
    private final LongAccumulator failed;
    private final long rows;
    private final long begin = System.nanoTime();
    private long said = begin - PAUSE_NANOS;

    /**
     * Progress of some rows.
     *
     * @param done counts rows that succeeded
     * @param failed counts the others
     */
    public RowProgress(LongAccumulator done, LongAccumulator failed, long rows) {
        this.done = done;
        this.failed = failed;
        this.rows = rows;
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
        long now = System.nanoTime();
        if (now - said >= PAUSE_NANOS) {
            said = now;
            say();
        }
    }

    /** Says how far it is now. */
    public void say() {
        LOG.info("{}", line(done.value(), failed.value(), rows, (System.nanoTime() - begin) / 1e9));
    }

    /** One line about rows after some seconds. */
    static String line(long done, long failed, long rows, double seconds) {
        long ended = done + failed;
        String left = ended == 0 || ended >= rows
                ? ""
                : ", about %s s left".formatted(Math.round(seconds / ended * (rows - ended)));
        return String.format(
                Locale.ROOT,
                "%d of %d rows, %d of them failed, %.2f a second%s",
                ended,
                rows,
                failed,
                ended / Math.max(seconds, 1e-9),
                left);
    }
}
