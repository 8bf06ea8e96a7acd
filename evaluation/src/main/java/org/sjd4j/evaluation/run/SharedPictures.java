package org.sjd4j.evaluation.run;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import javax.imageio.ImageIO;

/**
 * Something that is made of each picture of an evaluation, once: a picture that is the same as autoregression's gives the
 * same.
 *
 * @param <T> what is made, never null
 */
final class SharedPictures<T> {
    private final Evaluation evaluation;
    private final Function<BufferedImage, T> work;
    private final Map<String, T> ofBaseline = new HashMap<>();

    SharedPictures(Evaluation evaluation, Function<BufferedImage, T> work) {
        this.evaluation = evaluation;
        this.work = work;
    }

    T of(DrawnPicture picture) {
        return picture.identicalToAr()
                ? ofBaseline.computeIfAbsent(
                        picture.promptIndex() + "-" + picture.picture(), _ -> work.apply(evaluation.picture(picture)))
                : work.apply(evaluation.picture(picture));
    }

    /**
     * A picture's pixels.
     *
     * @throws EvaluationException if there are none
     */
    static BufferedImage read(Path file) {
        BufferedImage image;
        try {
            image = ImageIO.read(file.toFile());
        } catch (IOException | RuntimeException e) { // malformed files make ImageIO throw all sorts of exceptions
            throw new EvaluationException(file + " cannot be read: restore or delete it", e);
        }
        if (image == null) {
            throw new EvaluationException(file + " is no picture: restore or delete it");
        }
        return image;
    }
}
