package org.sjd4j.evaluation.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.FakeGenerator;
import org.sjd4j.evaluation.Table.Cell;
import org.sjd4j.evaluation.run.Evaluation;
import org.sjd4j.evaluation.run.EvaluationPlan;
import org.sjd4j.evaluation.run.Prompt;
import org.sjd4j.evaluation.run.Summary;

class EvaluationReportTest {
    private static final RasterLayout LAYOUT = new RasterLayout(4, 3, 0, 101);

    @TempDir
    private Path directory;

    private String report(List<Prompt> prompts, String decoders, int side, Summary.Metrics measured)
            throws IOException {
        var choices = DecoderChoice.parse(decoders, DecoderSettings.DEFAULT);
        var plan = new EvaluationPlan(prompts, 2, 1, choices, Sampling.PLAIN);
        var identity = new LinkedHashMap<>(Map.of("model", "a<b"));
        try (var evaluation = Evaluation.open(directory, plan, identity, false)) {
            evaluation.generate(new FakeGenerator(side), (_, _, _) -> {});
            var summaries = evaluation.summaries(measured);
            var measurement = evaluation.summarise(Map.of("cpu", "1 x <abacus>"), summaries, List.of());
            Path file = directory.resolve("report.html");
            EvaluationReport.write(file, evaluation, measurement, summaries, LAYOUT);
            return Files.readString(file);
        }
    }

    private static List<Prompt> prompts(int count) {
        return IntStream.range(0, count).mapToObj(i -> new Prompt("plum " + i)).toList();
    }

    @Test
    void everyDecoderPlotAndImageIsInTheFile() throws IOException {
        String html =
                report(prompts(3), "sjd,sjd-exact,sjd-exact:window=8,sjd-exact:window=32", 4, Summary.Metrics.NONE);
        int decoders = 5;
        int images = 3 * 2 * decoders;
        int costs = 4;
        int sweeps = 2;
        int mapsAndBar = decoders - 1 + 1;
        int trajectories = decoders - 1;
        assertThat(html.split("<img ", -1)).hasSize(1 + images + costs + sweeps + mapsAndBar + trajectories);
        assertThat(html)
                .contains("<td>ar</td>", "<td>sjd</td>", "<td>sjd-exact</td>")
                .contains("<td>sjd-exact:<wbr>window=8</td>", "<td>sjd-exact:<wbr>window=32</td>")
                .contains("Steps against latency", "Time by phase", "Tokens accepted in one step")
                .contains("Steps by window", "Speed-up by window", "Where tokens are accepted", "All images")
                .doesNotContain("by denoising steps");
    }

    @Test
    void everyTextIsEscaped() throws IOException {
        var prompts = List.of(new Prompt("<script>alert('x')</script>"), new Prompt("\" onerror=\"x & y"));
        assertThat(report(prompts, "sjd,sjd2", 4, Summary.Metrics.NONE))
                .contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;", "&quot; onerror=&quot;x &amp; y")
                .contains("a&lt;b", "1 x &lt;abacus&gt;", "sjd2: no &lt;noise&gt; here")
                .doesNotContain("<script", "\" onerror", "a<b", "<abacus", "<noise>");
    }

    @Test
    void nothingIsFetched() throws IOException {
        assertThat(report(prompts(1), "sjd", 4, Summary.Metrics.NONE))
                .doesNotContain("http:", "https:", "<link", "<script", "@import", "url(");
    }

    @Test
    void resultsAreColumns() throws IOException {
        Summary.Metrics measured =
                choice -> List.of(new Summary.MetricValue("beauty", "beauty & more", new Cell("7 of 7", 7)));
        assertThat(report(prompts(1), "sjd", 4, measured)).contains("beauty &amp; more</th>", "<td>7 of 7</td>");
    }

    @Test
    void autoregressionAloneMakesAReport() throws IOException {
        assertThat(report(prompts(1), "ar", 4, Summary.Metrics.NONE))
                .contains("<td>ar</td>", "Time by phase")
                .doesNotContain("Where tokens are accepted", "came about");
    }

    @Test
    void manyLargeImagesStayWithinTheBudget() throws IOException {
        String decoders = IntStream.range(2, 20)
                .mapToObj(window -> "sjd-exact:window=" + window)
                .collect(Collectors.joining(","));
        String html = report(prompts(6), decoders, 240, Summary.Metrics.NONE);
        assertThat(html.getBytes(StandardCharsets.UTF_8).length)
                .isBetween(EvaluationReport.MOST_BYTES / 2, EvaluationReport.MOST_BYTES);
        assertThat(html).containsPattern("Images of the first \\d+ of 12 prompts and seeds");
    }
}
