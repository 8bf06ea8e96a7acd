package org.sjd4j.vision;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.tensor.Parameter;
import org.sjd4j.tensor.Weights;

/**
 * The bundled model's image tokenizer: a vector-quantised autoencoder with one code per square patch of pixels.
 *
 * <p>The encoder is local and has no spatial normalisation (one 3x3 block: it sees its patch and the neighbouring ones),
 * so that a flat region always gets the same code, which is what makes the codes easy to predict. The decoder sees
 * further and grows the image by pixel shuffling. Codes are compared by cosine, so latents and codebook rows have unit
 * length.
 *
 * <p>Images are {@code [batch, 3, size, size]} in -1..1, latents {@code [batch, codeWidth, grid, grid]}, codes
 * {@code [batch, grid * grid]} in raster order.
 */
public final class PatchTokenizer {
    /** What {@code config.json} calls this tokenizer. */
    public static final String MODEL_TYPE = "sjd4j_patch_tokenizer";

    private static final int GROUPS = 8;

    /**
     * Sizes of the network.
     *
     * @param imageSize image side in pixels
     * @param patch pixels per code along each side
     * @param codes number of codebook entries
     * @param codeWidth channels of a code
     * @param encoderWidth channels inside the encoder
     * @param decoderWidths channels of the decoder's stages, coarsest first; each next one has twice the resolution
     * @param decoderBlocks residual blocks per stage
     */
    public record Config(
            int imageSize,
            int patch,
            int codes,
            int codeWidth,
            int encoderWidth,
            List<Integer> decoderWidths,
            List<Integer> decoderBlocks) {
        /** Codes along each side of the image. */
        public int grid() {
            return imageSize / patch;
        }

        /** The same network for images of another size: it is local, so that its weights do for any. */
        public Config withImageSize(int pixels) {
            return new Config(pixels, patch, codes, codeWidth, encoderWidth, decoderWidths, decoderBlocks);
        }

        /**
         * Reads the sizes from a checkpoint's {@code config.json}.
         *
         * @throws org.sjd4j.tensor.CheckpointException if a value is missing or makes no sense
         */
        public static Config from(JsonConfig json) {
            var config = new Config(
                    json.count("image_size"),
                    json.count("patch_size"),
                    json.count("codebook_size"),
                    json.count("code_width"),
                    json.count("encoder_width"),
                    json.counts("decoder_widths"),
                    json.counts("decoder_blocks"));
            int stages = config.decoderWidths().size();
            if (config.imageSize() % config.patch() != 0) {
                throw json.wrong("patch_size", Integer.toString(config.patch()), "a divisor of image_size");
            }
            if (config.decoderBlocks().size() != stages || config.patch() % (1 << (stages - 1)) != 0) {
                throw json.wrong("decoder_blocks", config.decoderBlocks().toString(), "one number per decoder stage");
            }
            return config;
        }

        /** The values that {@link #from} reads. */
        public Map<String, Object> toJson() {
            var json = new LinkedHashMap<String, Object>();
            json.put("model_type", MODEL_TYPE);
            json.put("image_size", imageSize);
            json.put("patch_size", patch);
            json.put("codebook_size", codes);
            json.put("code_width", codeWidth);
            json.put("encoder_width", encoderWidth);
            json.put("decoder_widths", decoderWidths);
            json.put("decoder_blocks", decoderBlocks);
            return json;
        }

        /** Scale from the last stage to pixels. */
        int lastShuffle() {
            return patch >> (decoderWidths.size() - 1);
        }
    }

    private final Config config;
    private final Weights weights;

    /** A tokenizer over weights that are already in memory; tensors are looked up, and checked, when used. */
    public PatchTokenizer(Config config, Weights weights) {
        this.config = config;
        this.weights = weights;
    }

    /** The sizes of this network. */
    public Config config() {
        return config;
    }

    /** Every tensor of the network, with its start for training. */
    public static List<Parameter> parameters(Config config) {
        var list = new ArrayList<Parameter>();
        int pixels = 3 * config.patch() * config.patch();
        int width = config.encoderWidth();
        conv(list, "encoder.stem", pixels, width, 1, 1);
        residual(list, "encoder.block", width, false);
        conv(list, "encoder.mix_in", width, width, 1, 1);
        conv(list, "encoder.mix_out", width, width, 1, 0.1);
        conv(list, "encoder.head", width, config.codeWidth(), 1, 1);
        list.add(Parameter.table("codebook", 1, config.codes(), config.codeWidth()));
        var widths = config.decoderWidths();
        conv(list, "decoder.stem", config.codeWidth(), widths.getFirst(), 3, 1);
        for (int stage = 0; stage < widths.size(); stage++) {
            for (int block = 0; block < config.decoderBlocks().get(stage); block++) {
                residual(list, "decoder.stages." + stage + ".blocks." + block, widths.get(stage), true);
            }
            boolean last = stage == widths.size() - 1;
            int shuffle = last ? config.lastShuffle() : 2;
            int out = (last ? 3 : widths.get(stage + 1)) * shuffle * shuffle;
            conv(list, "decoder.stages." + stage + ".grow", widths.get(stage), out, 3, 1);
        }
        return list;
    }

