package org.sjd4j.evaluation.run;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.sampling.Sampling;
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
        identity.put("images_per_prompt", Integer.toString(plan.imagesPerPrompt()));
        identity.put("first_seed", Long.toString(plan.firstSeed()));
        Sampling.SETTINGS.forEach(setting -> identity.put(setting.name(), setting.text(sampling)));
        for (DecoderChoice choice : plan.choices()) {
            identity.put("decoder " + choice.label(), settings(choice).toString());
        }
        return identity;
    }

    /** The settings of a decoder by name, as far as they matter to it. */
    static SequencedMap<String, String> settings(DecoderChoice choice) {
        var text = new LinkedHashMap<String, String>();
        text.put(DecoderSettings.WINDOW.name(), Integer.toString(choice.window()));
        DecoderSettings.SETTINGS.stream()
                .filter(choice.decoder()::uses)
                .forEach(setting -> text.put(setting.name(), setting.text(choice.settings())));
        return text;
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
