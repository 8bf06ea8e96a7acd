package org.sjd4j.training.loop;

/**
 * Processes that train one model together. Each has the whole model and computes the gradients of a share of every step's
 * images; the sums of the gradients are the same for all, and so are the updates.
 */
public interface Workers {
    /** A process that trains by itself. */
    Workers ALONE = new Workers() {
        @Override
        public int rank() {
            return 0;
        }

        @Override
        public int count() {
            return 1;
        }

        @Override
        public void sum(float[] values) {
            // they are the sum
        }
    };

    /** The number of this worker, from 0; worker 0 leads: it alone writes to the run's directory. */
    int rank();

    /** How many workers there are. */
    int count();

    /**
     * Replaces values by their sums over all workers, which must call this equally often with as many values. The sums are the
     * same for all, to the last bit.
     *
     * @throws java.io.UncheckedIOException if a worker is lost
     */
    void sum(float[] values);
}
