package org.sjd4j.evaluation;

import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.Random;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.Request;
import org.sjd4j.decode.StepObserver;
import org.sjd4j.evaluation.run.Evaluation;
import org.sjd4j.tensor.Precision;

/**
 * The {@link FakeModel} for evaluations. Its window reaches to the end of the image, and every draft is right.
 *
 * @param side of its images, in pixels of noise
 */
public record FakeGenerator(int side) implements Evaluation.Generator {
    @Override
    public GeneratedImage generate(Request request, StepObserver observer) {
        var made = new FakeModel().apply(request);
        int accepted = 0;
        int step = 0;
        for (int tokens : made.statistics().acceptedPerStep()) {
            accepted += tokens;
            observer.afterStep(step++, accepted, made.tokens());
        }
        var image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
        var noise = new Random(Arrays.hashCode(made.tokens()));
        image.setRGB(0, 0, side, side, noise.ints((long) side * side).toArray(), 0, side);
        return new GeneratedImage(
                image, made.tokens(), made.statistics(), made.timing(), made.unknownWords(), made.droppedWords());
    }

    @Override
    public Recipe recipe(Request request) {
        return new Recipe("fake", Precision.FLOAT32, request);
    }
}
