package org.sjd4j.tensor;

/**
 * What a model needs to know about one of its tensors before it exists: the checkpoint name, the shape and how training
 * starts it.
 *
 * @param name full checkpoint name
 * @param shape sizes, outermost first
 * @param start how training initialises it
 * @param decay whether weight decay applies (matrices and kernels, not gains, biases or tables)
 */
public record Parameter(String name, long[] shape, Start start, boolean decay) {
    /** Initialisation of a parameter. */
    public sealed interface Start {
        /** Independent normal values with this standard deviation. */
        record Normal(double deviation) implements Start {}

        /** The same value everywhere. */
        record Constant(double value) implements Start {}
    }

    /** A matrix or kernel that starts as normal noise and decays. */
    public static Parameter matrix(String name, double deviation, long... shape) {
        return new Parameter(name, shape, new Start.Normal(deviation), true);
    }

    /** A table of vectors that starts as normal noise and does not decay. */
    public static Parameter table(String name, double deviation, long... shape) {
        return new Parameter(name, shape, new Start.Normal(deviation), false);
    }

    /** A gain, bias or other vector that starts at one value and does not decay. */
    public static Parameter constant(String name, double value, long... shape) {
        return new Parameter(name, shape, new Start.Constant(value), false);
    }

    /** Number of elements. */
    public long elements() {
        long product = 1;
        for (long size : shape) {
            product *= size;
        }
        return product;
    }
}
