package org.sjd4j.evaluation.run;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.evaluation.DecoderChoice;

/** A plan as short texts, to tell whether two runs are the same. */
final class PlanIdentity {
    private PlanIdentity() {}

    /**
     * Everything that images depend on.
     *
     * @param of the model and where it runs
     */
    static SequencedMap<String, String> of(EvaluationPlan plan, SequencedMap<String, String> of) {
        var identity = new LinkedHashMap<>(of);
        var sampling = plan.sampling();
        String prompts = plan.prompts().stream()
                .map(prompt -> prompt.text() + "\t" + prompt.category())
                .collect(Collectors.joining("\n"));
        identity.put("prompts", plan.prompts().size() + ", SHA-256 " + sha256(prompts));
        identity.put("pictures_per_prompt", Integer.toString(plan.imagesPerPrompt()));
        identity.put("first_seed", Long.toString(plan.firstSeed()));
        identity.put("guidance_scale", Double.toString(sampling.guidanceScale()));
        identity.put("temperature", Double.toString(sampling.temperature()));
        identity.put("top_k", Integer.toString(sampling.topK()));
        identity.put("top_p", Double.toString(sampling.topP()));
        for (DecoderChoice choice : plan.choices()) {
            identity.put("decoder " + choice.label(), settings(choice).toString());
        }
        return identity;
    }

    /** The settings of a decoder by name, as far as they matter to it. */
    static SequencedMap<String, String> settings(DecoderChoice choice) {
        var settings = choice.settings();
        var text = new LinkedHashMap<String, String>();
        text.put("window", Integer.toString(choice.window()));
        if (!choice.isBaseline()) {
            text.put("initialisation", settings.initialisation().name().toLowerCase(Locale.ROOT));
            text.put("guided_rows", orAll(settings.guidedRows()));
        }
        if (choice.decoder().denoises()) {
            text.put("denoising_steps", Integer.toString(settings.denoisingSteps()));
            text.put("entry_level", orAll(settings.entryLevel()));
            text.put("row_cleaning_threshold", Double.toString(settings.rowCleaningThreshold()));
        }
        return text;
    }

    private static String orAll(int rows) {
        return rows == DecoderSettings.ALL ? "all" : Integer.toString(rows);
    }

    private static String sha256(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash).substring(0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }
}
