package org.sjd4j.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.sjd4j.api.Families;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.StepObserver;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.LoadedModel;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.io.TextFile;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;

/**
 * What a dtype does to the logits of the bundled model: images are generated in float32, and every format predicts
 * their tokens, without guidance, temperature or top-p.
 *
 * <p>Usage: {@code Dtypes PROMPTS LIMIT}, with a prompt on each line of a file.
 */
public final class Dtypes {
    private Dtypes() {}

    /** The tokens of an image and what float32 predicts for each. */
    private record Reference(String prompt, int[] tokens, Distribution[] expected) {}

    /** Measures. */
    public static void main(String[] arguments) throws IOException {
        var prompts = TextFile.lines(Path.of(arguments[0])).stream()
                .filter(line -> !line.isBlank())
                .limit(Integer.parseInt(arguments[1]))
                .toList();
        var description = Families.describe(BundledModel.directory());
        var references = new ArrayList<Reference>();
        try (var model = description.load(ComputeDevice.CPU, Precision.FLOAT32)) {
            for (String prompt : prompts) {
                int[] tokens = generate(description, model, prompt);
                references.add(new Reference(prompt, tokens, predict(description, model, prompt, tokens)));
            }
        }
        System.out.println("| format | rms error of ln p | KL from float32, nats/token | same most probable token |");
        System.out.println("|:--|--:|--:|--:|");
        for (var precision : Precision.values()) {
            try (var model = description.load(ComputeDevice.CPU, precision)) {
                System.out.println(row(description, model, precision, references));
            }
        }
    }

    private static int[] generate(ModelDescription description, LoadedModel model, String prompt) {
        var defaults = description.defaults(ComputeDevice.CPU);
        try (var session =
                model.begin(prompt, "", defaults.sampling(), description.sizes().getFirst())) {
            return Decoders.SJD_EXACT
                    .decode(session, defaults.settings(), 1, StepObserver.NONE)
                    .tokens();
        }
    }

    private static Distribution[] predict(
            ModelDescription description, LoadedModel model, String prompt, int[] tokens) {
        try (var session =
                model.begin(prompt, "", Sampling.PLAIN, description.sizes().getFirst())) {
            var rows = new ArrayList<Row>();
            for (int i = 0; i < tokens.length; i++) {
                rows.add(Row.before(i, tokens));
            }
            return session.step(0, rows);
        }
    }

    /** Errors of ln p count as often as p says, so that what is never generated does not matter. */
    private static String row(
            ModelDescription description, LoadedModel model, Precision precision, List<Reference> references) {
        double squares = 0;
        double divergence = 0;
        int same = 0;
        int count = 0;
        for (var reference : references) {
            var found = predict(description, model, reference.prompt(), reference.tokens());
            for (int i = 0; i < found.length; i++) {
                var expected = reference.expected()[i];
                for (int k = 0; k < expected.size(); k++) {
                    double p = expected.probability(expected.id(k));
                    if (p > 0) {
                        double error = Math.log(p) - Math.log(found[i].probability(expected.id(k)));
                        squares += p * error * error;
                        divergence += p * error;
                    }
                }
                same += expected.argmax() == found[i].argmax() ? 1 : 0;
                count++;
            }
        }
        return String.format(
                Locale.ROOT,
                "| %s | %.1e | %.1e | %.2f %% |",
                precision,
                Math.sqrt(squares / count),
                divergence / count,
                100.0 * same / count);
    }
}
