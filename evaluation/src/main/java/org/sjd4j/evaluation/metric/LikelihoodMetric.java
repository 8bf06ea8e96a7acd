package org.sjd4j.evaluation.metric;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.TextToImage;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.run.Evaluation;
import org.sjd4j.evaluation.run.ImageLine;
import org.sjd4j.evaluation.run.ImageRecord;
import org.sjd4j.evaluation.run.PromptMeans;

/**
 * How probable the images' tokens are for the model that made them, in nats per token. It costs one pass for each image, and it
 * is sensitive to any decoder that favours some tokens: a lossless one has the figure of autoregression, up to chance.
 */
public final class LikelihoodMetric implements ImageMetric, AutoCloseable {
    private final Evaluation evaluation;
    private final Supplier<TextToImage> loading;
    private final Map<String, Double> ofBaseline = new HashMap<>();
    private @Nullable TextToImage model;

    /**
     * A metric of an evaluation's images.
     *
     * @param loading loads the model that made them; it is asked only if there is something to score
     */
    public LikelihoodMetric(Evaluation evaluation, Supplier<TextToImage> loading) {
        this.evaluation = evaluation;
        this.loading = loading;
    }

    @Override
    public String key() {
        return "log_likelihood";
    }

    @Override
    public String heading() {
        return "log-likelihood, nats/token";
    }

    @Override
    public String description() {
        return "mean log-likelihood of the tokens under the model, without guidance, at temperature 1";
    }

    @Override
    public Figure measure(List<ImageRecord> images) {
        var scores = new IdentityHashMap<ImageRecord, Double>();
        images.forEach(image -> scores.put(image, Double.NaN));
        evaluation.lines(line -> scores.computeIfPresent(line.image(), (image, _) -> score(line)));
        var mean = PromptMeans.estimate(images, scores::get);
        return new Figure(mean.mean(), mean.standardError(), "");
    }

    private double score(ImageLine line) {
        var image = line.image();
        return image.identicalToAr()
                ? ofBaseline.computeIfAbsent(image.promptIndex() + "-" + image.image(), _ -> scored(line))
                : scored(line);
    }

    private double scored(ImageLine line) {
        if (model == null) {
            model = loading.get();
        }
        return model.score(line.image().prompt(), Sampling.PLAIN, line.tokenIds())
                .meanLogProbability();
    }

    @Override
    public void close() {
        if (model != null) {
            model.close();
        }
    }
}
