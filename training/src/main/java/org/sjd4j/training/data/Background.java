package org.sjd4j.training.data;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The plain colours that a drawing may stand on: soft, and yet what their names say. */
public enum Background {
    WHITE(0xFFFFFF),
    BLUE(0x8FB8F0),
    GREEN(0x9AD8A0),
    YELLOW(0xFBE88A),
    RED(0xE86464),
    PINK(0xFBBCD6),
    PURPLE(0xBFA0E6),
    ORANGE(0xFBBB78),
    TURQUOISE(0x84DCD8),
    GREY(0xB4B8BE),
    BROWN(0xB08968),
    BLACK(0x26262B);

    private final int rgb;

    Background(int rgb) {
        this.rgb = rgb;
    }

    /** The colour as 0xRRGGBB (sRGB). */
    public int rgb() {
        return rgb;
    }

    /** The colours that a caption names: all but white, which goes without saying. */
    public static List<Background> named() {
        return Arrays.stream(values()).filter(colour -> colour != WHITE).toList();
    }

    /** What a caption says about this background after the rest: {@code ", on a blue background"}, or nothing. */
    public String phrase() {
        if (this == WHITE) {
            return "";
        }
        return ", on " + (this == ORANGE ? "an " : "a ") + name().toLowerCase(Locale.ROOT) + " background";
    }
}
