package org.sjd4j.evaluation.metric;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.sjd4j.evaluation.Estimate;
import org.sjd4j.evaluation.run.Evaluation;
import org.sjd4j.evaluation.run.ImageRecord;
import org.sjd4j.metrics.ClipScore;
import org.sjd4j.metrics.TextImageMetric;

/** Whether images show their prompts: CLIP-Score by OpenAI's networks, or the same of a scorer of our own. */
public final class AlignmentMetric implements ImageMetric {
    private final String key;
    private final String heading;
    private final TextImageMetric metric;
    private final ClipScore definition;
    private final SharedImages<float[]> embeddings;
    private final Map<String, float[]> texts = new HashMap<>();

    /**
     * A metric of an evaluation's images.
     *
     * @param heading what the score is called
     */
    public AlignmentMetric(Evaluation evaluation, String heading, TextImageMetric metric, ClipScore definition) {
        this.key = heading.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "_");
        this.heading = heading;
        this.metric = metric;
        this.definition = definition;
        this.embeddings = new SharedImages<>(evaluation, metric::image);
    }

    @Override
    public String key() {
        return key;
    }

    @Override
    public String heading() {
        return heading;
    }

    @Override
    public String description() {
        return metric.name() + ", " + definition;
    }

    /** {@inheritDoc} The standard error is that of the means of prompts. */
    @Override
    public Figure measure(List<ImageRecord> images) {
        float[] cosines = new float[images.size()];
        var byPrompt = new LinkedHashMap<Integer, List<Double>>();
        double scale = metric.scale();
        for (int i = 0; i < cosines.length; i++) {
            var image = images.get(i);
            float[] text = texts.computeIfAbsent(image.prompt(), metric::text);
            cosines[i] = TextImageMetric.cosine(embeddings.of(image), text);
            byPrompt.computeIfAbsent(image.promptIndex(), _ -> new ArrayList<>())
                    .add(definition.of(new float[] {cosines[i]}, scale));
        }
        double[] means = byPrompt.values().stream()
                .mapToDouble(values -> values.stream()
                        .mapToDouble(Double::doubleValue)
                        .average()
                        .orElse(Double.NaN))
                .toArray();
        return new Figure(definition.of(cosines, scale), Estimate.of(means).standardError(), "");
    }
}
