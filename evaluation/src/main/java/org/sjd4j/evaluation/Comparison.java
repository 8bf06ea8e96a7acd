package org.sjd4j.evaluation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.Request;
import org.sjd4j.decode.sampling.DecodingException;

/**
 * Decoders side by side on the same prompts and seeds.
 *
 * <p>For each prompt and seed autoregression goes first and the others follow at once, so that a machine that slows down
 * slows all of them down and ratios of times within a pair mean something. Before anything counts, every decoder makes
 * one image, which warms the machine up and tells which decoders this model cannot run.
 *
 * @param plan what was run, less the decoders that are not possible
 * @param skipped decoders that this model cannot run, with the reason, by label
 * @param runs all images, in the order in which they were made
 */
public record Comparison(Plan plan, Map<String, String> skipped, List<Run> runs) {
    /** Hears of every image as soon as it is made. */
    @FunctionalInterface
    public interface Listener {
        /** Hears nothing. */
        Listener NONE = (done, all) -> {};

        /**
         * Called after each image.
         *
         * @param done images so far, those for warming up included
         * @param all images in all
         */
        void made(int done, int all);
    }

    /**
     * Runs a plan.
     *
     * @param generator makes images: a loaded model's {@code generate}
     * @param keepImages whether runs hold their image; figures alone need none
     * @throws DecodingException if not even autoregression is possible
     */
    public static Comparison run(
            Function<Request, GeneratedImage> generator, Plan plan, boolean keepImages, Listener listener) {
        int warmUps = plan.choices().size();
        int all = warmUps + plan.images();
        var skipped = new LinkedHashMap<String, String>();
        var possible = new ArrayList<DecoderChoice>();
        int done = 0;
        for (DecoderChoice choice : plan.choices()) {
            try {
                var _ = generator.apply(
                        request(plan, plan.prompts().getFirst(), plan.seeds().getFirst(), choice));
                possible.add(choice);
            } catch (DecodingException e) {
                if (choice.isBaseline()) {
                    throw e;
                }
                skipped.put(choice.label(), String.valueOf(e.getMessage()));
            }
            listener.made(++done, all);
        }
        var feasible = new Plan(plan.prompts(), plan.seeds(), possible, plan.sampling());
        all = warmUps + feasible.images();
        var runs = new ArrayList<Run>();
        for (String prompt : feasible.prompts()) {
            for (long seed : feasible.seeds()) {
                int[] baseline = {};
                for (DecoderChoice choice : feasible.choices()) {
                    var image = generator.apply(request(feasible, prompt, seed, choice));
                    baseline = choice.isBaseline() ? image.tokens() : baseline;
                    runs.add(Run.of(prompt, seed, choice, image, baseline, keepImages));
                    listener.made(++done, all);
                }
            }
        }
        return new Comparison(feasible, skipped, List.copyOf(runs));
    }

    private static Request request(Plan plan, String prompt, long seed, DecoderChoice choice) {
        return new Request(prompt, seed, choice.decoder(), choice.settings(), plan.sampling());
    }

    /** The images of one decoder; those of all decoders are in the same order of prompts and seeds. */
    public List<Run> runs(DecoderChoice choice) {
        return runs.stream().filter(run -> run.choice().equals(choice)).toList();
    }

    /** The images by autoregression. */
    public List<Run> baseline() {
        return runs(plan.choices().getFirst());
    }

    /** The figures of every decoder, autoregression first. */
    public List<Summary> summaries() {
        return plan.choices().stream()
                .map(choice -> Summary.of(choice, runs(choice), baseline()))
                .toList();
    }
}
