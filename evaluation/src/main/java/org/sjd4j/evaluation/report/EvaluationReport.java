package org.sjd4j.evaluation.report;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Measurement;
import org.sjd4j.evaluation.run.Evaluation;
import org.sjd4j.evaluation.run.ImageRecord;
import org.sjd4j.evaluation.run.Summary;
import org.sjd4j.evaluation.run.Trajectory;
import org.sjd4j.io.AtomicFile;

/**
 * A complete {@link Evaluation} as one HTML file that needs nothing else: the summary, plots of what the decoders cost and
 * how they came to their tokens, and as many images as its size allows.
 */
public final class EvaluationReport {
    /** The report's name in the directory of its evaluation. */
    public static final String FILE = "report.html";

    /** No report has more bytes, so that it can be sent and opens at once. */
    static final int MOST_BYTES = 5_000_000;

    /** Prompts and seeds with images, and images of all decoders; more than these nobody looks at. */
    private static final int MOST_ROWS = 24;

    private static final int FEWEST_ROWS = 4;
    private static final int MOST_IMAGES = 288;

    /** Twice as wide as most screens show an image. */
    private static final int WIDEST = 320;

    /** Bytes for what comes after the images' room was measured. */
    private static final int RESERVE = 10_000;

    private final Evaluation evaluation;
    private final Measurement measurement;
    private final List<Summary> summaries;
    private final RasterLayout layout;
    /** Accepted tokens of each step of each image. */
    private final SequencedMap<DecoderChoice, List<int[]>> runs = new LinkedHashMap<>();

    private EvaluationReport(
            Evaluation evaluation, Measurement measurement, List<Summary> summaries, RasterLayout layout) {
        this.evaluation = evaluation;
        this.measurement = measurement;
        this.summaries = summaries;
        this.layout = layout;
        for (var choice : evaluation.plan().choices()) {
            runs.put(
                    choice,
                    evaluation.images(choice).stream()
                            .map(ImageRecord::acceptedPerStep)
                            .toList());
        }
    }

    /**
     * Writes a report.
     *
     * @param file where to
     * @param evaluation all of whose images are there
     * @param measurement the conditions and the table of the figures
     * @param summaries the figures of every decoder
     * @param layout the order of the tokens of its images
     */
    public static void write(
            Path file, Evaluation evaluation, Measurement measurement, List<Summary> summaries, RasterLayout layout) {
        String html = new EvaluationReport(evaluation, measurement, summaries, layout).html();
        AtomicFile.write(file, html.getBytes(StandardCharsets.UTF_8));
    }

    private String html() {
        var plan = evaluation.plan();
        String model = String.valueOf(measurement.conditions().get("model"));
        var page = new Page("Evaluation of decoders", "Evaluation of decoders: " + model)
                .paragraph("Model %s, %s. %s, %s each by every decoder."
                        .formatted(
                                model,
                                sampling(plan.sampling()),
                                Page.count(plan.prompts().size(), "prompt"),
                                Page.count(plan.imagesPerPrompt(), "image")))
                .leftOut(evaluation.leftOut())
                .section("Summary")
                .table(measurement.tables().getFirst())
                .note("Means ± standard errors " + (plan.prompts().size() > 1 ? "over prompts" : "over seeds")
                        + ". A lossless decoder samples from the same distribution as ar; a seed-exact one generates the same"
                        + " tokens. Speed-ups are those of images generated one right after the other. K is the number"
                        + " of denoising steps.")
                .details("Conditions: model, sampling, machine", measurement.conditions());
        measurement.tables().stream()
                .skip(1)
                .forEach(table -> page.section(table.title()).table(table));
        page.section("Steps and seconds").plots(costs());
        sweeps(page);
        acceptance(page);
        trajectories(page);
        images(page);
        return page.finish();
    }