    private static void conv(List<Parameter> list, String name, int in, int out, int kernel, double gain) {
        double deviation = gain / Math.sqrt((double) in * kernel * kernel);
        list.add(Parameter.matrix(name + ".weight", deviation, out, in, kernel, kernel));
        list.add(Parameter.constant(name + ".bias", 0, out));
    }

    private static void residual(List<Parameter> list, String name, int width, boolean normalised) {
        if (normalised) {
            list.add(Parameter.constant(name + ".norm1.weight", 1, width));
            list.add(Parameter.constant(name + ".norm1.bias", 0, width));
            list.add(Parameter.constant(name + ".norm2.weight", 1, width));
            list.add(Parameter.constant(name + ".norm2.bias", 0, width));
        }
        conv(list, name + ".conv1", width, width, 3, 1.4);
        conv(list, name + ".conv2", width, width, normalised ? 3 : 1, 0.3);
    }

    /** Images to unit-length latents, before quantisation. */
    public Tensor latents(Tensor images) {
        Weights encoder = weights.at("encoder");
        int width = config.encoderWidth();
        Tensor x = torch.pixel_unshuffle(images, config.patch());
        x = conv(encoder, "stem", x, width, 1);
        x = residual(encoder.at("block"), x, width, false);
        x = x.add(conv(encoder, "mix_out", torch.silu(conv(encoder, "mix_in", torch.silu(x), width, 1)), width, 1));
        return unit(conv(encoder, "head", torch.silu(x), config.codeWidth(), 1));
    }

    /** The nearest codes of unit-length latents, {@code [batch, grid * grid]} int64. */
    public Tensor nearest(Tensor latents) {
        Tensor rows = rows(latents);
        Tensor codes = torch.matmul(rows, codebook().t()).argmax(new LongOptional(-1), false);
        return codes.view(latents.size(0), -1);
    }

    /** Images to codes, {@code [batch, grid * grid]} int64. */
    public Tensor encode(Tensor images) {
        return nearest(latents(images));
    }

    /** The latents that stand for codes {@code [batch, grid * grid]}. */
    public Tensor lookup(Tensor codes) {
        long batch = codes.size(0);
        Tensor rows = codebook().index_select(0, codes.reshape(-1));
        return rows.view(batch, config.grid(), config.grid(), config.codeWidth())
                .permute(0, 3, 1, 2)
                .contiguous();
    }

    /** Quantised latents to images; values may leave -1..1 a little. */
    public Tensor decode(Tensor latents) {
        Weights decoder = weights.at("decoder");
        var widths = config.decoderWidths();
        Tensor x = conv(decoder, "stem", latents, widths.getFirst(), 3);
        for (int stage = 0; stage < widths.size(); stage++) {
            Weights at = decoder.at("stages").at(stage);
            for (int block = 0; block < config.decoderBlocks().get(stage); block++) {
                x = residual(at.at("blocks").at(block), x, widths.get(stage), true);
            }
            boolean last = stage == widths.size() - 1;
            int shuffle = last ? config.lastShuffle() : 2;
            int out = (last ? 3 : widths.get(stage + 1)) * shuffle * shuffle;
            x = torch.pixel_shuffle(conv(at, "grow", x, out, 3), shuffle);
        }
        return x;
    }

    /** The unit-length codebook, {@code [codes, codeWidth]}. */
    public Tensor codebook() {
        return weights.get("codebook", config.codes(), config.codeWidth());
    }

    /** Latents as one row per position, {@code [batch * grid * grid, codeWidth]}. */
    public Tensor rows(Tensor latents) {
        return latents.permute(0, 2, 3, 1).reshape(-1, config.codeWidth());
    }

    private static Tensor unit(Tensor latents) {
        Tensor length = latents.square().sum(new long[] {1}, true, new org.bytedeco.pytorch.ScalarTypeOptional());
        return latents.mul(length.add(new Scalar(1e-12)).rsqrt());
    }

    private static Tensor conv(Weights at, String name, Tensor x, long out, long kernel) {
        Tensor weight = at.get(name + ".weight", out, x.size(1), kernel, kernel);
        var bias = new TensorOptional(at.get(name + ".bias", out));
        long pad = kernel / 2;
        return torch.conv2d(x, weight, bias, new long[] {1, 1}, new long[] {pad, pad}, new long[] {1, 1}, 1);
    }

    private static Tensor residual(Weights at, Tensor x, int width, boolean normalised) {
        Tensor h = torch.silu(normalised ? norm(at.at("norm1"), x, width) : x);
        h = conv(at, "conv1", h, width, 3);
        h = torch.silu(normalised ? norm(at.at("norm2"), h, width) : h);
        return x.add(conv(at, "conv2", h, width, normalised ? 3 : 1));
    }

    private static Tensor norm(Weights at, Tensor x, int width) {
        var weight = new TensorOptional(at.get("weight", width));
        var bias = new TensorOptional(at.get("bias", width));
        return torch.group_norm(x, GROUPS, weight, bias, 1e-5, false);
    }

    /** Limits images to -1..1. */
    public static Tensor clamp(Tensor images) {
        return images.clamp(new ScalarOptional(new Scalar(-1.0)), new ScalarOptional(new Scalar(1.0)));
    }
}
