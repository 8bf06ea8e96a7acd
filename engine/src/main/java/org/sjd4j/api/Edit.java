package org.sjd4j.api;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.sjd4j.decode.KeptTokens;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.image.Rgb;

/**
 * An image of which a part is made anew: its tokens outside of that part are kept, and the pixels there stay as they are. A token is made
 * anew if one of its pixels is. {@link Request#editing} asks for it.
 *
 * <p>Tokens are chosen line by line. So what is made anew suits what lies above it and to its left, and knows nothing of what
 * lies below. Immutable.
 */
public final class Edit {
    /** By how much the sides' ratio may differ from that of the model's images. */
    private static final double SAME_SHAPE = 0.02;

    private final ImageSize size;
    private final BufferedImage image;
    private final EditMask mask;
    private final boolean[] anew;

    private Edit(ImageSize size, BufferedImage image, EditMask mask, boolean[] anew) {
        this.size = size;
        this.image = image;
        this.mask = mask;
        this.anew = anew;
    }

    /**
     * An edit of an image by a model.
     *
     * @param image of the shape of one of the model's sizes; it is scaled to it
     * @param mask of the shape of the image
     * @throws IllegalArgumentException if the shapes do not fit, or nothing is to be made anew
     */
    public static Edit of(BufferedImage image, EditMask mask, ModelDescription model) {
        var size = size(image, mask, model.sizes());
        var scaledMask = mask.scaled(size);
        RasterLayout layout = model.layout(size);
        int patchWidth = size.width() / layout.columns();
        int patchHeight = size.height() / layout.lines();
        boolean[] anew = new boolean[layout.length()];
        for (int line = 0; line < layout.lines(); line++) {
            for (int column = 0; column < layout.columns(); column++) {
                int left = column * patchWidth;
                int top = line * patchHeight;
                anew[layout.position(line, column)] =
                        scaledMask.touches(left, top, left + patchWidth - 1, top + patchHeight - 1);
            }
        }
        return new Edit(size, scaled(Rgb.of(image), size), scaledMask, anew);
    }

    /** The size in which a model edits an image: the one that is most like it, of those of its shape. */
    private static ImageSize size(BufferedImage image, EditMask mask, List<ImageSize> sizes) {
        int width = image.getWidth();
        int height = image.getHeight();
        var size = sizes.stream()
                .filter(each -> hasShape(width, height, each))
                .min(Comparator.comparingInt(each -> Math.abs(each.width() - width)))
                .orElseThrow(() -> new IllegalArgumentException(
                        "the image has %sx%s pixels, expected the shape of an image of this model: %s; crop it"
                                .formatted(
                                        width,
                                        height,
                                        sizes.stream().map(ImageSize::toString).collect(Collectors.joining(", ")))));
        if (!hasShape(mask.width(), mask.height(), size)) {
            throw new IllegalArgumentException("the mask has %sx%s pixels, expected the shape of the image, %sx%s"
                    .formatted(mask.width(), mask.height(), width, height));
        }
        if (mask.isEmpty()) {
            throw new IllegalArgumentException(
                    "nothing is to be made anew: the mask has no transparent and no white part");
        }
        return size;
    }

    private static boolean hasShape(int width, int height, ImageSize size) {
        double ratio = (double) width * size.height() / ((double) height * size.width());
        return Math.abs(ratio - 1) <= SAME_SHAPE;
    }

    private static BufferedImage scaled(BufferedImage image, ImageSize size) {
        if (image.getWidth() == size.width() && image.getHeight() == size.height()) {
            return image;
        }
        var scaled = new BufferedImage(size.width(), size.height(), BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = scaled.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        graphics.drawImage(image, 0, 0, size.width(), size.height(), null);
        graphics.dispose();
        return scaled;
    }

    /** The size of the edited image. */
    public ImageSize size() {
        return size;
    }

    /** How many tokens are made anew. */
    public int maskedTokens() {
        return (int) IntStream.range(0, anew.length).filter(this::isMasked).count();
    }

    /** Whether the token at a position of the image is made anew. */
    public boolean isMasked(int position) {
        return anew[position];
    }

    /** The image, of {@link #size()}. */
    BufferedImage image() {
        return image;
    }

    /**
     * The tokens that stay.
     *
     * @param tokens of the image, structural ones included
     */
    KeptTokens kept(int[] tokens) {
        return KeptTokens.of(IntStream.range(0, anew.length)
                .map(position -> anew[position] ? RasterLayout.NONE : tokens[position])
                .toArray());
    }

    /**
     * The edited image: the pixels of a generated one where it was to be made anew, and those of the old one elsewhere.
     *
     * @param generated of {@link #size()}
     */
    BufferedImage applied(BufferedImage generated) {
        var edited = new BufferedImage(size.width(), size.height(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < size.height(); y++) {
            for (int x = 0; x < size.width(); x++) {
                edited.setRGB(x, y, (mask.at(x, y) ? generated : image).getRGB(x, y));
            }
        }
        return edited;
    }
}
