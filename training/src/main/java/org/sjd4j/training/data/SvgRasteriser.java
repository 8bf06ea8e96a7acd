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
    /** A drawing has one sixteenth of the picture around it on each side: 8 pixels of 128. */
    private static final int MARGIN_SHARE = 16;

    private static final int OVERSAMPLING = 3;

    private final int size;

    /** @param size width and height of the pictures, in pixels, at least 16 */
    public SvgRasteriser(int size) {
        if (size < 16) {
            throw new IllegalArgumentException("a picture should have at least 16 pixels a side, but " + size);
        }
        this.size = size;
    }

    /** Width and height of the pictures. */
    public int size() {
        return size;
    }

    /** Draws an icon on a background. */
    public BufferedImage render(Icon icon, Variation variation) {
        var drawing = draw(document(icon), icon, variation);
        var picture = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        average(pixels(drawing), pixels(picture), variation.background().rgb());
        return picture;
    }

    private BufferedImage draw(SVGDocument document, Icon icon, Variation variation) {
        var canvas = new BufferedImage(size * OVERSAMPLING, size * OVERSAMPLING, BufferedImage.TYPE_INT_ARGB_PRE);
        var graphics = canvas.createGraphics();
        try {
            graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            graphics.setRenderingHint(RenderingHints.KEY_RENDERING, RenderingHints.VALUE_RENDER_QUALITY);
            var box = (size - 2.0 * size / MARGIN_SHARE) * variation.scale();
            var unit = box / Math.max(icon.turnedWidth(), icon.turnedHeight());
            graphics.scale(OVERSAMPLING, OVERSAMPLING);
            graphics.translate(size / 2.0 + variation.shiftX(), size / 2.0 + variation.shiftY());
            if (variation.mirror()) {
                graphics.scale(-1, 1);
            }
            graphics.scale(unit, unit);
            graphics.translate(-icon.turnedWidth() / 2, -icon.turnedHeight() / 2);
            document.renderWithPlatform(
                    NullPlatformSupport.INSTANCE, graphics, new ViewBox((float) icon.turnedWidth(), (float)
                            icon.turnedHeight()));
        } finally {
            graphics.dispose();
        }
        return canvas;
    }

    /** Averages each square of premultiplied pixels and lays the result over the background. */
    private void average(int[] fine, int[] coarse, int background) {
        var area = OVERSAMPLING * OVERSAMPLING;
        var stride = size * OVERSAMPLING;
        for (var y = 0; y < size; y++) {
            for (var x = 0; x < size; x++) {
                int alpha = 0, red = 0, green = 0, blue = 0;
                for (var v = 0; v < OVERSAMPLING; v++) {
                    var at = (y * OVERSAMPLING + v) * stride + x * OVERSAMPLING;
                    for (var u = 0; u < OVERSAMPLING; u++) {
                        var argb = fine[at + u];
                        alpha += argb >>> 24;
                        red += argb >> 16 & 0xFF;
                        green += argb >> 8 & 0xFF;
                        blue += argb & 0xFF;
                    }
                }
                var through = 255 * area - alpha;
                coarse[y * size + x] = over(red, through, background >> 16 & 0xFF, area) << 16
                        | over(green, through, background >> 8 & 0xFF, area) << 8
                        | over(blue, through, background & 0xFF, area);
            }
        }
    }

    private static int over(int sum, int through, int background, int area) {
        return Math.clamp((sum + (through * background + 127) / 255 + area / 2) / area, 0, 255);
    }

    private static int[] pixels(BufferedImage image) {
        return ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
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
