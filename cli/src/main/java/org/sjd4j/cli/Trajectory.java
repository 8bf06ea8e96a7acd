package org.sjd4j.cli;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.TextToImage;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.StepObserver;
import org.sjd4j.decode.sampling.Layout;
import org.sjd4j.family.ImageSize;
import org.sjd4j.io.AtomicFile;

/**
 * Remembers a decoding and makes an animation of it: tokens that are not in the window yet are grey, drafts are half as
 * strong as what is accepted.
 */
final class Trajectory implements StepObserver {
    private static final int MOST_FRAMES = 80;
    private static final int CENTISECONDS = 400;
    private static final int GREY = 0xc0;

    private final List<Step> steps = new ArrayList<>();

    @SuppressWarnings("ArrayRecordComponent") // read, never compared
    private record Step(int accepted, int[] tokens) {}

    @Override
    public void afterStep(int step, int accepted, int[] tokens) {
        steps.add(new Step(accepted, tokens));
    }

    /**
     * Writes the animation.
     *
     * @param model the model that generated the image
     * @param asked the size that was asked for, if any
     */
    void write(Path file, TextToImage model, @Nullable ImageSize asked) {
        var size = asked == null ? model.size() : asked;
        var layout = model.description().layout(size);
        List<Step> shown = shown();
        List<BufferedImage> images = model.decodeImages(
                shown.stream().map(step -> filledUp(step.tokens(), layout)).toList(), size);
        var gif = new AnimatedGif(Math.clamp(CENTISECONDS / shown.size(), 4, 20));
        for (int i = 0; i < shown.size(); i++) {
            gif.add(veiled(images.get(i), shown.get(i), layout));
        }
        AtomicFile.write(file, gif.finish());
    }

    /** At most {@link #MOST_FRAMES} steps, evenly spread, the last one among them. */
    private List<Step> shown() {
        int count = Math.min(steps.size(), MOST_FRAMES);
        var shown = new ArrayList<Step>();
        for (int i = 1; i <= count; i++) {
            shown.add(steps.get((int) ((long) i * steps.size() / count) - 1));
        }
        return shown;
    }

    /** Tokens so far, and for those that are still to come the first one that may stand there. */
    private static int[] filledUp(int[] tokens, RasterLayout layout) {
        int[] all = Arrays.copyOf(tokens, layout.length());
        for (int i = tokens.length; i < all.length; i++) {
            int forced = layout.forcedAt(i);
            all[i] = forced == Layout.NONE ? layout.firstImageId() : forced;
        }
        return all;
    }

    private static BufferedImage veiled(BufferedImage image, Step step, RasterLayout layout) {
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                int line = y * layout.lines() / image.getHeight();
                int column = x * layout.columns() / image.getWidth();
                int token = layout.position(line, column);
                if (token >= step.tokens().length) {
                    image.setRGB(x, y, GREY * 0x010101);
                } else if (token >= step.accepted()) {
                    image.setRGB(x, y, halfGrey(image.getRGB(x, y)));
                }
            }
        }
        return image;
    }

    private static int halfGrey(int rgb) {
        return (rgb & 0xfefefe) / 2 + GREY / 2 * 0x010101;
    }
}
