package org.sjd4j.training.denoising;

import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.llama.Denoising;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.llama.LowRankAdapter;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.training.loop.LayerByLayer;
import org.sjd4j.training.model.CleanContext;
import org.sjd4j.training.model.ImageShape;

/**
 * Some images, read once clean and then noisy in segments. A noisy row looks back on the clean rows before its segment
 * and on the rows of its segment, exactly as in a decoding window. So does the row of a structural token: it is clean, and
 * the adapter leaves it alone, but what it looks back on is noisy.
 */
final class TwoReadings {
    private final ImageTokenNetwork model;
    private final Denoising denoising;
    private final ImageShape shape;
    private final Device device;
    private final Tensor codes;
    private final Tensor embeddings;
    private final Tensor plain;
    private final Tensor rotations;
    private final @Nullable Tensor surroundings;
    private final int prompt;
    private final CleanContext context;
    private final Tensor clean;

    /**
     * Reads a group clean, with gradients if the network's clean rows change.
     *
     * @param shape of the images
     */
    static <N extends ImageTokenNetwork> TwoReadings of(
            DenoisingNetwork<N> network, ImageGroup<N> group, ImageShape shape, Device device) {
        N model = network.model();
        return new TwoReadings(
                model,
                network.denoising(),
                group.tokens(),
                group.prompt().apply(model),
                shape,
                network.changesCleanRows(),
                device);
    }

    private TwoReadings(
            ImageTokenNetwork model,
            Denoising denoising,
            Tensor tokens,
            ImageTokenNetwork.Prompt read,
            ImageShape shape,
            boolean graded,
            Device device) {
        this.model = model;
        this.denoising = denoising;
        this.shape = shape;
        this.device = device;
        this.codes = shape.codes(tokens);
        this.prompt = Math.toIntExact(read.length());
        this.surroundings = read.context();
        this.embeddings = embeddings(codes.narrow(1, 0, shape.read()));
        Tensor ids = tokens.narrow(1, 0, shape.read());
        this.plain = model.embed(ids.reshape(-1)).reshape(ids.size(0), ids.size(1), -1);
        this.rotations = model.rotations(prompt, shape.length(), shape.lineLength(), device);
        this.context = new CleanContext(prompt + shape.read(), device);
        Tensor rows = withPrompt(read);
        Tensor hidden = graded
                ? model.stack().forward(rows, rotations, context, null)
                : new LayerByLayer(model.stack(), rotations, context, null).read(rows);
        this.clean = hidden.narrow(1, prompt - 1L, shape.length());
    }

    private Tensor withPrompt(ImageTokenNetwork.Prompt read) {
        Tensor image = Tensors.cat(1, read.rows().narrow(1, prompt - 1L, 1), plain);
        Tensor placed = surroundings == null ? image : image.add(surroundings);
        return prompt == 1 ? placed : Tensors.cat(1, read.rows().narrow(1, 0, prompt - 1L), placed);
    }

    private Tensor embeddings(Tensor some) {
        return model.codeTable()
                .index_select(0, some.reshape(-1))
                .view(some.size(0), some.size(1), -1)
                .to(ScalarType.Float);
    }

    /** Cross-entropy of the codes after clean rows. */
    Tensor cleanLoss() {
        return crossEntropy(shape.ofCodes(clean), shape.ofCodes(codes));
    }

    /** Cross-entropy of the codes after noisy rows. */
    Tensor noisyLoss(Noise noise) {
        return loss(noisyRows(noise));
    }

    /** The stack's output, normalised, for the noisy rows of all tokens that are read, {@code [images, read, hidden]}. */
    Tensor noisyRows(Noise noise) {
        return pass(noise).hidden();
    }

    /**
     * Adds the gradients of a share of {@link #noisyLoss}, keeping little of the blocks in memory.
     *
     * @return that share
     */
    double descendLayerByLayer(Noise noise, double share) {
        NoisyPass pass = pass(noise);
        UnaryOperator<Tensor> loss = hidden -> loss(hidden).mul(new Scalar(share));
        return pass.layers.descend(pass.rows, loss);
    }

    private Tensor loss(Tensor hidden) {
        return crossEntropy(shape.predictingCodes(hidden), shape.predictedCodes(codes));
    }

