package org.sjd4j.parity;

/**
 * The outcome of one comparison with golden numbers.
 *
 * @param name of the golden tensor or file
 * @param error largest relative error; of ids and codes, the share that differs
 * @param tolerance largest error that passes
 */
public record Check(String name, double error, double tolerance) {
    /** Whether the error is within the tolerance. */
    public boolean passed() {
        return error <= tolerance;
    }
}
