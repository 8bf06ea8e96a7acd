package org.sjd4j.evaluation.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.Comparison;
import org.sjd4j.evaluation.Comparison.Listener;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.FakeModel;
import org.sjd4j.evaluation.Plan;

class HtmlReportTest {
    private static String report(String decoders) {
        var choices = DecoderChoice.parse(decoders, DecoderSettings.DEFAULT);
        var prompts = List.of("<script>alert('x')</script>", "\" onerror=\"x & y");
        var plan = new Plan(prompts, List.of(1L, 2L), choices, Sampling.PLAIN);
        return HtmlReport.of("a<b", Comparison.run(new FakeModel(), plan, true, Listener.NONE));
    }

    @Test
    void everyTextIsEscaped() {
        String html = report("sjd,sjd-exact,sjd2");
        assertThat(html)
                .contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;", "&quot; onerror=&quot;x &amp; y")
                .contains("a&lt;b", "sjd2: no &lt;noise&gt; here")
                .doesNotContain("<script", "\" onerror", "a<b", "<noise>");
    }

    @Test
    void everyImageAndPlotIsInTheFile() {
        String html = report("sjd,sjd-exact");
        int images = 2 * 2 * 3;
        int plots = 2;
        assertThat(html.split("<img ", -1)).hasSize(1 + images + plots);
        assertThat(html.split("src=\"data:image/png;base64,", -1)).hasSize(1 + images + plots);
        assertThat(html.split("= identical to ar", -1)).hasSize(1 + 2 * 2);
        assertThat(html.split("% same tokens", -1)).hasSize(1 + 2 * 2);
    }

    @Test
    void nothingIsFetched() {
        assertThat(report("sjd")).doesNotContain("http:", "https:", "<link", "<script", "@import", "url(");
    }

    @Test
    void sharesAreOfStepsThatAcceptAtLeastSoManyTokens() {
        var choices = DecoderChoice.parse("sjd", DecoderSettings.DEFAULT);
        var plan = new Plan(List.of("plum"), List.of(1L), choices, Sampling.PLAIN);
        var comparison = Comparison.run(new FakeModel(), plan, false, Listener.NONE);
        assertThat(LineCharts.shares(comparison.baseline(), 4))
                .containsExactly(new double[] {100, 0, 0, 0}, within(1e-9));
        var sjd = comparison.runs(comparison.plan().choices().getLast());
        double[] shares = LineCharts.shares(sjd, FakeModel.TOKENS);
        assertThat(shares[0]).isCloseTo(100, within(1e-9));
        assertThat(Arrays.stream(shares).sum() / 100)
                .as("the area below the line is the step compression")
                .isCloseTo(sjd.getFirst().statistics().stepCompression(), within(1e-9));
    }

    @Test
    void autoregressionAloneMakesAReport() {
        assertThat(report("ar")).contains("<td>ar</td>");
    }
}
