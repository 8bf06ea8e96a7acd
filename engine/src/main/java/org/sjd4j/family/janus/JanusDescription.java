package org.sjd4j.family.janus;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.Companions;
import org.sjd4j.family.Defaults;
import org.sjd4j.family.Ids;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.PromptIds;
import org.sjd4j.family.PromptReader;
import org.sjd4j.family.PublishedDescription;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Weights;
import org.sjd4j.text.HuggingFaceText;
import org.sjd4j.text.TextTokenizer;
import org.sjd4j.vision.ImageTokenizer;
import org.sjd4j.vision.VqganTokenizer;

/**
 * A checkpoint of Janus-Pro in DeepSeek's layout or Transformers'; all parts are in one.
 *
 * <p>Prompt and guidance: {@code generation_inference.py}.
 */
public final class JanusDescription extends PublishedDescription<Janus> {
    private static final int PATCH = 16;
    private static final String BEGIN = "<｜begin▁of▁sentence｜>";
    private static final String PAD = "<｜▁pad▁｜>";
    private static final String START_OF_IMAGE = "<begin_of_image>";
    private static final String USER = "<|User|>";
    private static final String ASSISTANT = "<|Assistant|>";

    private final Janus.Config config;
    private final int positions;

    /**
     * Reads a checkpoint directory.
     *
     * @param adapter directory of what makes better drafts, or nothing to look in its own
     */
    public JanusDescription(Path directory, JsonConfig json, @Nullable Path adapter) {
        super(directory, json.text("model_type"), adapter);
        this.config = Janus.Config.from(json);
        this.positions = json.object(config.hf() ? "text_config" : "language_config")
                .sizeOr("max_position_embeddings", Integer.MAX_VALUE);
    }

    /** Sizes of the language model. */
    public Janus.Config config() {
        return config;
    }

    @Override
    public List<ImageSize> sizes() {
        return List.of(new ImageSize(config.grid() * PATCH, config.grid() * PATCH));
    }

    @Override
    public RasterLayout layout(ImageSize size) {
        return config.layout();
    }

    @Override
    public Defaults defaults(ComputeDevice device) {
        return defaults(new Sampling(5, 1, 0, 1), device);
    }

    @Override
    public String licence() {
        return "DeepSeek Model License (restrictions of use)";
    }

    @Override
    public Janus network(Weights weights, Precision precision) {
        var network = new Janus(config, weights, precision);
        weights.requireAllRead(Janus::isVision);
        return network;
    }

    @Override
    public ImagePart imagePart() {
        return ImagePart.VQGAN;
    }

    @Override
    public LlamaConfig llama() {
        return config.llama();
    }

    @Override
    public long parameters() {
        return config.parameters();
    }

    @Override
    public void findCompanions() {
        String part = config.hf() ? "model.vqmodel." : "gen_vision_model.";
        Companions.requireCodes(weightsFile(), part + "quantize.embedding.weight", config.codes());
    }

    @Override
    public HuggingFaceText text() {
        return HuggingFaceText.read(directory().resolve("tokenizer.json"));
    }

    @Override
    public Path imageTokenizerFile() {
        return weightsFile();
    }

    @Override
    public ImageTokenizer vision(MappedCheckpoint weights, Device device) {
        var copies = weights.copies(Janus::isImageTokenizer, ScalarType.Float, device);
        return config.hf()
                ? new VqganTokenizer(copies.at("model.vqmodel"), VqganTokenizer.Names.JANUS_HF, true)
                : new VqganTokenizer(copies.at("gen_vision_model"), VqganTokenizer.Names.LLAMAGEN, true);
    }

    private int id(TextTokenizer text, String token) {
        Integer id = text.ids().get(token);
        if (id == null || id >= config.vocabulary()) {
            throw new CheckpointException(
                    directory().resolve("tokenizer.json").toString(),
                    "no '" + token + "'",
                    "it among the tokens",
                    "use the tokenizer files that belong to this checkpoint");
        }
        return id;
    }

    @Override
    public int positions() {
        return positions;
    }

    /** {@inheritDoc} The names of the roles are tokens if the tokenizer has them, and text otherwise. */
    @Override
    public int[] promptIds(TextTokenizer text, String prompt, ImageSize size) {
        String said = ": " + prompt + "\n\n";
        int[] turn = text.ids().containsKey(USER) && text.ids().containsKey(ASSISTANT)
                ? Ids.join(
                        new int[] {id(text, USER)},
                        text.encode(said),
                        new int[] {id(text, ASSISTANT)},
                        text.encode(":"))
                : text.encode(USER + said + ASSISTANT + ":");
        return Ids.join(new int[] {id(text, BEGIN)}, turn, new int[] {id(text, START_OF_IMAGE)});
    }

    /** A prompt whose words are hidden: all but the first and the last token are padding. */
    public static int[] hidden(int[] prompt, int pad) {
        int[] ids = new int[prompt.length];
        Arrays.fill(ids, pad);
        ids[0] = prompt[0];
        ids[ids.length - 1] = prompt[ids.length - 1];
        return ids;
    }

    @Override
    public PromptReader prompts(Janus network, TextTokenizer text, Device device, Precision precision) {
        var ids = new PromptIds() {
            @Override
            public int[] conditional(String prompt, ImageSize size) {
                return promptIds(text, prompt, size);
            }

            @Override
            public int[] unconditional(String prompt, String negativePrompt, ImageSize size) {
                return negativePrompt.isBlank()
                        ? hidden(promptIds(text, prompt, size), id(text, PAD))
                        : promptIds(text, negativePrompt, size);
            }
        };
        return ids.reader(tokens -> network.prompt(tokens, device));
    }
}
