package org.sjd4j.training.loop;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.sjd4j.tensor.Tensors;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101) over flat buffers.
 *
 * <p>LibTorch's own optimiser hides its moments behind an archive format; here they are two plain vectors, so that a
 * resumed run continues bit for bit.
 */
final class AdamW {
    /**
     * Hyper-parameters.
     *
     * @param beta1 decay of the mean of the gradients
     * @param beta2 decay of the mean of their squares
     * @param weightDecay per step and unit of learning rate
     * @param clip largest norm of the whole gradient
     */
    record Settings(double beta1, double beta2, double weightDecay, double clip) {}

    private static final double EPSILON = 1e-8;

    private final TrainableParameters parameters;
    private final Settings settings;
    private final Tensor mean;
    private final Tensor meanSquare;

    AdamW(TrainableParameters parameters, Settings settings) {
        this.parameters = parameters;
        this.settings = settings;
        this.mean = torch.zeros_like(parameters.values());
        this.meanSquare = torch.zeros_like(parameters.values());
    }

    Tensor mean() {
        return mean;
    }

    Tensor meanSquare() {
        return meanSquare;
    }

    /**
     * One update from the accumulated gradients, which are cleared.
     *
     * @param step number of this update, from 1
     * @return the norm of the gradient before clipping
     */
    double update(long step, double learningRate) {
        return Tensors.inference(() -> {
            Tensor gradient = parameters.gradients();
            double norm = gradient.norm().item_double();
            if (!Double.isFinite(norm)) {
                throw new TrainingException("the gradient is not finite at step " + step
                        + ": lower the learning rate, or resume from an earlier checkpoint");
            }
            if (norm > settings.clip()) {
                gradient.mul_(new Scalar(settings.clip() / norm));
            }
            mean.lerp_(gradient, new Scalar(1 - settings.beta1()));
            meanSquare
                    .mul_(new Scalar(settings.beta2()))
                    .addcmul_(gradient, gradient, new Scalar(1 - settings.beta2()));
            double meanScale = 1 - Math.pow(settings.beta1(), step);
            double squareScale = 1 - Math.pow(settings.beta2(), step);
            Tensor values = parameters.values();
            values.narrow(0, 0, parameters.decaying()).mul_(new Scalar(1 - learningRate * settings.weightDecay()));
            Tensor deviation = meanSquare.div(new Scalar(squareScale)).sqrt_().add_(new Scalar(EPSILON));
            values.addcdiv_(mean, deviation, new Scalar(-learningRate / meanScale));
            gradient.zero_();
            return norm;
        });
    }
}
