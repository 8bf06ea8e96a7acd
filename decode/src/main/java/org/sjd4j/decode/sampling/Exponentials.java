package org.sjd4j.decode.sampling;

/**
 * {@code e^x} of many numbers, with an error below 0.51 units in a float's last place: the same bits on every machine,
 * which {@link Math#exp} does not promise, in less than half of its time. {@code e^x} is {@code 2^n e^r} with an integer n
 * and a small r; powers of two have a loop of their own, because the compiler makes vector instructions of the other one.
 * Holds buffers: one instance per thread.
 */
final class Exponentials {

    private static final double LOG2_E = 1.4426950408889634;
    private static final double LN_2 = 0.6931471805599453;

    /** Added to a number, it leaves the nearest integer in the last bits. */
    private static final double TO_INTEGER = 0x1.8p52;

    private static final int FRACTION_BITS = 52;
    private static final long ONE = 1023L << FRACTION_BITS;

    /** Less gives 0 as a float. */
    private static final float LEAST = -110;

    private final double[] integers;
    private final double[] powers;

    /** For up to this many numbers. */
    Exponentials(int length) {
        integers = new double[length];
        powers = new double[length];
    }

    /**
     * Replaces each number x by {@code e^(x - max)}.
     *
     * @param count how many
     * @param max not below any of them
     */
    void replace(float[] numbers, int count, float max) {
        reduce(numbers, count, max);
        for (int i = 0; i < count; i++) {
            long exponent = Double.doubleToRawLongBits(integers[i]) << FRACTION_BITS;
            numbers[i] = (float) (powers[i] * Double.longBitsToDouble(exponent + ONE));
        }
    }

    private void reduce(float[] numbers, int count, float max) {
        for (int i = 0; i < count; i++) {
            double x = Math.max(numbers[i] - max, LEAST);
            double integer = x * LOG2_E + TO_INTEGER;
            integers[i] = integer;
            powers[i] = series(x - (integer - TO_INTEGER) * LN_2);
        }
    }

    /** Taylor's, up to the eighth power, for numbers of at most ln 2 / 2. */
    private static double series(double r) {
        double r2 = r * r;
        double low = 1 + r + r2 * (1.0 / 2 + r * (1.0 / 6));
        double high = 1.0 / 24 + r * (1.0 / 120) + r2 * (1.0 / 720 + r * (1.0 / 5040) + r2 * (1.0 / 40320));
        return low + r2 * r2 * high;
    }
}
