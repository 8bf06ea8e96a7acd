package org.sjd4j.pipeline;

import java.util.Arrays;
import java.util.stream.Stream;

/** Lists of token ids. */
final class Ids {
    private Ids() {}

    /** One list after the other. */
    static int[] join(int[]... parts) {
        return Stream.of(parts).flatMapToInt(Arrays::stream).toArray();
    }
}
