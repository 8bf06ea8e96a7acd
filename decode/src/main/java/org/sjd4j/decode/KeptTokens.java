package org.sjd4j.decode;

import java.util.Arrays;
import org.sjd4j.decode.sampling.Layout;

/**
 * Tokens of an image that are given before it is decoded: what an edit keeps. The model chooses the others, each under all tokens before
 * it, kept ones included; it does not see the kept ones that come after. Immutable.
 */
public final class KeptTokens {
    /** Nothing is kept. */
    public static final KeptTokens NONE = new KeptTokens(new int[0]);

    private final int[] ids;
    private final int count;

    private KeptTokens(int[] ids) {
        this.ids = ids;
        this.count = (int) Arrays.stream(ids).filter(id -> id != Layout.NONE).count();
    }

    /**
     * Tokens to keep.
     *
     * @param ids one for each position of the image, in the order of decoding; {@link Layout#NONE} where the model chooses
     */
    public static KeptTokens of(int[] ids) {
        return Arrays.stream(ids).allMatch(id -> id == Layout.NONE) ? NONE : new KeptTokens(ids.clone());
    }

    /** The id that is kept at a position, or {@link Layout#NONE}. */
    public int at(int position) {
        return position < ids.length ? ids[position] : Layout.NONE;
    }

    /** How many tokens are kept. */
    public int count() {
        return count;
    }

    /**
     * Checks that these are tokens of an image.
     *
     * @param length of the image
     * @throws IllegalArgumentException if a token may not stand where it is kept
     */
    void requireFor(Layout layout, int length) {
        if (ids.length != 0 && ids.length != length) {
            throw new IllegalArgumentException(
                    "tokens to keep are given for %s positions, but the image has %s".formatted(ids.length, length));
        }
        int[] imageIds = layout.imageIds();
        for (int position = 0; position < ids.length; position++) {
            int forced = layout.forcedAt(position);
            int id = ids[position];
            boolean possible = forced == Layout.NONE ? Arrays.binarySearch(imageIds, id) >= 0 : id == forced;
            if (id != Layout.NONE && !possible) {
                throw new IllegalArgumentException("token %s cannot stand at position %s".formatted(id, position));
            }
        }
    }

    /** The same order of tokens, in which the kept ones are certain. */
    Layout in(Layout layout) {
        if (ids.length == 0) {
            return layout;
        }
        return new Layout() {
            @Override
            public int forcedAt(int position) {
                int forced = layout.forcedAt(position);
                return forced == NONE ? at(position) : forced;
            }

            @Override
            public int leftNeighbour(int position) {
                return layout.leftNeighbour(position);
            }

            @Override
            public int aboveNeighbour(int position) {
                return layout.aboveNeighbour(position);
            }

            @Override
            public int[] imageIds() {
                return layout.imageIds();
            }
        };
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof KeptTokens kept && Arrays.equals(ids, kept.ids);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(ids);
    }

    @Override
    public String toString() {
        return count + " kept tokens";
    }
}
