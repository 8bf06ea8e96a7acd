package org.sjd4j.cli.evaluate;

import java.util.LinkedHashSet;
import java.util.List;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.io.Excerpt;
import org.sjd4j.options.Console;

/** Words that a model never saw. */
final class UnknownWords {
    private UnknownWords() {}

    /** Warns of those in prompts, if there are some. */
    static void warn(Console console, ModelDescription description, List<String> prompts) {
        var unknown = new LinkedHashSet<String>();
        prompts.forEach(prompt -> unknown.addAll(description.notes(prompt).unknown()));
        if (!unknown.isEmpty()) {
            console.warning("the model never saw: " + Excerpt.list(unknown));
        }
    }
}
