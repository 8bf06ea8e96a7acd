package org.sjd4j.image;

/** What becomes of an image's transparency when it is made opaque. */
public enum Alpha {
    /** The colour counts as it is stored, as Pillow's {@code convert("RGB")} does and the metrics' reference code with it. */
    DROPPED {
        @Override
        int opaque(int argb) {
            return argb & 0xffffff;
        }
    },

    /** The colour is mixed with white: for training, because the colour below full transparency is often arbitrary. */
    ON_WHITE {
        @Override
        int opaque(int argb) {
            int alpha = argb >>> 24;
            if (alpha == WHITE) {
                return argb & 0xffffff;
            }
            return mixed(argb >> 16 & 0xff, alpha) << 16
                    | mixed(argb >> 8 & 0xff, alpha) << 8
                    | mixed(argb & 0xff, alpha);
        }
    },

    /** The opacity itself counts, as a grey: white where a pixel is opaque, black where nothing is to be seen. For masks. */
    ALONE {
        @Override
        int opaque(int argb) {
            return (argb >>> 24) * 0x010101;
        }
    };

    private static final int WHITE = 255;

    /** A pixel without its alpha. */
    abstract int opaque(int argb);

    private static int mixed(int level, int alpha) {
        return (level * alpha + WHITE * (WHITE - alpha) + WHITE / 2) / WHITE;
    }
}
