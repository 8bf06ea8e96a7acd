package org.sjd4j.training.loop;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.tensor.Tensors;

/**
 * A task whose steps are cut into micro-batches, each of which is a step of the task that is shared: the gradients are
 * added up, over those of this worker, then over all workers, and divided by their number.
 */
final class MicroBatches implements TrainingTask {
    /** Gradients go over the wire in pieces of this many. */
    private static final long PIECE = 1 << 22;

    private final TrainingTask task;
    private final Workers workers;
    private final int count;

    /** What this process contributes to a task. */
    static TrainingTask share(TrainingTask task, DataParallel parallel) {
        return parallel.microBatches() == 1 ? task : new MicroBatches(task, parallel);
    }

    MicroBatches(TrainingTask task, DataParallel parallel) {
        this.task = task;
        this.workers = parallel.workers();
        this.count = parallel.microBatches();
    }

    @Override
    public TrainableParameters parameters() {
        return task.parameters();
    }

    @Override
    public Loss descend(long step) {
        double value = 0;
        var parts = new TreeMap<String, Double>();
        for (int i = workers.rank(); i < count; i += workers.count()) {
            long own = (step - 1) * count + i + 1;
            Loss loss = Tensors.scope(() -> task.descend(own));
            value += loss.value() / count;
            loss.parts().forEach((name, part) -> parts.merge(name, part / count, Double::sum));
        }
        Tensors.inference(() -> average(task.parameters().gradients()));
        float[] sums = new float[1 + parts.size()];
        int at = 0;
        sums[at++] = (float) value;
        for (double part : parts.values()) {
            sums[at++] = (float) part;
        }
        workers.sum(sums);
        at = 1;
        for (var part : parts.entrySet()) {
            part.setValue((double) sums[at++]);
        }
        return new Loss(sums[0], parts);
    }

    private void average(Tensor gradients) {
        if (workers.count() > 1) {
            for (long begin = 0; begin < gradients.numel(); begin += PIECE) {
                Tensor piece = gradients.narrow(0, begin, Math.min(PIECE, gradients.numel() - begin));
                float[] values = Tensors.floats(piece);
                workers.sum(values);
                Tensors.scope(() -> piece.copy_(Tensors.of(values, values.length)));
            }
        }
        gradients.mul_(new Scalar(1.0 / count));
    }

    @Override
    public void afterUpdate(long step) {
        task.afterUpdate(step);
    }

    @Override
    public Map<String, Tensor> state() {
        return task.state();
    }

    @Override
    public Map<String, Double> validate() {
        return task.validate();
    }

    @Override
    public void sample(Path png) {
        task.sample(png);
    }
}
