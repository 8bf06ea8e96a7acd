package org.sjd4j.evaluation.run;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.sjd4j.image.ImageFileException;
import org.sjd4j.image.ImageFiles;

/**
 * Something that is made of each image of an evaluation, once: an image that is the same as autoregression's gives the
 * same.
 *
 * @param <T> what is made, never null
 */
final class SharedImages<T> {
    private final Evaluation evaluation;
    private final Function<BufferedImage, T> work;
    private final Map<String, T> ofBaseline = new HashMap<>();

    SharedImages(Evaluation evaluation, Function<BufferedImage, T> work) {
        this.evaluation = evaluation;
        this.work = work;
    }

    T of(ImageRecord image) {
        return image.identicalToAr()
                ? ofBaseline.computeIfAbsent(
                        image.promptIndex() + "-" + image.image(), _ -> work.apply(evaluation.image(image)))
                : work.apply(evaluation.image(image));
    }

    /**
     * An image's pixels.
     *
     * @throws EvaluationException if they cannot be read; the message names the file
     */
    static BufferedImage read(Path file) {
        try {
            return ImageFiles.read(file);
        } catch (ImageFileException e) {
            throw new EvaluationException(e.getMessage() + ", or delete it", e);
        }
    }
}
