package org.sjd4j.family;

import java.util.Arrays;
import java.util.stream.Stream;

/** Lists of token ids. */
public final class Ids {
    private Ids() {}

    /** One list after the other. */
    public static int[] join(int[]... parts) {
        return Stream.of(parts).flatMapToInt(Arrays::stream).toArray();
    }
}
