package org.sjd4j.evaluation.report;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.Comparison;
import org.sjd4j.evaluation.ComparisonReport;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Run;

/**
 * A {@link Comparison} as one HTML file that needs nothing else: the summary, plots, and the images of each prompt and
 * seed next to each other.
 */
public final class HtmlReport {
    private HtmlReport() {}

    /**
     * The report as HTML.
     *
     * @param model the model's name
     * @param comparison with its images kept, or they are missing
     */
    public static String of(String model, Comparison comparison) {
        var plan = comparison.plan();
        var summaries = comparison.summaries();
        var page = new Page("Decoders side by side", "Decoders side by side: " + model)
                .paragraph("Model %s, %s. %s, %s each. Speed-ups are those of images made one right after the other."
                        .formatted(
                                model,
                                sampling(plan.sampling()),
                                Page.count(plan.prompts().size(), "prompt"),
                                Page.count(plan.seeds().size(), "seed")))
                .leftOut(comparison.skipped())
                .section("Summary")
                .table(ComparisonReport.table("Summary", summaries))
                .note("Means ± standard errors " + (plan.prompts().size() > 1 ? "over prompts" : "over seeds")
                        + ". A lossless decoder samples from the same distribution as ar; a seed-exact one generates the same"
                        + " tokens. “Outside the network” is the share of decoding that is not forward passes.");
        var runs = new LinkedHashMap<DecoderChoice, List<Run>>();
        plan.choices().forEach(choice -> runs.put(choice, comparison.runs(choice)));
        var plots = new ArrayList<Figure>();
        plots.add(BarCharts.steps(summaries));
        if (runs.size() > 1) {
            plots.add(LineCharts.accepted(runs));
        }
        page.section("Plots").plots(plots).section("Images");
        for (String prompt : plan.prompts()) {
            for (long seed : plan.seeds()) {
                page.images(new ImageRow(prompt, seed, images(comparison, prompt, seed)));
            }
        }
        return page.finish();
    }

    /** What all generate from, in words. */
    static String sampling(Sampling sampling) {
        var parts = new ArrayList<String>();
        parts.add(sampling.guided() ? "guidance scale " + sampling.guidanceScale() : "no guidance");
        parts.add("temperature " + sampling.temperature());
        parts.add(sampling.topK() == 0 ? "no top-k" : "top-k " + sampling.topK());
        parts.add(sampling.topP() == 1 ? "no top-p" : "top-p " + sampling.topP());
        return String.join(", ", parts);
    }

    private static List<ImageRow.Image> images(Comparison comparison, String prompt, long seed) {
        var images = new ArrayList<ImageRow.Image>();
        for (Run run : comparison.runs()) {
            BufferedImage image = run.image();
            if (run.prompt().equals(prompt) && run.seed() == seed && image != null) {
                images.add(new ImageRow.Image(run, DataUri.png(image)));
            }
        }
        return images;
    }
}
