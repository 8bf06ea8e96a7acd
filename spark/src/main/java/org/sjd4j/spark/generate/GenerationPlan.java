package org.sjd4j.spark.generate;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.Request;
import org.sjd4j.decode.random.Randomness;
import org.sjd4j.spark.cluster.ModelPlan;
import org.sjd4j.spark.cluster.RowHash;

/**
 * How every row is generated, in a form that travels: the recipe of an image as text, as image files carry it.
 *
 * @param model what executors load
 * @param recipe of any row, but for prompt and seed
 * @param jobSeed what the seeds of all rows derive from
 */
record GenerationPlan(ModelPlan model, LinkedHashMap<String, String> recipe, long jobSeed) implements Serializable {
    GenerationPlan(ModelPlan model, Recipe recipe, long jobSeed) {
        this(model, new LinkedHashMap<>(recipe.toText()), jobSeed);
    }

    /** The recipe of a row: the same in whatever order, partition and attempt it is generated. */
    Recipe recipe(String id, String caption) {
        var any = Recipe.fromText(recipe);
        var generated = any.request();
        var request = new Request(
                caption,
                generated.negativePrompt(),
                seed(id),
                generated.decoder(),
                generated.settings(),
                generated.sampling(),
                generated.size());
        return new Recipe(any.model(), any.parts(), any.precision(), request);
    }

    /** The seed of a row, which is not negative. */
    long seed(String id) {
        return new Randomness(jobSeed).seed(RowHash.of(id));
    }

    /** What the images depend on. */
    Map<String, String> identity() {
        var identity = new LinkedHashMap<>(recipe);
        identity.remove("prompt");
        identity.put("seed", Long.toString(jobSeed));
        identity.put("weights", model.fingerprint());
        return identity;
    }
}
