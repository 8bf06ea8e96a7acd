package org.sjd4j.decode.sampling;

/**
 * What is still in the running of a row of numbers: places, in ascending order, and the numbers that stand there. Nothing
 * here branches on a number, as a CPU guesses wrong too often which ones survive; the first loop of two is one that
 * the compiler turns into vector instructions. One instance per thread.
 */
final class Survivors {

    /** Marks for so many numbers stay in the first cache. */
    private static final int CHUNK = 1024;

    private final int[] places;
    private final float[] values;
    private final int[] dropped = new int[CHUNK];
    private int size;

    /** For rows of up to this length. */
    Survivors(int length) {
        places = new int[length];
        values = new float[length];
    }

    int size() {
        return size;
    }

    int place(int i) {
        return places[i];
    }

    /** The numbers of the survivors; what stands behind {@link #size} is rubbish. They may be changed. */
    float[] values() {
        return values;
    }

    /**
     * Begins with those of a row that are not below the threshold. What is not a number survives, to be found later.
     *
     * @param threshold not infinite
     */
    void take(float[] row, float threshold) {
        int kept = 0;
        for (int begin = 0; begin < row.length; begin += CHUNK) {
            int count = Math.min(CHUNK, row.length - begin);
            markBelow(threshold, row, begin, count);
            for (int i = 0; i < count; i++) {
                places[kept] = begin + i; // overwritten if it is dropped
                kept += 1 - dropped[i];
            }
        }
        size = kept;
        for (int i = 0; i < size; i++) {
            values[i] = row[places[i]];
        }
    }

    /**
     * Begins with numbers that were selected before; those that are negative infinity are left out.
     *
     * @param numbers holds them from {@code begin} on
     * @param numberPlaces where they stand in their row, ascending, from {@code begin} on
     */
    void take(float[] numbers, int[] numberPlaces, int begin, int count) {
        int kept = 0;
        for (int i = begin; i < begin + count; i++) {
            places[kept] = numberPlaces[i];
            values[kept] = numbers[i];
            kept += numbers[i] == Float.NEGATIVE_INFINITY ? 0 : 1;
        }
        size = kept;
    }

    /** Drops those below the threshold. All must be finite. */
    void dropBelow(float threshold) {
        float least = threshold == 0 ? -0f : threshold; // what equals it differs from it by 0, not by -0
        int kept = 0;
        for (int i = 0; i < size; i++) {
            float value = values[i];
            places[kept] = places[i];
            values[kept] = value;
            kept += 1 + (Float.floatToRawIntBits(value - least) >> Integer.SIZE - 1);
        }
        size = kept;
    }

    /** The sign of the difference, 1 for less, becomes 1, and everything else 0, also what is not a number. */
    private void markBelow(float threshold, float[] numbers, int begin, int count) {
        for (int i = 0; i < count; i++) { // from 0, or it gets no vector instructions
            dropped[i] = (int) (0.75f * Math.signum(threshold - numbers[begin + i]) + 0.25f);
        }
    }

    /** The smallest number; positive infinity if there is none. */
    float min() {
        float min = Float.POSITIVE_INFINITY;
        for (int i = 0; i < size; i++) {
            min = Math.min(min, values[i]);
        }
        return min;
    }

    /** The largest number; NaN if any is, and negative infinity if there is none. */
    float max() {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < size; i++) {
            max = Math.max(max, values[i]);
        }
        return max;
    }
}
