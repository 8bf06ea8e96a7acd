package org.sjd4j.training.data;

import java.awt.Color;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The colour that a drawing has as a whole, so that a caption may call a car red. */
enum DominantColour {
    RED,
    ORANGE,
    YELLOW,
    GREEN,
    BLUE,
    PURPLE,
    PINK,
    BROWN,
    BLACK,
    WHITE,
    GREY;

    /** A drawing of which a smaller part has the colour is not called by it. */
    private static final double SHARE = 0.55;

    /** Below these, a colour is a shade of grey. */
    private static final double LEAST_SATURATION = 0.18;

    private static final double LEAST_BRIGHTNESS = 0.22;

    private static final int HALF_OPAQUE = 128;

    /** The word for it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The colour of most of a drawing, if there is one.
     *
     * @param pixels premultiplied ARGB; those that are more than half transparent do not count
     */
    static Optional<DominantColour> of(int[] pixels) {
        Map<DominantColour, Integer> counts = new EnumMap<>(DominantColour.class);
        int opaque = 0;
        for (int argb : pixels) {
            int alpha = argb >>> 24;
            if (alpha >= HALF_OPAQUE) {
                opaque++;
                counts.merge(
                        of(straight(argb >> 16, alpha), straight(argb >> 8, alpha), straight(argb, alpha)),
                        1,
                        Integer::sum);
            }
        }
        int all = opaque;
        return counts.entrySet().stream()
                .filter(entry -> entry.getValue() >= SHARE * all)
                .map(Map.Entry::getKey)
                .findFirst();
    }

    private static int straight(int premultiplied, int alpha) {
        return Math.min(255, (premultiplied & 0xFF) * 255 / alpha);
    }

    private static DominantColour of(int red, int green, int blue) {
        float[] hsb = Color.RGBtoHSB(red, green, blue, null);
        float hue = hsb[0] * 360;
        float saturation = hsb[1];
        float brightness = hsb[2];
        if (brightness < LEAST_BRIGHTNESS) {
            return BLACK;
        }
        if (saturation < LEAST_SATURATION) {
            return brightness > 0.85 ? WHITE : brightness < 0.35 ? BLACK : GREY;
        }
        boolean dark = brightness < 0.7;
        if (hue < 16 || hue >= 345) {
            return brightness < (hue > 9 && hue < 16 ? 0.8 : 0.45)
                    ? BROWN
                    : saturation < 0.5 && brightness > 0.8 ? PINK : RED;
        }
        if (hue < 35) {
            return dark || saturation < 0.5 ? BROWN : ORANGE;
        }
        if (hue < 68) {
            return dark ? BROWN : YELLOW;
        }
        if (hue < 165) {
            return GREEN;
        }
        if (hue < 250) {
            return BLUE;
        }
        return hue < 295 ? PURPLE : PINK;
    }
}
