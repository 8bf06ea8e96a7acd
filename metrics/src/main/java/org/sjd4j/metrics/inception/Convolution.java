package org.sjd4j.metrics.inception;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/**
 * A convolution, batch normalisation and ReLU: torchvision's {@code BasicConv2d} ({@code torchvision/models/inception.py}).
 * At inference the normalisation only scales and shifts each channel, so it is folded, in double precision, into the
 * weights when they are loaded: no pass over the activations is spent on it.
 *
 * @param weight {@code [out, in, height, width]}, float32, scaled
 * @param bias {@code [out]}, float32
 * @param padding lines and columns of zeros at each side
 */
@SuppressWarnings("ArrayRecordComponent") // read, never compared
record Convolution(Tensor weight, Tensor bias, long stride, long[] padding) implements InceptionLayer {
    private static final double EPSILON = 1e-3;
    private static final long[] ONE = {1, 1};

    /**
     * Reads the tensors {@code conv.weight} and {@code bn.*} below a path; how many channels come out is the file's to say.
     *
     * @param channels that go in
     * @throws org.sjd4j.tensor.CheckpointException if a tensor is missing, has another shape, or holds no usable numbers
     */
    static Convolution of(Weights at, long channels, long height, long width, long stride, long... padding) {
        long out = at.shape("conv.weight")[0];
        Tensor weight = Tensors.keep(() -> at.get("conv.weight", out, channels, height, width)
                .to(ScalarType.Double)
                .mul(scale(at, out).view(out, 1, 1, 1))
                .to(ScalarType.Float));
        Tensor bias = Tensors.keep(() -> number(at, "bn.bias", out)
                .sub(number(at, "bn.running_mean", out).mul(scale(at, out)))
                .to(ScalarType.Float));
        if (!finite(weight) || !finite(bias)) {
            throw at.mismatch("conv.weight", "finite numbers, normalised with finite ones");
        }
        return new Convolution(weight, bias, stride, padding);
    }

    private static Tensor number(Weights at, String name, long channels) {
        return at.get(name, channels).to(ScalarType.Double);
    }

    private static Tensor scale(Weights at, long channels) {
        Tensor variance = number(at, "bn.running_var", channels);
        return number(at, "bn.weight", channels)
                .div(variance.add(new Scalar(EPSILON)).sqrt());
    }

    private static boolean finite(Tensor numbers) {
        return Tensors.scope(() -> numbers.isfinite().all().item_bool());
    }

    @Override
    public long channels() {
        return weight.size(0);
    }

    @Override
    public Tensor apply(Tensor x) {
        Tensor y = torch.conv2d(x, weight, new TensorOptional(bias), new long[] {stride, stride}, padding, ONE, 1);
        y.relu_();
        return y;
    }
}
