package org.sjd4j.evaluation.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.Request;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.StepObserver;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Estimate;
import org.sjd4j.evaluation.FakeModel;
import org.sjd4j.evaluation.run.Evaluation;
import org.sjd4j.evaluation.run.EvaluationPlan;
import org.sjd4j.evaluation.run.ImageRecord;
import org.sjd4j.evaluation.run.Prompt;
import org.sjd4j.metrics.ClipScore;
import org.sjd4j.metrics.FeatureExtractor;
import org.sjd4j.metrics.StreamingStatistics;
import org.sjd4j.metrics.TextImageMetric;
import org.sjd4j.tensor.Precision;

class MetricResultsTest {
    private static final int PROMPTS = 40;

    @TempDir
    private Path directory;

    /** Images whose colour is their seed. */
    private static final Evaluation.Generator COLOURS = new Evaluation.Generator() {
        private final FakeModel model = new FakeModel();

        @Override
        public GeneratedImage generate(Request request, StepObserver observer) {
            var made = model.apply(request);
            var image = new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB);
            image.setRGB(0, 0, (int) request.seed());
            return new GeneratedImage(image, made.tokens(), made.statistics(), made.timing(), List.of(), 0);
        }

        @Override
        public Recipe recipe(Request request) {
            return new Recipe("fake", Precision.FLOAT32, request);
        }
    };

    /** Sees the colour as one number, and as an angle to the first axis. */
    private static final class Colour implements FeatureExtractor, TextImageMetric {
        private final AtomicInteger looks = new AtomicInteger();

        @Override
        public String name() {
            return "colour";
        }

        @Override
        public int dimensions() {
            return 1;
        }

        @Override
        public List<float[]> features(List<BufferedImage> images) {
            looks.addAndGet(images.size());
            return images.stream()
                    .map(image -> new float[] {image.getRGB(0, 0) & 0xff})
                    .toList();
        }

        @Override
        public float[] image(BufferedImage image) {
            looks.incrementAndGet();
            double angle = (image.getRGB(0, 0) & 0xff) * Math.PI / PROMPTS;
            return new float[] {(float) Math.cos(angle), (float) Math.sin(angle)};
        }

        @Override
        public float[] text(String text) {
            return new float[] {1, 0};
        }

        @Override
        public double scale() {
            return 10;
        }

        @Override
        public void close() {}
    }

    private Evaluation generated() {
        var prompts = IntStream.range(0, PROMPTS)
                .mapToObj(i -> new Prompt("plum " + i))
                .toList();
        var choices = DecoderChoice.parse("sjd-exact,jacobi", DecoderSettings.DEFAULT);
        var plan = new EvaluationPlan(prompts, 1, 1, choices, Sampling.PLAIN);
        var evaluation = Evaluation.open(directory, plan, new LinkedHashMap<>(Map.of("model", "fake")), false);
        evaluation.generate(COLOURS, (done, all, left) -> {});
        return evaluation;
    }

    @Test
    void scoresAreTheMeanOverPairsAndSameImagesAreLookedAtOnce() {
        try (var evaluation = generated();
                var colour = new Colour()) {
            var metric = new AlignmentMetric(evaluation, "CLIP-Score", colour, ClipScore.CLAMPED_PAIRS);
            double[] pairs = IntStream.rangeClosed(1, PROMPTS)
                    .mapToDouble(i -> 100 * Math.max(0, Math.cos(i * Math.PI / PROMPTS)))
                    .toArray();
            var figures = evaluation.plan().choices().stream()
                    .map(choice -> metric.measure(evaluation.images(choice)))
                    .toList();
            for (var figure : figures) {
                assertThat(figure.value()).isCloseTo(Estimate.of(pairs).mean(), within(1e-4));
                assertThat(figure.standardError()).isCloseTo(Estimate.of(pairs).standardError(), within(1e-4));
            }
            assertThat(colour.looks).as("ar and sjd-exact share images").hasValue(2 * PROMPTS);
        }
    }

    /** In one dimension the distance is (m1 - m2)^2 + (s1 - s2)^2. */
    @Test
    void distancesAreThoseOfAllImagesTogether() {
        try (var evaluation = generated();
                var colour = new Colour()) {
            var reference = new StreamingStatistics(colour);
            var all = new StreamingStatistics(colour);
            for (int i = 1; i <= PROMPTS; i++) {
                reference.add(new float[] {2 * i});
                all.add(new float[] {i});
            }
            var metric = new DistributionMetric(evaluation, "colour distance", colour, reference.statistics());
            var figure =
                    metric.measure(evaluation.images(evaluation.plan().choices().getFirst()));
            double mean = (PROMPTS + 1) / 2.0;
            double deviation = Math.sqrt(PROMPTS * (PROMPTS + 1) / 12.0);
            assertThat(figure.value()).isCloseTo(mean * mean + deviation * deviation, within(1e-3));
            assertThat(figure.standardError()).isPositive().isLessThan(figure.value());
        }
    }

    @Test
    void nobodyIsAskedTwice() {
        try (var evaluation = generated();
                var colour = new Colour()) {
            for (int turn = 0; turn < 2; turn++) {
                var alignment = new AlignmentMetric(evaluation, "CLIP-Score", colour, ClipScore.CLAMPED_PAIRS);
                var metrics = new MetricResults(evaluation, List.of(alignment), (heading, decoder) -> {});
                assertThat(evaluation.summaries(metrics))
                        .hasSize(3)
                        .allSatisfy(summary ->
                                assertThat(summary.metrics().getFirst().key()).isEqualTo("clip_score"));
                assertThat(colour.looks).hasValue(2 * PROMPTS);
            }
            var other = new AlignmentMetric(evaluation, "CLIP-Score", colour, ClipScore.HESSEL);
            evaluation.summaries(new MetricResults(evaluation, List.of(other), (heading, decoder) -> {}));
            assertThat(colour.looks).as("another definition is another figure").hasValue(4 * PROMPTS);
        }
    }

    @Test
    void aFigureWithoutAnErrorIsKeptToo() {
        var asked = new AtomicInteger();
        var metric = new ImageMetric() {
            @Override
            public String key() {
                return "taste";
            }

            @Override
            public String heading() {
                return "taste";
            }

            @Override
            public String description() {
                return "mine";
            }

            @Override
            public Figure measure(List<ImageRecord> images) {
                asked.incrementAndGet();
                return new Figure(1, Double.NaN, "");
            }
        };
        try (var evaluation = generated()) {
            for (int turn = 0; turn < 2; turn++) {
                evaluation.summaries(new MetricResults(evaluation, List.of(metric), (heading, decoder) -> {}));
                assertThat(asked).as("once for each decoder").hasValue(3);
            }
        }
    }
}
