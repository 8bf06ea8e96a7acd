package org.sjd4j.cli;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.sjd4j.decode.StepObserver;
import org.sjd4j.pipeline.AtomicFile;
import org.sjd4j.pipeline.TextToImage;

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
     * @param model the model that drew the picture
     */
    void write(Path file, TextToImage model) {
        List<Step> shown = shown();
        List<BufferedImage> pictures = model.decodeImages(shown.stream()
                .map(step -> Arrays.copyOf(step.tokens(), model.imageTokens()))
                .toList());
        var gif = new AnimatedGif(Math.clamp(CENTISECONDS / shown.size(), 4, 20));
        for (int i = 0; i < shown.size(); i++) {
            gif.add(veiled(pictures.get(i), shown.get(i), model.grid()));
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

    private static BufferedImage veiled(BufferedImage picture, Step step, int grid) {
        for (int y = 0; y < picture.getHeight(); y++) {
            for (int x = 0; x < picture.getWidth(); x++) {
                int token = y * grid / picture.getHeight() * grid + x * grid / picture.getWidth();
                if (token >= step.tokens().length) {
                    picture.setRGB(x, y, GREY * 0x010101);
                } else if (token >= step.accepted()) {
                    picture.setRGB(x, y, halfGrey(picture.getRGB(x, y)));
                }
            }
        }
        return picture;
    }

    private static int halfGrey(int rgb) {
        return (rgb & 0xfefefe) / 2 + GREY / 2 * 0x010101;
    }
}
