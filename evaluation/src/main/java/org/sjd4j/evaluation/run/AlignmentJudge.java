package org.sjd4j.evaluation.run;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.sjd4j.evaluation.Estimate;
import org.sjd4j.metrics.ClipScore;
import org.sjd4j.metrics.TextImageJudge;

/** Whether pictures show their prompts: CLIP-Score by OpenAI's networks, or the same of a scorer of our own. */
public final class AlignmentJudge implements PictureJudge {
    private final String key;
    private final String heading;
    private final TextImageJudge judge;
    private final ClipScore definition;
    private final SharedPictures<float[]> embeddings;
    private final Map<String, float[]> texts = new HashMap<>();

    /**
     * A judge of an evaluation's pictures.
     *
     * @param heading what the score is called
     */
    public AlignmentJudge(Evaluation evaluation, String heading, TextImageJudge judge, ClipScore definition) {
        this.key = heading.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "_");
        this.heading = heading;
        this.judge = judge;
        this.definition = definition;
        this.embeddings = new SharedPictures<>(evaluation, judge::image);
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
    public Figure judge(List<DrawnPicture> pictures) {
        float[] cosines = new float[pictures.size()];
        var byPrompt = new LinkedHashMap<Integer, List<Double>>();
        double scale = judge.scale();
        for (int i = 0; i < cosines.length; i++) {
            var picture = pictures.get(i);
            float[] text = texts.computeIfAbsent(picture.prompt(), judge::text);
            cosines[i] = TextImageJudge.cosine(embeddings.of(picture), text);
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
