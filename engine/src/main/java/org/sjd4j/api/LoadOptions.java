package org.sjd4j.api;

import org.sjd4j.family.ModelDescription;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;

/**
 * How a model is loaded.
 *
 * @param device where it runs
 * @param precision dtype of the matrix products
 * @param passRows rows of every pass, over all images, unconditional ones not counted: what windows leave over is padded, so
 *     that the numbers of a row do not depend on the window; 0 for passes of as many rows as the windows have
 */
public record LoadOptions(ComputeDevice device, Precision precision, int passRows) {
    /** Rows of a pass on a GPU: reading the weights takes longer than computing so many. */
    public static final int GPU_PASS_ROWS = 64;

    /** More rows than this have no use. */
    public static final int MOST_PASS_ROWS = 4096;

    public LoadOptions {
        if (passRows < 0 || passRows > MOST_PASS_ROWS) {
            throw new IllegalArgumentException(
                    "a pass has 0 (as many as the window) to %s rows, found %s".formatted(MOST_PASS_ROWS, passRows));
        }
    }

    /** What suits a model on a device. */
    public static LoadOptions of(ModelDescription description, ComputeDevice device) {
        return of(device, description.defaultPrecision(device));
    }

    /** What suits a device. */
    public static LoadOptions of(ComputeDevice device, Precision precision) {
        return new LoadOptions(device, precision, passRows(device));
    }

    /** Rows of a pass that suit a device. */
    public static int passRows(ComputeDevice device) {
        return device == ComputeDevice.CPU ? 0 : GPU_PASS_ROWS;
    }
}
