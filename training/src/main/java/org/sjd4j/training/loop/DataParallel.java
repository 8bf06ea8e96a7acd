package org.sjd4j.training.loop;

import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;

/**
 * How a run is shared by several processes: every step's images are cut into micro-batches, which take turns with the
 * workers. What a step computes depends on the micro-batches but not on who computes them, except for the rounding of sums.
 *
 * @param workers all of them; the run's directory must be the same for all
 * @param microBatches pieces of a step's images, at least one for each worker
 */
public record DataParallel(Workers workers, int microBatches) {
    /** A process that computes every step in one piece. */
    public static final DataParallel NONE = new DataParallel(Workers.ALONE, 1);

    /** Checks that nobody is idle. */
    public DataParallel {
        if (microBatches < workers.count()) {
            throw new TrainingException("found " + microBatches + " micro-batches for " + workers.count()
                    + " workers: expected at least one for each");
        }
    }

    /** Whether this process writes to the run's directory. */
    public boolean leads() {
        return workers.rank() == 0;
    }

    /**
     * The images of a micro-batch.
     *
     * @param batch images of a step
     * @throws TrainingException if they cannot be cut evenly
     */
    public int microBatch(int batch) {
        if (batch % microBatches != 0) {
            throw new TrainingException("found a batch of " + batch + " images and " + microBatches
                    + " micro-batches: expected a multiple");
        }
        return batch / microBatches;
    }

    /** Adds to a run's configuration what its figures depend on. */
    void identify(Map<String, String> configuration) {
        if (microBatches > 1) {
            configuration.put("micro_batches", Integer.toString(microBatches));
        }
    }

    /** Lets the leader work first, and the others when it is done. */
    public <T> T leaderFirst(Supplier<T> work) {
        if (leads()) {
            T made = work.get();
            await();
            return made;
        }
        await();
        return work.get();
    }

    private void await() {
        workers.sum(new float[workers.count()]);
    }

    /** Opens a run's directory: the leader for writing, the others for reading. */
    public RunDirectory open(Path directory, Map<String, String> configuration) {
        identify(configuration);
        return leaderFirst(() ->
                leads() ? RunDirectory.open(directory, configuration) : RunDirectory.follow(directory, configuration));
    }

    /**
     * Refuses to go on where workers would go on from different steps.
     *
     * @param step that this worker goes on from
     */
    void requireSame(long step) {
        float[] steps = new float[workers.count()];
        steps[workers.rank()] = step;
        workers.sum(steps);
        for (float other : steps) {
            if (other != step) {
                throw new TrainingException("worker " + workers.rank() + " found the checkpoint of step " + step
                        + ", another one that of step " + (long) other
                        + ": the run's directory must be the same for all");
            }
        }
    }
}
