package org.sjd4j.training.data;

import com.github.weisj.jsvg.SVGDocument;
import com.github.weisj.jsvg.parser.LoaderContext;
import com.github.weisj.jsvg.parser.SVGLoader;
import com.github.weisj.jsvg.renderer.NullPlatformSupport;
import com.github.weisj.jsvg.view.ViewBox;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;

/**
 * Draws icons on a plain square. A drawing is first made a few times larger than wanted and then averaged over areas,
 * which also smooths what Java's own anti-aliasing leaves rough (clip paths, masks).
 */
public final class SvgRasteriser {
    /** A drawing has one sixteenth of the image around it on each side: 8 pixels of 128. */
    private static final int MARGIN_SHARE = 16;

    private static final int OVERSAMPLING = 3;

    private final int size;

    /** @param size width and height of the images, in pixels, at least 16 */
    public SvgRasteriser(int size) {
        if (size < 16) {
            throw new IllegalArgumentException("an image should have at least 16 pixels a side, but " + size);
        }
        this.size = size;
    }

    /** Width and height of the images. */
    public int size() {
        return size;
    }

    /**
     * Draws an icon on a background.
     *
     * @return an image of type {@link BufferedImage#TYPE_INT_RGB}
     */
    public BufferedImage render(Icon icon, Variation variation) {
        return layer(icon, variation.scale()).onto(size, variation);
    }

    /** The slow part of drawing, the same for all backgrounds and shifts; at least as large as the image. */
    Layer layer(Icon icon, double scale) {
        var box = (size - 2.0 * size / MARGIN_SHARE) * scale;
        var side = size + 2 * (int) Math.ceil(Math.max(0, box - size) / 2);
        return new Layer(side, average(draw(icon, box, side), side));
    }

    private static int[] draw(Icon icon, double box, int side) {
        var canvas = new BufferedImage(side * OVERSAMPLING, side * OVERSAMPLING, BufferedImage.TYPE_INT_ARGB_PRE);
        var graphics = canvas.createGraphics();
        try {
            graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            graphics.setRenderingHint(RenderingHints.KEY_RENDERING, RenderingHints.VALUE_RENDER_QUALITY);
            var unit = OVERSAMPLING * box / Math.max(icon.turnedWidth(), icon.turnedHeight());
            graphics.translate(OVERSAMPLING * side / 2.0, OVERSAMPLING * side / 2.0);
            graphics.scale(unit, unit);
            graphics.translate(-icon.turnedWidth() / 2, -icon.turnedHeight() / 2);
            document(icon)
                    .renderWithPlatform(
                            NullPlatformSupport.INSTANCE, graphics, new ViewBox((float) icon.turnedWidth(), (float)
                                    icon.turnedHeight()));
        } finally {
            graphics.dispose();
        }
        return ((DataBufferInt) canvas.getRaster().getDataBuffer()).getData();
    }

    private static int[] average(int[] fine, int side) {
        var area = OVERSAMPLING * OVERSAMPLING;
        var coarse = new int[side * side];
        for (var y = 0; y < side; y++) {
            for (var x = 0; x < side; x++) {
                int alpha = area / 2, red = area / 2, green = area / 2, blue = area / 2;
                for (var v = 0; v < OVERSAMPLING; v++) {
                    var at = ((y * OVERSAMPLING + v) * side + x) * OVERSAMPLING;
                    for (var u = 0; u < OVERSAMPLING; u++) {
                        var argb = fine[at + u];
                        alpha += argb >>> 24;
                        red += argb >> 16 & 0xFF;
                        green += argb >> 8 & 0xFF;
                        blue += argb & 0xFF;
                    }
                }
                coarse[y * side + x] =
                        ((alpha / area) << 24) | ((red / area) << 16) | ((green / area) << 8) | (blue / area);
            }
        }
        return coarse;
    }

    private static SVGDocument document(Icon icon) {
        var svg = new ByteArrayInputStream(icon.toSvg().getBytes(StandardCharsets.UTF_8));
        var document = new SVGLoader().load(svg, null, LoaderContext.createDefault());
        if (document == null) {
            throw new IllegalArgumentException("this is not a drawing: " + icon.body());
        }
        return document;
    }
}
