package org.sjd4j.metrics.scorer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.tensor.Parameter;
import org.sjd4j.tensor.Weights;

/**
 * A small dual encoder in the manner of CLIP (Radford et al., arXiv 2103.00020): images and captions become vectors of
 * unit length that are close where they belong together.
 *
 * <p>The tower of images is a residual convolutional network over three resolutions; the mean over its last map gives
 * the features, and their projection the embedding. A caption is the sum of its words' vectors, which are others for what
 * is shown than for how: a sum cannot learn by heart which thing was seen in which style, and so knows pairs that it never
 * saw.
 */
public final class ScorerNetwork {
    /** What {@code config.json} calls this network. */
    public static final String MODEL_TYPE = "sjd4j_scorer";

    private static final int GROUPS = 8;
    private static final double NORM_EPSILON = 1e-5;

    /** 1 / 0.07, as in CLIP's training. */
    private static final double START_SCALE = Math.log(1 / 0.07);

    private static final double LARGEST_SCALE = Math.log(100);

    /**
     * Sizes of the network.
     *
     * @param imageSize image side in pixels
     * @param widths channels at each resolution, the finest first; the first is half of the image's, each next one half of
     *     the one before
     * @param blocks residual blocks at each resolution
     * @param words number of word ids, the special ones included
     * @param slots most words of what is shown, and of how
     * @param embedding length of the embeddings
     */
    public record Config(int imageSize, List<Integer> widths, int blocks, int words, int slots, int embedding) {
        /** Length of the features. */
        public int features() {
            return widths.getLast();
        }

        /**
         * Reads the sizes from a {@code config.json}.
         *
         * @throws org.sjd4j.tensor.CheckpointException if a value is missing or makes no sense
         */
        public static Config from(JsonConfig json) {
            var widths = json.counts("widths");
            int size = json.count("image_size");
            if (size % (1 << widths.size()) != 0) {
                throw json.wrong("image_size", Integer.toString(size), "a multiple of " + (1 << widths.size()));
            }
            for (int width : widths) {
                if (width % GROUPS != 0) {
                    throw json.wrong("widths", widths.toString(), "multiples of " + GROUPS);
                }
            }
            return new Config(
                    size,
                    widths,
                    json.count("blocks"),
                    json.count("word_vocab_size"),
                    json.count("prompt_slots"),
                    json.count("projection_dim"));
        }

        /** The values that {@link #from} reads. */
        public Map<String, Object> toJson() {
            var json = new LinkedHashMap<String, Object>();
            json.put("model_type", MODEL_TYPE);
            json.put("image_size", imageSize);
            json.put("widths", widths);
            json.put("blocks", blocks);
            json.put("word_vocab_size", words);
            json.put("prompt_slots", slots);
            json.put("projection_dim", embedding);
            return json;
        }
    }

    private final Config config;
    private final Weights vision;
    private final Tensor things;
    private final Tensor manners;
    private final Tensor visionProjection;
    private final Tensor scale;

    /** A network over float32 weights; gradients flow into them. */
    public ScorerNetwork(Config config, Weights weights) {
        this.config = config;
        this.vision = weights.at("vision");
        Weights captions = weights.at("text");
        this.things = captions.get("things.weight", config.words(), config.embedding());
        this.manners = captions.get("manners.weight", config.words(), config.embedding());
        this.visionProjection = vision.get("projection.weight", config.embedding(), config.features());
        this.scale = weights.get("logit_scale", 1);
    }

    /** Every tensor of the network, with its start for training. */
    public static List<Parameter> parameters(Config config) {
        var list = new ArrayList<Parameter>();
        int in = 3 * 4;
        for (int level = 0; level < config.widths().size(); level++) {
            int width = config.widths().get(level);
            String at = "vision.levels." + level + ".";
            convolution(
                    list, at + "enter", level == 0 ? in : 4 * config.widths().get(level - 1), width, 1, 1);
            for (int block = 0; block < config.blocks(); block++) {
                residual(list, at + "blocks." + block, width);
            }
        }
        norm(list, "vision.norm", config.features());
        double features = 1 / Math.sqrt(config.features());
        list.add(Parameter.matrix("vision.projection.weight", features, config.embedding(), config.features()));
        double word = 1 / Math.sqrt(config.embedding());
        list.add(Parameter.table("text.things.weight", word, config.words(), config.embedding()));
        list.add(Parameter.table("text.manners.weight", word, config.words(), config.embedding()));
        list.add(Parameter.constant("logit_scale", START_SCALE, 1));
        return list;
    }

