package org.sjd4j.evaluation.run;

import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.decode.StepObserver;

/**
 * A loaded model that makes the images of an evaluation.
 *
 * @param name what the model was chosen by
 * @param parts that were chosen with it
 */
public record ModelGenerator(TextToImage model, String name, Recipe.Parts parts) implements Evaluation.Generator {
    @Override
    public GeneratedImage generate(Request request, StepObserver observer) {
        return model.generate(request, observer);
    }

    @Override
    public Recipe recipe(Request request) {
        return new Recipe(name, parts, model.precision(), request);
    }
}
