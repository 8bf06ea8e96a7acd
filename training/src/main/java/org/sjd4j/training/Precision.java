package org.sjd4j.training;

import org.bytedeco.pytorch.global.torch.ScalarType;

/** Number format of the large matrix products in training; weights, sums, losses and updates are always float32. */
public enum Precision {
    /** The same everywhere. */
    FLOAT32(ScalarType.Float),

    /** About three times as fast on processors that multiply bfloat16 natively, and slower on others. */
    BFLOAT16(ScalarType.BFloat16);

    private final ScalarType products;

    Precision(ScalarType products) {
        this.products = products;
    }

    ScalarType products() {
        return products;
    }
}
