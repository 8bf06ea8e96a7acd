package org.sjd4j.family;

import java.awt.image.BufferedImage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.generate.ImageSession;
import org.sjd4j.llama.Denoising;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.tensor.NativeMemory;
import org.sjd4j.tensor.PassThreads;
import org.sjd4j.tensor.PassThreads.Work;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.text.TextTokenizer;
import org.sjd4j.vision.ImageTokenizer;
import org.sjd4j.vision.Pixels;

/** A published model in memory: its weights mapped or copied, its image tokenizer, and how it reads prompts. */
public final class PublishedModel implements LoadedModel, ModelParts {

    /** What a family makes of a prompt. */
    public interface PromptReader {
        /** Rows of what the image shows. */
        ImageTokenNetwork.Prompt conditional(String prompt, ImageSize size);

        /**
         * Rows of what guidance leads away from.
         *
         * @param negativePrompt may be blank
         */
        ImageTokenNetwork.Prompt unconditional(String prompt, String negativePrompt, ImageSize size);
    }

    /** What a family makes of a prompt that is all tokens. */
    public interface PromptIds {
        /** Ids of what the image shows. */
        int[] conditional(String prompt, ImageSize size);

        /**
         * Ids of what guidance leads away from.
         *
         * @param negativePrompt may be blank
         */
        int[] unconditional(String prompt, String negativePrompt, ImageSize size);

        /**
         * A reader of these ids.
         *
         * @param rows turns ids into rows
         */
        default PromptReader reader(Function<int[], ImageTokenNetwork.Prompt> rows) {
            return new PromptReader() {
                @Override
                public ImageTokenNetwork.Prompt conditional(String prompt, ImageSize size) {
                    return rows.apply(PromptIds.this.conditional(prompt, size));
                }

                @Override
                public ImageTokenNetwork.Prompt unconditional(String prompt, String negativePrompt, ImageSize size) {
                    return rows.apply(PromptIds.this.unconditional(prompt, negativePrompt, size));
                }
            };
        }
    }

    /** The parts. */
    record Parts(
            ImageTokenNetwork network,
            @Nullable Denoising denoising,
            ImageTokenizer imageTokenizer,
            PromptReader prompts,
            Device device) {}

    /** About what the convolutional decoders of the published image tokenizers take. */
    private static final long PRODUCTS_OF_A_PIXEL = 1_000_000;

    private final PublishedDescription<?> description;
    private final MappedCheckpoint weights;
    private final TextTokenizer text;
    private final NativeMemory<Parts> memory;

    /** Loads the parts over mapped weights; these and the tokenizer belong to this model from now on. */
    PublishedModel(
            PublishedDescription<?> description,
            MappedCheckpoint weights,
            TextTokenizer text,
            Function<MappedCheckpoint, Parts> parts) {
        this.description = description;
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
        Parts parts = memory.owner();
        return new ImageSession(
                parts.network(),
                parts.denoising(),
                description.layout(size),
                () -> parts.prompts().conditional(prompt, size),
                () -> parts.prompts().unconditional(prompt, negativePrompt, size),
                sampling,
                parts.device());
    }

    @Override
    public int promptTokens(String prompt) {
        return description.promptTokens(text, prompt);
    }

    @Override
    public int longestPrompt(ImageSize size) {
        return description.longestPrompt(text, size);
    }

    @Override
    public ImageTokenNetwork network() {
        return memory.owner().network();
    }

    @Override
    public ImageTokenizer imageTokenizer() {
        return memory.owner().imageTokenizer();
    }

    @Override
    public ImageTokenNetwork.Prompt conditional(String prompt, ImageSize size) {
        return memory.owner().prompts().conditional(prompt, size);
    }

    @Override
    public ImageTokenNetwork.Prompt unconditional(String prompt, ImageSize size) {
        return memory.owner().prompts().unconditional(prompt, "", size);
    }

    @Override
    public BufferedImage image(int[] tokens, ImageSize size) {
        Parts parts = memory.owner();
        RasterLayout layout = description.layout(size);
        Supplier<BufferedImage> decoding = () -> Tensors.inference(() -> {
            int[] codes = layout.codes(tokens);
            Tensor grid = Tensors.of(codes, 1, layout.lines(), layout.columns()).to(parts.device(), ScalarType.Long);
            return Pixels.truncated(parts.imageTokenizer().decode(grid)).getFirst();
        });
        long pixels = (long) size.width() * size.height();
        return PassThreads.current().run(Work.IMAGE, pixels * PRODUCTS_OF_A_PIXEL, decoding);
    }

    @Override
    public void close() {
        memory.close();
        weights.close();
        text.close();
    }
}
