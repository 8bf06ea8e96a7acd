package org.sjd4j.evaluation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.LongStream;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Sampling;

/**
 * What a {@link Comparison} runs: every decoder on every prompt with every seed.
 *
 * @param prompts what the images show
 * @param seeds of the images of each prompt
 * @param choices the decoders; autoregression, the baseline, is always the first, and none is there twice
 * @param sampling the distribution that all generate from
 */
public record Plan(List<String> prompts, List<Long> seeds, List<DecoderChoice> choices, Sampling sampling) {
    private static final long MOST_SEEDS = 1_000_000;

    public Plan {
        if (prompts.isEmpty() || prompts.stream().anyMatch(String::isBlank)) {
            throw new IllegalArgumentException("expected at least one prompt and none that is empty");
        }
        if (seeds.isEmpty()) {
            throw new IllegalArgumentException("expected at least one seed");
        }
        prompts = List.copyOf(prompts);
        seeds = List.copyOf(seeds);
        choices = baselineFirst(choices);
    }

    /** The decoders, each once, with autoregression first, which is added if it is missing. */
    public static List<DecoderChoice> baselineFirst(List<DecoderChoice> choices) {
        var byLabel = new LinkedHashMap<String, DecoderChoice>();
        choices.stream().filter(DecoderChoice::isBaseline).findFirst().ifPresent(ar -> byLabel.put(ar.label(), ar));
        if (byLabel.isEmpty()) {
            var ar = new DecoderChoice(Decoders.AR, DecoderSettings.DEFAULT);
            byLabel.put(ar.label(), ar);
        }
        choices.stream()
                .filter(choice -> !choice.isBaseline())
                .forEach(choice -> byLabel.putIfAbsent(choice.label(), choice));
        return List.copyOf(new ArrayList<>(byLabel.values()));
    }

    /** The number of images to make. */
    public int images() {
        return prompts.size() * seeds.size() * choices.size();
    }

    /**
     * Reads {@code FROM..TO}, both included, or a single seed.
     *
     * @throws IllegalArgumentException if the text is something else
     */
    public static List<Long> seeds(String text) {
        try {
            int dots = text.indexOf("..");
            long from = Long.parseLong(dots < 0 ? text : text.substring(0, dots));
            long to = dots < 0 ? from : Long.parseLong(text.substring(dots + 2));
            if (to >= from && to - from >= 0 && to - from < MOST_SEEDS) {
                return LongStream.rangeClosed(from, to).boxed().toList();
            }
        } catch (NumberFormatException _) {
            // reported below
        }
        throw new IllegalArgumentException(
                "the seeds '%s' make no range; write a number such as 7 or a range such as 1..8".formatted(text));
    }
}
