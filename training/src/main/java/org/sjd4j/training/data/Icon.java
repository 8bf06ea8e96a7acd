package org.sjd4j.training.data;

import java.util.Locale;

/**
 * One drawing of an Iconify set: the inside of an SVG element with the box that it fills and how it is turned.
 *
 * @param body SVG elements without the {@code <svg>} around them
 * @param left left edge of the box, in units of the drawing
 * @param top upper edge of the box
 * @param width width of the box before turning
 * @param height height of the box before turning
 * @param quarterTurns clockwise turns by 90 degrees, 0 to 3, made after the flips
 * @param flipHorizontally whether left and right change places
 * @param flipVertically whether top and bottom change places
 */
public record Icon(
        String body,
        double left,
        double top,
        double width,
        double height,
        int quarterTurns,
        boolean flipHorizontally,
        boolean flipVertically) {

    public Icon {
        if (!(width > 0 && height > 0)) {
            throw new IllegalArgumentException("an icon needs a box with an area, but has " + width + " x " + height);
        }
        if (quarterTurns < 0 || quarterTurns > 3) {
            throw new IllegalArgumentException("quarter turns are 0 to 3, but here " + quarterTurns);
        }
    }

    /** Width of the box after turning. */
    public double turnedWidth() {
        return quarterTurns % 2 == 0 ? width : height;
    }

    /** Height of the box after turning. */
    public double turnedHeight() {
        return quarterTurns % 2 == 0 ? height : width;
    }

    /** The drawing as an SVG document whose view box is the box after turning, with its corner at the origin. */
    public String toSvg() {
        return String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\""
                        + " width=\"%1$s\" height=\"%2$s\" viewBox=\"0 0 %1$s %2$s\"><g transform=\"%3$s\">%4$s</g></svg>",
                turnedWidth(),
                turnedHeight(),
                transform(),
                body);
    }

    /** From the middle of the box outwards: flip, turn, and back into the view box. */
    private String transform() {
        return String.format(
                Locale.ROOT,
                "translate(%s %s) rotate(%d) scale(%d %d) translate(%s %s)",
                turnedWidth() / 2,
                turnedHeight() / 2,
                90 * quarterTurns,
                flipHorizontally ? -1 : 1,
                flipVertically ? -1 : 1,
                -(left + width / 2),
                -(top + height / 2));
    }
}
