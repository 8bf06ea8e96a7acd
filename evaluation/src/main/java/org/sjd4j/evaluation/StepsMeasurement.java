package org.sjd4j.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.sjd4j.api.TextToImage;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.Initialisation;
import org.sjd4j.evaluation.Comparison.Listener;
import org.sjd4j.evaluation.Table.Cell;

/** Forward passes per image: all decoders, and sweeps over their settings. */
public final class StepsMeasurement {
    private StepsMeasurement() {}

    /**
     * Settings of one kind to try.
     *
     * @param key the name of what varies
     * @param title of the table
     * @param choices the decoders with their settings
     */
    public record Sweep(String key, String title, List<DecoderChoice> choices) {}

    /** The sweeps over windows, first guesses, denoising steps, entry levels and row cleaning, by the setting's key. */
    public static List<Sweep> sweeps(DecoderSettings settings) {
        var exact = new DecoderChoice(Decoders.SJD_EXACT, settings);
        var denoising = new DecoderChoice(Decoders.SJD2_EXACT, settings);
        var plain = new DecoderChoice(Decoders.SJD2, settings);
        var all = List.of(exact, denoising, plain);
        var above = denoising.with("initialisation", "above");
        var wide = exact.with("window", 24);
        return List.of(
                sweep("Steps by window", all, "window", 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256),
                sweep(
                        "Steps by first guess",
                        List.of(exact, denoising),
                        "initialisation",
                        Arrays.stream(Initialisation.values())
                                .map(value -> value.name().toLowerCase(Locale.ROOT))
                                .toArray()),
                sweep(
                        "Steps by denoising steps",
                        List.of(denoising, plain),
                        "denoising-steps",
                        0,
                        1,
                        2,
                        3,
                        5,
                        8,
                        12,
                        20),
                sweep("Steps by entry level, around the token above", levels(above), "entry-level", 1, 2, 3, 4, 5),
                sweep("Steps by guided rows of a window of 24", List.of(wide), "guided-rows", 4, 6, 8, 10, 12, 16, 24),
                sweep(
                        "Steps by row cleaning threshold",
                        levels(denoising),
                        "row-cleaning-threshold",
                        0,
                        0.05,
                        0.1,
                        0.2,
                        0.4));
    }

    private static List<DecoderChoice> levels(DecoderChoice choice) {
        return List.of(choice.with("denoising-steps", 5));
    }

    private static Sweep sweep(String title, List<DecoderChoice> decoders, String key, Object... values) {
        var choices = new ArrayList<DecoderChoice>();
        for (DecoderChoice decoder : decoders) {
            for (Object value : values) {
                choices.add(decoder.with(key, value));
            }
        }
        return new Sweep(key, title, choices);
    }

    /**
     * Runs the plan's decoders and all sweeps as one comparison.
     *
     * @param sweeps what to vary besides the plan's decoders
     */
    public static Measurement measure(TextToImage model, Plan plan, List<Sweep> sweeps, Listener listener) {
        var all = new ArrayList<>(List.of(new Sweep("decoder", "Steps by decoder", plan.choices())));
        all.addAll(sweeps);
        var choices = all.stream().flatMap(sweep -> sweep.choices().stream()).toList();
        var whole = new Plan(plan.prompts(), plan.seeds(), choices, plan.sampling());
        var comparison = Comparison.run(model::generate, whole, false, listener);
        var summaries = comparison.summaries();
        var tables = new ArrayList<Table>();
        for (Sweep sweep : all) {
            var labels = sweep.choices().stream().map(DecoderChoice::label).toList();
            var rows = summaries.stream()
                    .filter(summary -> labels.contains(summary.choice().label()))
                    .map(StepsMeasurement::row)
                    .toList();
            tables.add(table(sweep.title(), rows));
        }
        return new Measurement("steps", Conditions.of(model, comparison), tables);
    }

    private static Table table(String title, List<List<Cell>> rows) {
        var columns = Table.columns(
                "decoder", "decoder",
                "lossless", "lossless",
                "window", "window, rows",
                "denoising_steps", "K",
                "steps", "steps",
                "step_compression", "compression, tokens/step",
                "changed_drafts", "drafts changed per refinement",
                "identical_to_ar", "identical to ar");
        return new Table(title, columns, rows);
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
                Cell.share(summary.changedDrafts()),
                Cell.of(summary.identical()));
    }
}
