package org.sjd4j.evaluation.metric;

import java.awt.image.BufferedImage;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.sjd4j.evaluation.run.Evaluation;
import org.sjd4j.evaluation.run.ImageRecord;

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
}
