package org.sjd4j.evaluation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sjd4j.evaluation.Table.Cell;

/** A {@link Comparison} in words and figures: the summary table, and everything as JSON. */
public final class ComparisonReport {
    private ComparisonReport() {}

    /** One row for each decoder. */
    public static Table table(String title, List<Summary> summaries) {
        var columns = Table.columns(
                "decoder", "decoder",
                "lossless", "lossless",
                "window", "window, rows",
                "denoising_steps", "K",
                "steps", "steps",
                "step_compression", "compression, tokens/step",
                "seconds", "time, s",
                "speed_up", "speed-up, paired [95 %]",
                "identical_to_ar", "identical to ar",
                "same_tokens", "same tokens",
                "overhead", "outside the network",
                "pictures", "pictures");
        return new Table(
                title, columns, summaries.stream().map(ComparisonReport::row).toList());
    }

    private static List<Cell> row(Summary summary) {
        var choice = summary.choice();
        return List.of(
                Cell.of(choice.label()),
                Cell.of(choice.decoder().lossless()),
                Cell.of(choice.window()),
                Cell.of(choice.denoisingSteps()),
                Cell.of(summary.steps(), 1),
                Cell.of(summary.stepCompression(), 2),
                Cell.of(summary.seconds(), 2),
                choice.isBaseline() ? new Cell("1x", summary.speedUp()) : Cell.of(summary.speedUp()),
                Cell.of(summary.identical()),
                Cell.share(summary.sameTokens()),
                Cell.share(summary.overhead()),
                Cell.of(summary.images()));
    }

    /**
     * Everything as one JSON object.
     *
     * @param model the model's name
     * @param withTokens whether runs list their token ids
     */
    public static String json(String model, Comparison comparison, boolean withTokens) {
        var plan = comparison.plan();
        var root = new LinkedHashMap<String, Object>();
        root.put("model", model);
        root.put("sampling", plan.sampling());
        root.put("prompts", plan.prompts());
        root.put("seeds", plan.seeds());
        root.put("skipped", comparison.skipped());
        root.put(
                "decoders",
                comparison.summaries().stream().map(ComparisonReport::decoder).toList());
        var runs = new ArrayList<Map<String, Object>>();
        comparison.runs().forEach(run -> runs.add(run(run, withTokens)));
        root.put("runs", runs);
        return Json.text(root);
    }

    private static Map<String, Object> decoder(Summary summary) {
        var choice = summary.choice();
        var json = new LinkedHashMap<String, Object>();
        json.put("decoder", choice.label());
        json.put("lossless", choice.decoder().lossless());
        json.put("window", choice.window());
        json.put("denoising_steps", choice.denoisingSteps());
        json.put("pictures", summary.images());
        json.put("steps", summary.steps());
        json.put("step_compression", summary.stepCompression());
        json.put("seconds", summary.seconds());
        json.put("decode_seconds", summary.decodeSeconds());
        json.put("phase_seconds", summary.phases());
        json.put("speed_up", summary.speedUp());
        json.put("decode_speed_up", summary.decodeSpeedUp());
        json.put("overhead", summary.overhead());
        json.put("changed_drafts", summary.changedDrafts());
        json.put("identical_to_ar", summary.identical());
        json.put("same_tokens", summary.sameTokens());
        return json;
    }

    private static Map<String, Object> run(Run run, boolean withTokens) {
        var json = new LinkedHashMap<String, Object>();
        json.put("prompt", run.prompt());
        json.put("seed", run.seed());
        json.put("decoder", run.choice().label());
        json.put("steps", run.statistics().steps());
        json.put("step_compression", run.statistics().stepCompression());
        json.put("accepted_per_step", run.statistics().acceptedPerStep());
        json.put("seconds", run.timing());
        json.put("identical_to_ar", run.identical());
        json.put("same_tokens", run.sameTokens());
        if (withTokens) {
            json.put("token_ids", run.tokens());
        }
        return json;
    }
}
