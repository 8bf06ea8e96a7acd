package org.sjd4j.evaluation.run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.DecoderChoice;

/**
 * What an {@link Evaluation} generates: of every prompt some images by every decoder. Every image of every prompt has a
 * seed of its own, so that prompts share no noise and count as independent.
 *
 * @param prompts what the images show
 * @param imagesPerPrompt by each decoder
 * @param firstSeed seed of the first image of the first prompt
 * @param choices the decoders; autoregression, the baseline, is always the first, and none is there twice
 * @param sampling the distribution that all generate from
 */
public record EvaluationPlan(
        List<Prompt> prompts, int imagesPerPrompt, long firstSeed, List<DecoderChoice> choices, Sampling sampling) {
    public EvaluationPlan {
        if (prompts.isEmpty()) {
            throw new IllegalArgumentException("expected at least one prompt");
        }
        if (imagesPerPrompt < 1) {
            throw new IllegalArgumentException("expected at least one image per prompt, found " + imagesPerPrompt);
        }
        prompts = List.copyOf(prompts);
        choices = baselineFirst(choices);
    }

    private static List<DecoderChoice> baselineFirst(List<DecoderChoice> choices) {
        var byLabel = new LinkedHashMap<String, DecoderChoice>();
        choices.stream().filter(DecoderChoice::isBaseline).findFirst().ifPresent(ar -> byLabel.put(ar.label(), ar));
        if (byLabel.isEmpty()) {
            var ar = new DecoderChoice(Decoders.AR, DecoderSettings.DEFAULT);
            byLabel.put(ar.label(), ar);
        }
        choices.stream()
                .filter(choice -> !choice.isBaseline())
                .forEach(choice -> byLabel.putIfAbsent(choice.label(), choice));
        return List.copyOf(byLabel.values());
    }

    /**
     * One image of the plan.
     *
     * @param prompt index of its prompt, from 0
     * @param image which one of the prompt's, from 0
     */
    public record Item(int prompt, int image, long seed, DecoderChoice choice) {
        /** The name of its file, below the run's directory of images. */
        public String file() {
            return String.format(Locale.ROOT, "%s/%05d-%d.png", folder(choice), prompt, image);
        }

        /** The folder of a decoder's images: its label in letters that any file system knows. */
        public static String folder(DecoderChoice choice) {
            return choice.label().replaceAll("[^A-Za-z0-9.-]+", "_");
        }
    }

    /** Everything to generate, in order: the decoders one right after the other on the same prompt and seed. */
    public List<Item> items() {
        var items = new ArrayList<Item>();
        for (int prompt = 0; prompt < prompts.size(); prompt++) {
            for (int image = 0; image < imagesPerPrompt; image++) {
                long seed = firstSeed + (long) prompt * imagesPerPrompt + image;
                for (DecoderChoice choice : choices) {
                    items.add(new Item(prompt, image, seed, choice));
                }
            }
        }
        return items;
    }

    /** The same plan for some of its decoders. */
    EvaluationPlan only(LinkedHashSet<DecoderChoice> possible) {
        return new EvaluationPlan(prompts, imagesPerPrompt, firstSeed, List.copyOf(possible), sampling);
    }
}
