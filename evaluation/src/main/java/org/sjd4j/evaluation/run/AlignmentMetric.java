package org.sjd4j.evaluation.run;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.sjd4j.evaluation.Estimate;
import org.sjd4j.metrics.ClipScore;
import org.sjd4j.metrics.TextImageMetric;

/** Whether images show their prompts: CLIP-Score by OpenAI's networks, or the same of a scorer of our own. */
public final class AlignmentMetric implements ImageMetric {
    private final String key;
    private final String heading;
    private final TextImageMetric judge;
    private final ClipScore definition;
    private final SharedImages<float[]> embeddings;
    private final Map<String, float[]> texts = new HashMap<>();

    /**
     * A judge of an evaluation's images.
     *
     * @param heading what the score is called
     */
    public AlignmentMetric(Evaluation evaluation, String heading, TextImageMetric judge, ClipScore definition) {
        this.key = heading.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "_");
        this.heading = heading;
        this.judge = judge;
        this.definition = definition;
        this.embeddings = new SharedImages<>(evaluation, judge::image);
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
        return judge.name() + ", " + definition;
    }

    /** {@inheritDoc} The standard error is that of the means of prompts. */
    @Override
    public Figure judge(List<ImageRecord> pictures) {
        float[] cosines = new float[pictures.size()];
        var byPrompt = new LinkedHashMap<Integer, List<Double>>();
        double scale = judge.scale();
        for (int i = 0; i < cosines.length; i++) {
            var picture = pictures.get(i);
            float[] text = texts.computeIfAbsent(picture.prompt(), judge::text);
            cosines[i] = TextImageMetric.cosine(embeddings.of(picture), text);
            byPrompt.computeIfAbsent(picture.promptIndex(), _ -> new ArrayList<>())
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
