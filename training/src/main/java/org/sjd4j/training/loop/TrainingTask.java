package org.sjd4j.training.loop;

import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** What is trained: the {@link Trainer} asks it for losses and owns everything else. */
public interface TrainingTask {
    /**
     * The loss of a batch whose gradients were computed.
     *
     * @param parts named figures for the log, averaged over the steps between two lines
     */
    record Loss(double value, Map<String, Double> parts) {
        /** Adds the gradients of a scalar to those of the parameters that it depends on. */
        public static Loss descend(Tensor scalar, Map<String, Double> parts) {
            scalar.backward();
            return new Loss(scalar.item_double(), parts);
        }
    }

    /** The parameters that the optimiser changes. */
    TrainableParameters parameters();

    /**
     * Adds the gradients of one batch's loss to those of {@link #parameters()}. Everything random in it must be a function of the seed and of {@code step} alone, so that a
     * resumed run sees the same batches.
     */
    public Loss descend(long step);

    /** Called after the parameters were updated at {@code step}; gradients are not recorded here. */
    default void afterUpdate(long step) {}

    /** Tensors besides the trained parameters that a checkpoint must hold; they are restored in place. */
    default Map<String, Tensor> state() {
        return Map.of();
    }

    /** Figures on images that are never trained on; gradients are not recorded here. */
    Map<String, Double> validate();

    /**
     * Draws a sheet that shows at a glance how good the network is now, if it can draw; gradients are not recorded here.
     */
    default void sample(Path png) {}
}