    private static void residual(List<Parameter> list, String name, int width) {
        norm(list, name + ".norm1", width);
        convolution(list, name + ".conv1", width, width, 3, 1.4);
        norm(list, name + ".norm2", width);
        convolution(list, name + ".conv2", width, width, 3, 0.3);
    }

    private static void norm(List<Parameter> list, String name, int width) {
        list.add(Parameter.constant(name + ".weight", 1, width));
        list.add(Parameter.constant(name + ".bias", 0, width));
    }

    private static void convolution(List<Parameter> list, String name, int in, int out, int kernel, double gain) {
        double deviation = gain / Math.sqrt((double) in * kernel * kernel);
        list.add(Parameter.matrix(name + ".weight", deviation, out, in, kernel, kernel));
        list.add(Parameter.constant(name + ".bias", 0, out));
    }

    /** The sizes of this network. */
    public Config config() {
        return config;
    }

    /** The features of images {@code [batch, 3, size, size]} in -1..1, {@code [batch, features]}. */
    public Tensor features(Tensor images) {
        Tensor x = images;
        for (int level = 0; level < config.widths().size(); level++) {
            int width = config.widths().get(level);
            Weights at = vision.at("levels").at(level);
            x = convolution(at.at("enter"), torch.pixel_unshuffle(x, 2), width, 1);
            for (int block = 0; block < config.blocks(); block++) {
                Weights own = at.at("blocks").at(block);
                Tensor h = convolution(own.at("conv1"), torch.silu(norm(own.at("norm1"), x)), width, 3);
                x = x.add(convolution(own.at("conv2"), torch.silu(norm(own.at("norm2"), h)), width, 3));
            }
        }
        return torch.silu(norm(vision.at("norm"), x)).mean(new long[] {2, 3}, false, new ScalarTypeOptional());
    }

    /** Embeddings of unit length {@code [batch, embedding]} of {@linkplain #features features}. */
    public Tensor images(Tensor features) {
        return unit(torch.linear(features, visionProjection));
    }

    /** Embeddings of unit length {@code [batch, embedding]} of captions, as word ids {@code [batch, 2, slots]}. */
    public Tensor captions(Tensor ids) {
        return unit(sum(things, ids.select(1, 0)).add(sum(manners, ids.select(1, 1))));
    }

    private Tensor sum(Tensor table, Tensor ids) {
        Tensor rows = table.index_select(0, ids.reshape(-1)).view(ids.size(0), config.slots(), config.embedding());
        Tensor counts =
                ids.ne(new Scalar(CaptionWords.pad())).to(ScalarType.Float).unsqueeze(-1);
        return rows.mul(counts).sum(new long[] {1}, false, new ScalarTypeOptional());
    }

    /** What cosines are multiplied by to give logits. */
    public Tensor scale() {
        return scale.clamp_max(new Scalar(LARGEST_SCALE)).exp();
    }

    private static Tensor unit(Tensor rows) {
        Tensor squares = rows.square().sum(new long[] {1}, true, new ScalarTypeOptional());
        return rows.mul(squares.add(new Scalar(1e-12)).rsqrt());
    }

    private static Tensor norm(Weights at, Tensor x) {
        long width = x.size(1);
        var weight = new TensorOptional(at.get("weight", width));
        var bias = new TensorOptional(at.get("bias", width));
        return torch.group_norm(x, GROUPS, weight, bias, NORM_EPSILON, false);
    }

    private static Tensor convolution(Weights at, Tensor x, long out, long kernel) {
        var bias = new TensorOptional(at.get("bias", out));
        long pad = kernel / 2;
        Tensor weight = at.get("weight", out, x.size(1), kernel, kernel);
        return torch.conv2d(x, weight, bias, new long[] {1, 1}, new long[] {pad, pad}, new long[] {1, 1}, 1);
    }
}
