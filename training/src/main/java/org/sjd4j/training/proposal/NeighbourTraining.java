package org.sjd4j.training.proposal;

import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.random.GumbelNoise;
import org.sjd4j.decode.random.Randomness;
import org.sjd4j.decode.sampling.RowProcessor;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.proposal.NeighbourHead;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.training.loop.TrainableParameters;
import org.sjd4j.training.loop.TrainingTask;

/**
 * Teaches a neighbour head what the next pass would say of a row, given the token that came to stand on its left: cross-entropy with
 * the distribution of the next pass's row, at the temperature that images are sampled with.
 */
final class NeighbourTraining implements TrainingTask {
    /** The share of hidden numbers that a row does not have in training, lest it is learned by heart. */
    private static final double DROPPED = 0.2;

    private static final int AT_ONCE = 1024;

    private final ImageTokenNetwork network;
    private final NeighbourHead.Config config;
    private final NeighbourRows rows;
    private final NeighbourRows heldOut;
    private final RasterLayout layout;
    private final Sampling sampling;
    private final int batch;
    private final long seed;
    private final Device device;
    private final TrainableParameters parameters;

    NeighbourTraining(
            ImageTokenNetwork network,
            NeighbourHead.Config config,
            NeighbourRows rows,
            NeighbourRows heldOut,
            RasterLayout layout,
            Sampling sampling,
            int batch,
            long seed,
            Device device) {
        this.network = network;
        this.config = config;
        this.rows = rows;
        this.heldOut = heldOut;
        this.layout = layout;
        this.sampling = sampling;
        this.batch = batch;
        this.seed = seed;
        this.device = device;
        this.parameters = new TrainableParameters(
                NeighbourHead.parameters(config, hidden(), layout.codebookSize()), _ -> true, seed, device);
    }

    private int hidden() {
        return network.stack().config().hidden();
    }

    @Override
    public TrainableParameters parameters() {
        return parameters;
    }

    private NeighbourHead head() {
        return new NeighbourHead(config, hidden(), layout.codebookSize(), parameters.weights(), Precision.FLOAT32);
    }

    @Override
    public Loss descend(long step) {
        var random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + step);
        torch.manual_seed(random.nextLong());
        long[] index = random.longs(batch, 0, rows.size()).toArray();
        var some = rows.select(Tensors.of(index, batch));
        Tensor with = float32(some.withPrompt());
        Tensor without = float32(some.withoutPrompt());
        Tensor guided = Tensors.ungraded(() -> guided(with, without));
        Tensor next = Tensors.ungraded(() -> next(some));
        Tensor kept = torch.rand(new long[] {batch, hidden()}, Tensors.options(ScalarType.Float, device))
                .ge(new Scalar(DROPPED))
                .div(new Scalar(1 - DROPPED));
        Tensor corrected = head().corrected(
                        guided,
                        with.mul(kept),
                        without.mul(kept),
                        index(some.read()),
                        index(some.left()),
                        index(some.above()));
        return Loss.descend(loss(corrected, next), Map.of());
    }

    private Tensor float32(Tensor stored) {
        return stored.to(device, ScalarType.Float);
    }

    private Tensor index(Tensor tokens) {
        return tokens.to(device, ScalarType.Long);
    }

    /** Logits of rows as images are sampled of them, before the temperature. */
    private Tensor guided(Tensor with, Tensor without) {
        Tensor conditional = network.logits(with).to(ScalarType.Float);
        if (!sampling.guided()) {
            return conditional;
        }
        Tensor unconditional = network.logits(without).to(ScalarType.Float);
        return unconditional.add(conditional.sub(unconditional).mul(new Scalar(sampling.guidanceScale())));
    }

    private Tensor next(NeighbourRows some) {
        return guided(float32(some.nextWithPrompt()), float32(some.nextWithoutPrompt()));
    }

    /** Cross-entropy of rows with the distributions of the next ones. */
    private Tensor loss(Tensor logits, Tensor next) {
        Scalar temperature = new Scalar(sampling.temperature());
        Tensor wanted = torch.softmax(next.div(temperature), 1);
        return torch.log_softmax(logits.div(temperature), 1).mul(wanted).sum().div(new Scalar((double)
                -logits.size(0)));
    }

    /**
     * Of held-out images: the loss, and how often the position's noise makes the same draft of the row as of the next pass's, both
     * with the head and without.
     */
    @Override
    public Map<String, Double> validate() {
        var sums = new TreeMap<String, Double>();
        var processor = new RowProcessor(layout, sampling);
        var head = head();
        for (int from = 0; from < heldOut.size(); from += AT_ONCE) {
            int first = from;
            int count = Math.min(AT_ONCE, heldOut.size() - from);
            Tensors.scope(() -> {
                var options = Tensors.options(ScalarType.Long);
                var some = heldOut.select(torch.arange(new Scalar(first), new Scalar(first + count), options));
                Tensor with = float32(some.withPrompt());
                Tensor without = float32(some.withoutPrompt());
                Tensor plain = guided(with, without);
                Tensor next = next(some);
                Tensor corrected = head.corrected(
                        plain, with, without, index(some.read()), index(some.left()), index(some.above()));
                double share = (double) count / heldOut.size();
                int[] wanted = drafts(processor, next, some);
                sums.merge("loss_as_read", share * loss(plain, next).item_double(), Double::sum);
                sums.merge("loss", share * loss(corrected, next).item_double(), Double::sum);
                sums.merge("agree_as_read", share * equal(wanted, drafts(processor, plain, some)), Double::sum);
                sums.merge("agree", share * equal(wanted, drafts(processor, corrected, some)), Double::sum);
            });
        }
        return sums;
    }

    private int[] drafts(RowProcessor processor, Tensor logits, NeighbourRows of) {
        float[] values = Tensors.floats(logits.div(new Scalar(sampling.temperature())));
        int[] positions = Tensors.ints(of.position());
        long[] seeds = new long[positions.length];
        of.seed().data_ptr_long().get(seeds);
        int ids = layout.codebookSize();
        int[] drafts = new int[positions.length];
        for (int i = 0; i < drafts.length; i++) {
            var noise = new GumbelNoise(new Randomness(seeds[i]), positions[i], layout.firstImageId(), ids);
            drafts[i] = processor.processGuided(positions[i], values, i * ids).argmax(noise);
        }
        return drafts;
    }

    private static double equal(int[] wanted, int[] found) {
        return IntStream.range(0, wanted.length)
                        .filter(i -> wanted[i] == found[i])
                        .count()
                / (double) wanted.length;
    }
}
