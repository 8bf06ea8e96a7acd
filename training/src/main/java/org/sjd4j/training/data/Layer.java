package org.sjd4j.training.data;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.util.Optional;

/** A drawing without a background, from which its variations are put together. */
final class Layer {
    private final int side;
    private final int[] pixels;

    /**
     * @param side width and height in pixels
     * @param pixels premultiplied ARGB, row by row
     */
    Layer(int side, int[] pixels) {
        this.side = side;
        this.pixels = pixels;
    }

    /** The colour of most of the drawing, if there is one. */
    Optional<DominantColour> colour() {
        return DominantColour.of(pixels);
    }

    /** Lays the drawing on a plain square, its middle on the square's middle, then mirrored and shifted. */
    BufferedImage onto(int size, Variation variation) {
        var image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        var target = ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
        var background = variation.background().rgb();
        var overhang = (side - size) / 2;
        for (var y = 0; y < size; y++) {
            var v = y - variation.shiftY() + overhang;
            for (var x = 0; x < size; x++) {
                var straight = x - variation.shiftX() + overhang;
                var u = variation.mirror() ? side - 1 - straight : straight;
                var inside = u >= 0 && u < side && v >= 0 && v < side;
                target[y * size + x] = inside ? over(pixels[v * side + u], background) : background;
            }
        }
        return image;
    }

    private static int over(int argb, int background) {
        var through = 255 - (argb >>> 24);
        return channel(argb, background, through, 16)
                | channel(argb, background, through, 8)
                | channel(argb, background, through, 0);
    }

    private static int channel(int argb, int background, int through, int shift) {
        var value = (argb >> shift & 0xFF) + ((background >> shift & 0xFF) * through + 127) / 255;
        return Math.min(value, 255) << shift;
    }
}
