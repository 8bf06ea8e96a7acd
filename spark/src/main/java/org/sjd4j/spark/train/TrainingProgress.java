package org.sjd4j.spark.train;

import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.jdk.javaapi.CollectionConverters;

/** Says in the driver's log what the worker says that leads, with every heartbeat of its executor (each ten seconds). */
final class TrainingProgress extends SparkListener {
    private static final Logger LOG = LoggerFactory.getLogger(TrainingProgress.class);

    private final long accumulator;
    private String said = "";

    /** Follows a registered {@link LastLine}. */
    TrainingProgress(LastLine line) {
        this.accumulator = line.id();
    }

    @Override
    public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate update) {
        for (var task : CollectionConverters.asJava(update.accumUpdates())) {
            CollectionConverters.asJava(task._4()).forEach(this::hear);
        }
    }

    private void hear(AccumulableInfo info) {
        if (info.id() == accumulator && info.update().isDefined()) {
            String line = info.update().get().toString();
            if (!line.isEmpty() && !line.equals(said)) {
                said = line;
                LOG.info("{}", line);
            }
        }
    }
}
