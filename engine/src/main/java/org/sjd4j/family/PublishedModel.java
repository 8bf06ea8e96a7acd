package org.sjd4j.family;

import java.awt.image.BufferedImage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.generate.ImageSession;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.proposal.Proposals;
import org.sjd4j.tensor.NativeMemory;
import org.sjd4j.tensor.PassThreads;
import org.sjd4j.tensor.PassThreads.Work;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.text.TextTokenizer;
import org.sjd4j.vision.ImageTokenizer;
import org.sjd4j.vision.Pixels;

/** A published model in memory: its weights mapped or copied, its image tokenizer, and how it reads prompts. */
public final class PublishedModel implements LoadedModel, ModelParts {
    /** The parts. */
    record Parts(
            ImageTokenNetwork network,
            Proposals proposals,
            ImageTokenizer imageTokenizer,
            PromptReader prompts,
            Device device) {}

    /** About what the convolutional decoders of the published image tokenizers take. */
    private static final long PRODUCTS_OF_A_PIXEL = 1_000_000;

    private final PromptLimits limits;
    private final MappedCheckpoint weights;
    private final TextTokenizer text;
    private final NativeMemory<Parts> memory;

    /** Loads the parts over mapped weights; these and the tokenizer belong to this model from now on. */
    PublishedModel(
            PromptLimits limits,
            MappedCheckpoint weights,
            TextTokenizer text,
            Function<MappedCheckpoint, Parts> parts) {
        this.limits = limits;
        this.weights = weights;
        this.text = text;
        try {
            this.memory = NativeMemory.of(() -> parts.apply(weights));
        } catch (RuntimeException | Error e) {
            weights.close();
            text.close();
            throw e;
        }
    }

    @Override
    public ImageSession begin(String prompt, String negativePrompt, Sampling sampling, ImageSize size) {
        Parts parts = memory.contents();
        return new ImageSession(
                parts.network(),
                parts.proposals(),
                limits.layout(size),
                () -> parts.prompts().conditional(prompt, size),
                () -> parts.prompts().unconditional(prompt, negativePrompt, size),
                sampling,
                parts.device());
    }

    @Override
    public int promptTokens(String prompt) {
        return limits.promptTokens(text, prompt);
    }

    @Override
    public int longestPrompt(ImageSize size) {
        return limits.longestPrompt(text, size);
    }

    @Override
    public ImageTokenNetwork network() {
        return memory.contents().network();
    }

    @Override
    public ImageTokenizer imageTokenizer() {
        return memory.contents().imageTokenizer();
    }

    @Override
    public ImageTokenNetwork.Prompt conditional(String prompt, ImageSize size) {
        return memory.contents().prompts().conditional(prompt, size);
    }

    @Override
    public ImageTokenNetwork.Prompt unconditional(String prompt, ImageSize size) {
        return memory.contents().prompts().unconditional(prompt, "", size);
    }

    @Override
    public BufferedImage image(int[] tokens, ImageSize size) {
        Parts parts = memory.contents();
        RasterLayout layout = limits.layout(size);
        Supplier<BufferedImage> decoding = () -> Tensors.inference(() -> {
            int[] codes = layout.codes(tokens);
            Tensor grid = Tensors.of(codes, 1, layout.lines(), layout.columns()).to(parts.device(), ScalarType.Long);
            return Pixels.truncated(parts.imageTokenizer().decode(grid)).getFirst();
        });
        long pixels = (long) size.width() * size.height();
        return PassThreads.current().run(Work.IMAGE, pixels * PRODUCTS_OF_A_PIXEL, decoding);
    }

    @Override
    public int[] tokens(BufferedImage image, ImageSize size) {
        Parts parts = memory.contents();
        Supplier<int[]> encoding = () -> Tensors.inference(() -> {
            Tensor pixels = Pixels.image(image).to(parts.device(), ScalarType.Float);
            return limits.layout(size)
                    .tokens(Tensors.ints(parts.imageTokenizer().encode(pixels)));
        });
        long pixels = (long) size.width() * size.height();
        return PassThreads.current().run(Work.IMAGE, pixels * PRODUCTS_OF_A_PIXEL, encoding);
    }

    @Override
    public void close() {
        memory.close();
        weights.close();
        text.close();
    }
}
