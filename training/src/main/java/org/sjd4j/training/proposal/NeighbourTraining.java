package org.sjd4j.training.proposal;

import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
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
 * Teaches a neighbour head what a row would have said of the token that came to stand on its left: cross-entropy of the
 * image's own token under the corrected row, at the temperature that images are sampled with. Half of the examples have the
 * left token of the end, half that of the step, which may be wrong.
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
        Tensor wide = torch.rand(new long[] {batch, 1}, Tensors.options(ScalarType.Float));
        Tensor ofStep =
                wide.view(batch).lt(new Scalar(0.5)).logical_and(some.left().ne(some.read()));
        Tensor left = torch.where(ofStep, some.left(), some.lastLeft());
        Tensor above = torch.where(ofStep, some.above(), some.lastAbove());
        Tensor with = float32(some.withPrompt());
        Tensor without = float32(some.withoutPrompt());
        Tensor guided = Tensors.ungraded(() -> guided(with, without));
        Tensor kept = torch.rand(new long[] {batch, hidden()}, Tensors.options(ScalarType.Float, device))
                .ge(new Scalar(DROPPED))
                .div(new Scalar(1 - DROPPED));
        Tensor correction =
                head().correction(with.mul(kept), without.mul(kept), index(some.read()), index(left), index(above));
        return Loss.descend(loss(guided.add(correction), some.token()), Map.of());
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

    private Tensor loss(Tensor logits, Tensor tokens) {
        return torch.cross_entropy_loss(logits.div(new Scalar(sampling.temperature())), index(tokens));
    }

    /**
     * Of held-out images: the loss with the left token of the end, and how often the draft that the position's noise makes of the
     * row is the image's token, both with the head and without.
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
                var some = heldOut.select(
                        torch.arange(new Scalar(first), new Scalar(first + count), Tensors.options(ScalarType.Long)));
                Tensor with = float32(some.withPrompt());
                Tensor without = float32(some.withoutPrompt());
                Tensor plain = guided(with, without);
                Tensor corrected = plain.add(head.correction(
                        with, without, index(some.read()), index(some.lastLeft()), index(some.lastAbove())));
                double share = (double) count / heldOut.size();
                sums.merge("loss_as_read", share * loss(plain, some.token()).item_double(), Double::sum);
                sums.merge("loss", share * loss(corrected, some.token()).item_double(), Double::sum);
                sums.merge("agree_as_read", share * agreement(processor, plain, some), Double::sum);
                sums.merge("agree", share * agreement(processor, corrected, some), Double::sum);
            });
        }
        return sums;
    }

    private double agreement(RowProcessor processor, Tensor logits, NeighbourRows of) {
        float[] values = Tensors.floats(logits.div(new Scalar(sampling.temperature())));
        int[] tokens = Tensors.ints(of.token());
        int[] positions = Tensors.ints(of.position());
        long[] seeds = new long[tokens.length];
        of.seed().to(ScalarType.Long).contiguous().data_ptr_long().get(seeds);
        int ids = layout.codebookSize();
        int agree = 0;
        for (int i = 0; i < tokens.length; i++) {
            var noise = new GumbelNoise(new Randomness(seeds[i]), positions[i], layout.firstImageId(), ids);
            int draft = processor.processGuided(positions[i], values, i * ids).argmax(noise);
            agree += draft - layout.firstImageId() == tokens[i] ? 1 : 0;
        }
        return (double) agree / tokens.length;
    }
}
