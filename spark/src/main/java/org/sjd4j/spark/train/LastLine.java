package org.sjd4j.spark.train;

import org.apache.spark.util.AccumulatorV2;

/** The last line that a task said: it shows on Spark's page, and comes to the driver while the task runs. */
final class LastLine extends AccumulatorV2<String, String> {
    private static final long serialVersionUID = 1L;

    private volatile String line = "";

    @Override
    public boolean isZero() {
        return line.isEmpty();
    }

    @Override
    public LastLine copy() {
        var copy = new LastLine();
        copy.line = line;
        return copy;
    }

    @Override
    public void reset() {
        line = "";
    }

    @Override
    public void add(String said) {
        line = said;
    }

    @Override
    public void merge(AccumulatorV2<String, String> other) {
        if (!other.isZero()) {
            line = other.value();
        }
    }

    @Override
    public String value() {
        return line;
    }
}