    private Tensor crossEntropy(Tensor hidden, Tensor targets) {
        Tensor logits = model.logits(hidden).to(ScalarType.Float);
        return torch.cross_entropy_loss(logits.reshape(-1, logits.size(-1)), targets.reshape(-1));
    }

    /**
     * What a reading is like.
     *
     * @param segments which tokens are noisy, and how noisy
     * @param drafted for how many of the images the network's own drafts are below the noise, not the truth
     * @param accepted how many codes the pass that made those drafts accepted
     */
    record Noise(NoiseSegments segments, int drafted, int accepted) {}

    /** Rows that are ready to be read noisy. */
    private record NoisyPass(LayerByLayer layers, Tensor rows) {
        Tensor hidden() {
            return layers.stack().forward(rows, layers.rotations(), layers.context(), layers.adapter());
        }
    }

    private NoisyPass pass(Noise noise) {
        Tensor below = embeddings;
        int drafted = noise.drafted();
        if (drafted > 0) {
            Tensor drafts = Tensors.ungraded(() -> Tensors.keep(() -> drafts(noise)));
            below = Tensors.cat(0, embeddings(drafts), embeddings.narrow(0, drafted, embeddings.size(0) - drafted));
        }
        return pass(below, noise.segments());
    }

    /** What the network would have drafted a pass earlier, from pure noise. */
    private Tensor drafts(Noise noise) {
        int drafted = noise.drafted();
        var before = noise.segments().earlier(noise.accepted(), drafted);
        NoisyPass pass = pass(embeddings.narrow(0, 0, drafted), before);
        Tensor hidden = pass.layers.read(pass.rows);
        Tensor truth = logits(clean.narrow(0, 0, drafted).narrow(1, 0, shape.read()));
        Tensor guess = beginningWith(before.starts(), truth, logits(hidden));
        return CoupledDrafts.sample(truth, codes.narrow(0, 0, drafted).narrow(1, 0, shape.read()), guess);
    }

    private Tensor logits(Tensor hidden) {
        return model.logits(hidden).to(ScalarType.Float);
    }

    /** Logits of every code that is read: by the noisy row before it, or by the clean one where a segment begins. */
    private Tensor beginningWith(int[] starts, Tensor before, Tensor noisy) {
        float[] begins = new float[starts.length];
        for (int i = 0; i < begins.length; i++) {
            begins[i] = starts[i] == i ? 1 : 0;
        }
        Tensor first = Tensors.of(begins, 1, begins.length, 1).to(device, ScalarType.Bool);
        Tensor shifted = Tensors.cat(1, before.narrow(1, 0, 1), noisy.narrow(1, 0, begins.length - 1L));
        return torch.where(first, before, shifted);
    }

    /** A pass over fresh noise of the segments' levels above some embeddings of the first images. */
    private NoisyPass pass(Tensor below, NoiseSegments segments) {
        long images = below.size(0);
        Tensor rows = shape.mixed(embedded(below, segments), plain.narrow(0, 0, images));
        if (surroundings != null) {
            rows = rows.add(surroundings.narrow(1, 1, shape.read()).narrow(0, 0, images));
        }
        LowRankAdapter.Gated adapter = denoising.behind(0, shape.gate());
        var layers = new LayerByLayer(
                model.stack(),
                rotations.narrow(0, prompt, shape.read()),
                context.before(images, prompt, segments.starts()),
                adapter);
        return new NoisyPass(layers, rows);
    }

    private Tensor embedded(Tensor below, NoiseSegments segments) {
        int images = segments.levels().length;
        int read = shape.read();
        float[] levels = new float[images * read];
        for (int i = 0; i < images; i++) {
            System.arraycopy(segments.levels()[i], 0, levels, i * read, read);
        }
        Tensor t = Tensors.of(levels, images, read, 1).to(device, ScalarType.Float);
        Tensor signal = denoising.normalise(below);
        Tensor z = signal.add(torch.randn_like(signal).sub(signal).mul(t));
        Tensor features = Tensors.of(Denoising.timeFeatures(levels), images, read, Denoising.timeWidth())
                .to(device, ScalarType.Float);
        return denoising.rows(model, z, features);
    }
}
