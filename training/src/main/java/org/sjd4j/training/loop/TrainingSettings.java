package org.sjd4j.training.loop;

import org.sjd4j.tensor.ComputeDevice;

/**
 * How long and how fast to train. The learning rate warms up, stays constant and cools down linearly at the end, so that
 * a run can be prolonged at any point before the cool-down.
 *
 * @param steps updates in all
 * @param warmup updates over which the learning rate grows from 0
 * @param cooldown updates at the end over which it falls to 0
 * @param learningRate highest rate
 * @param weightDecay decoupled weight decay
 * @param beta2 Adam's decay of squared gradients
 * @param clip largest gradient norm
 * @param seed of parameters, batches and augmentation
 * @param checkpointEvery updates between two checkpoints
 * @param validateEvery updates between two validations
 * @param sampleEvery updates between two sample sheets
 * @param device where the network is trained; a run may go on at another one
 */
public record TrainingSettings(
        long steps,
        long warmup,
        long cooldown,
        double learningRate,
        double weightDecay,
        double beta2,
        double clip,
        long seed,
        long checkpointEvery,
        long validateEvery,
        long sampleEvery,
        ComputeDevice device) {

    /** Checks the ranges. */
    public TrainingSettings {
        if (steps < 1 || warmup < 0 || cooldown < 0 || cooldown > steps) {
            throw new TrainingException("steps must be at least 1 and the cool-down at most as long, found steps "
                    + steps + " and cool-down " + cooldown);
        }
        if (!(learningRate > 0) || !(clip > 0) || checkpointEvery < 1 || validateEvery < 1 || sampleEvery < 1) {
            throw new TrainingException("learning rate, clip and intervals must be positive");
        }
    }

    /** On the CPU. */
    public TrainingSettings(
            long steps,
            long warmup,
            long cooldown,
            double learningRate,
            double weightDecay,
            double beta2,
            double clip,
            long seed,
            long checkpointEvery,
            long validateEvery,
            long sampleEvery) {
        this(
                steps,
                warmup,
                cooldown,
                learningRate,
                weightDecay,
                beta2,
                clip,
                seed,
                checkpointEvery,
                validateEvery,
                sampleEvery,
                ComputeDevice.CPU);
    }

    /** The same with another highest rate and other intervals. */
    public TrainingSettings with(double rate, long checkpoints, long validations, long samples) {
        return new TrainingSettings(
                steps,
                warmup,
                cooldown,
                rate,
                weightDecay,
                beta2,
                clip,
                seed,
                checkpoints,
                validations,
                samples,
                device);
    }

    /** The same on another device. */
    public TrainingSettings on(ComputeDevice where) {
        return new TrainingSettings(
                steps,
                warmup,
                cooldown,
                learningRate,
                weightDecay,
                beta2,
                clip,
                seed,
                checkpointEvery,
                validateEvery,
                sampleEvery,
                where);
    }

    /** The learning rate of update {@code step}, counted from 1. */
    public double rate(long step) {
        double up = warmup == 0 ? 1 : Math.min(1, (double) step / warmup);
        double down = cooldown == 0 ? 1 : Math.min(1, (double) (steps - step + 1) / cooldown);
        return learningRate * Math.min(up, down);
    }
}