    /** What all sample from, in words. */
    private static String sampling(Sampling sampling) {
        var parts = new ArrayList<String>();
        parts.add(sampling.guided() ? "guidance scale " + sampling.guidanceScale() : "no guidance");
        parts.add("temperature " + sampling.temperature());
        parts.add(sampling.topK() == 0 ? "no top-k" : "top-k " + sampling.topK());
        parts.add(sampling.topP() == 1 ? "no top-p" : "top-p " + sampling.topP());
        return String.join(", ", parts);
    }

    private List<Figure> costs() {
        var figures = new ArrayList<Figure>();
        figures.add(LineCharts.cost(summaries));
        if (runs.size() > 1) {
            figures.add(LineCharts.accepted(runs));
        }
        figures.add(BarCharts.steps(summaries));
        figures.add(BarCharts.phases(summaries));
        return figures;
    }

    private void sweeps(Page page) {
        var figures = new ArrayList<Figure>();
        for (var sweep : Sweep.among(summaries)) {
            figures.add(LineCharts.steps(sweep));
            figures.add(LineCharts.speedUp(sweep));
        }
        if (!figures.isEmpty()) {
            page.section("What the settings do").plots(figures);
        }
    }

    private void acceptance(Page page) {
        var maps = new LinkedHashMap<DecoderChoice, double[][]>();
        runs.forEach((choice, generated) -> {
            if (!choice.isBaseline()) {
                maps.put(choice, AcceptanceMap.of(generated, layout));
            }
        });
        if (!maps.isEmpty()) {
            var scale = new Viridis(1, Math.max(2, Math.ceil(AcceptanceMap.largest(List.copyOf(maps.values())))));
            var figures = new ArrayList<Figure>();
            maps.forEach((choice, map) -> figures.add(HeatMaps.acceptance(choice, map, scale)));
            page.section("Where tokens are accepted")
                    .plot(HeatMaps.colourBar(scale))
                    .maps(figures);
        }
    }

    private void trajectories(Page page) {
        var figures = new ArrayList<Figure>();
        for (var choice : runs.keySet()) {
            var trajectory = choice.isBaseline() ? null : Trajectory.read(evaluation.path("."), choice);
            if (trajectory != null) {
                figures.add(HeatMaps.trajectory(choice, trajectory));
            }
        }
        if (!figures.isEmpty()) {
            page.section("How the tokens of the first image came about")
                    .paragraph(
                            "Read each plot from top to bottom: a row is what is known after a forward pass, from the"
                                    + " first token of the image to the last; what the window has not reached is white.")
                    .legend(HeatMaps.legendOfTrajectories())
                    .plots(figures);
        }
    }

    /** Images by prompt and seed, the first ones, as many as there is room for. */
    private void images(Page page) {
        int all = evaluation.images().size() / runs.size();
        var rows = new ArrayList<ImageRow>();
        int room = MOST_BYTES - RESERVE - page.bytes();
        int most = Math.min(all, Math.clamp(MOST_IMAGES / runs.size(), FEWEST_ROWS, MOST_ROWS));
        for (int i = 0; i < most; i++) {
            var row = row(i);
            room -= Page.bytes(row.html());
            if (room < 0) {
                break;
            }
            rows.add(row);
        }
        page.section("Images")
                .note((rows.size() == all
                                ? "All images, "
                                : "Images of the first %s of %s prompts and seeds, ".formatted(rows.size(), all))
                        + "those of one prompt and seed side by side.");
        rows.forEach(page::images);
    }

    private ImageRow row(int index) {
        var decoders = List.copyOf(runs.keySet());
        var images = new ArrayList<ImageRow.Image>();
        for (int i = 0; i < decoders.size(); i++) {
            var generated = evaluation.images().get(index * decoders.size() + i);
            String source = DataUri.small(evaluation.image(generated), WIDEST);
            images.add(new ImageRow.Image(decoders.get(i), generated, source));
        }
        var first = images.getFirst().image();
        return new ImageRow(first.prompt(), first.seed(), images);
    }
}
