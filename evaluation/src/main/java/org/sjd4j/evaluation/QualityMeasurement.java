package org.sjd4j.evaluation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.sjd4j.api.TextToImage;
import org.sjd4j.decode.Score;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.Comparison.Listener;
import org.sjd4j.evaluation.Table.Cell;

/**
 * Whether parallel decoders generate worse or better images than autoregression, by the model's own log-likelihood of their
 * tokens: much cheaper than judging images, and sensitive to any rule that favours some tokens.
 *
 * <p>A lossless decoder shows no difference: its p-values are uniform over repetitions, so one in twenty is below 0.05 by
 * chance.
 */
public final class QualityMeasurement {
    private QualityMeasurement() {}

    /** The scores of one image by the model's own distribution and by the one that it was sampled from. */
    private record Scored(Run run, Score plain, Score generated) {}

    /** Makes and scores every image of the plan. */
    public static Measurement measure(TextToImage model, Plan plan, Listener listener) {
        var comparison = Comparison.run(model::generate, plan, false, listener);
        var baseline = scored(model, comparison.plan(), comparison.baseline());
        var rows = new ArrayList<List<Cell>>();
        for (DecoderChoice choice : comparison.plan().choices()) {
            var scored = choice.isBaseline() ? baseline : scored(model, comparison.plan(), comparison.runs(choice));
            rows.add(row(choice, scored, baseline));
        }
        var columns = Table.columns(
                "decoder", "decoder",
                "lossless", "lossless",
                "pictures", "pictures",
                "log_likelihood", "log-likelihood, nats/token",
                "welch_p", "differs from ar: Welch p",
                "paired_difference", "paired difference",
                "paired_p", "paired p",
                "sampling_log_likelihood", "under the sampling distribution",
                "sampling_welch_p", "Welch p",
                "sampling_paired_p", "paired p",
                "surplus", "log-likelihood + entropy",
                "surplus_p", "differs from 0: p",
                "impossible_tokens", "tokens outside top-k/p");
        var table = new Table("Log-likelihood of images under the model, against ar", columns, rows);
        return new Measurement("quality", Conditions.of(model, comparison), List.of(table));
    }

    private static List<Scored> scored(TextToImage model, Plan plan, List<Run> runs) {
        return runs.stream()
                .map(run -> new Scored(
                        run,
                        model.score(run.prompt(), Sampling.PLAIN, run.tokens()),
                        model.score(run.prompt(), plan.sampling(), run.tokens())))
                .toList();
    }

    private static List<Cell> row(DecoderChoice choice, List<Scored> images, List<Scored> baseline) {
        double[] plain = values(images, scored -> scored.plain().meanLogProbability());
        double[] plainBaseline = values(baseline, scored -> scored.plain().meanLogProbability());
        double[] generated = values(images, scored -> scored.generated().meanLogProbability());
        double[] generatedBaseline =
                values(baseline, scored -> scored.generated().meanLogProbability());
        double[] surplus = values(images, scored -> scored.generated().surplus());
        var paired = MeanTest.paired(plain, plainBaseline);
        return List.of(
                Cell.of(choice.label()),
                Cell.of(choice.decoder().lossless()),
                Cell.of(images.size()),
                Cell.of(Estimate.of(plain), 3),
                difference(choice, MeanTest.welch(plain, plainBaseline)),
                Cell.of(paired.difference(), 4),
                difference(choice, paired),
                Cell.of(Estimate.of(generated), 3),
                difference(choice, MeanTest.welch(generated, generatedBaseline)),
                difference(choice, MeanTest.paired(generated, generatedBaseline)),
                Cell.of(Estimate.of(surplus), 4),
                Cell.probability(MeanTest.zero(surplus).p()),
                Cell.of(images.stream()
                        .mapToLong(scored -> scored.generated().impossible())
                        .sum()));
    }

    /** The baseline is not tested against itself. */
    private static Cell difference(DecoderChoice choice, MeanTest test) {
        return Cell.probability(choice.isBaseline() ? Double.NaN : test.p());
    }

    /** One value of each independent image. */
    private static double[] values(List<Scored> images, ToDoubleFunction<Scored> value) {
        return Summary.independent(
                images.stream().map(Scored::run).toList(),
                images.stream().mapToDouble(value).toArray());
    }
}
