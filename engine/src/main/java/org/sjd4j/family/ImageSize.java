package org.sjd4j.family;

import java.util.regex.Pattern;

/**
 * Width and height of an image in pixels.
 *
 * @param width at least 1
 * @param height at least 1
 */
public record ImageSize(int width, int height) {
    private static final Pattern FORM = Pattern.compile("([1-9][0-9]{0,5})x([1-9][0-9]{0,5})");

    /**
     * The size that a text such as {@code 128x128} means: width first.
     *
     * @throws IllegalArgumentException if it means none
     */
    public static ImageSize parse(String text) {
        var form = FORM.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no size such as 128x128");
        }
        return new ImageSize(Integer.parseInt(form.group(1)), Integer.parseInt(form.group(2)));
    }

    @Override
    public String toString() {
        return width + "x" + height;
    }
}
