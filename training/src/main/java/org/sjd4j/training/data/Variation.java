package org.sjd4j.training.data;

import java.util.List;
import java.util.StringJoiner;
import java.util.random.RandomGenerator;

/**
 * How an image differs from its plain rendering.
 *
 * @param background what a drawing stands on; a photograph has none
 * @param shiftX pixels to the right, negative to the left
 * @param shiftY pixels down, negative up
 * @param scale size of the drawing, 1 being its plain size
 * @param mirror whether left and right change places (before the shift)
 */
public record Variation(Background background, int shiftX, int shiftY, double scale, boolean mirror) {
    /** On white, in the middle, as drawn. */
    public static final Variation PLAIN = on(Background.WHITE);

    /** A shift of so many pixels is not worth another word. */
    private static final int IN_THE_MIDDLE = 2;

    public Variation {
        if (!(scale >= 0.1 && scale <= 10)) {
            throw new IllegalArgumentException("scale should be between 0.1 and 10, but is " + scale);
        }
    }

    /** The plain rendering on another background. */
    public static Variation on(Background background) {
        return new Variation(background, 0, 0, 1, false);
    }

    /**
     * On white, every shift up to the given one and every scale equally likely.
     *
     * @param random best a SplittableRandom that is seeded by a hash of (seed, example), so that a resumed run sees the
     *     same images; java.util.Random begins alike for neighbouring seeds
     * @param maxShift most pixels in each direction
     * @param scales the scales to choose from; a few, because every drawing is made once for each
     */
    public static Variation moved(RandomGenerator random, int maxShift, List<Double> scales) {
        var shiftX = random.nextInt(-maxShift, maxShift + 1);
        var shiftY = random.nextInt(-maxShift, maxShift + 1);
        return new Variation(Background.WHITE, shiftX, shiftY, scales.get(random.nextInt(scales.size())), false);
    }

    /**
     * What a caption says about this variation after the rest, so that a model learns it apart from what is drawn:
     * {@code ", small, at the top left, on a blue background"}; nothing for the plain rendering.
     */
    public String phrase() {
        return size() + place() + background.phrase();
    }

    private String size() {
        if (scale == 1) {
            return "";
        }
        return scale < 1 ? ", small" : ", large";
    }

    private String place() {
        if (shiftX == 0 && shiftY == 0) {
            return "";
        }
        var corner = corner();
        return corner.isEmpty() ? ", in the middle" : ", at the " + corner;
    }

    /** Where the drawing stands, {@code top left}; nothing for one in the middle. */
    String corner() {
        var words = new StringJoiner(" ");
        if (Math.abs(shiftY) > IN_THE_MIDDLE) {
            words.add(shiftY < 0 ? "top" : "bottom");
        }
        if (Math.abs(shiftX) > IN_THE_MIDDLE) {
            words.add(shiftX < 0 ? "left" : "right");
        }
        return words.toString();
    }
}
