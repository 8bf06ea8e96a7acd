package org.sjd4j.vision;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/**
 * Emu3's image and video tokenizer (arXiv 2409.18869), for single images: a {@link TamingNetwork} with spatial norms
 * between convolutions in time.
 *
 * <p>All convolutions in time are causal, so the first of the four frames that a code decodes to depends on one frame of
 * latents only. It is the image, and it is all that is computed: a quarter of the work and memory.
 */
public final class MoVqTokenizer implements ImageTokenizer {
    private static final String HEADS = "num_attention_heads";
    private static final double BATCH_NORM_EPSILON = 1e-5;

    /** Frames of zeros before the first one. */
    private static final int EARLIER = 2;

    /** Frames that an image is repeated to when it is encoded. */
    private static final int FRAMES = 4;

    private final Weights weights;
    private final TamingNetwork network;
    private final Codebook codebook;

    /** How a checkpoint names the parts of the network. */
    public enum Names {
        /** BAAI/Emu3-VisionTokenizer. */
        ORIGINAL,

        /** Transformers' Emu3. */
        HF;

        private String toFile(String name) {
            return this == ORIGINAL ? name : hf(name);
        }

        private static String hf(String name) {
            return name.replace("coder.down.", "coder.down_block.down.")
                    .replace("coder.up.", "coder.up_block.up.")
                    .replace(".mid.attn_1.norm.", ".middle_block.attn_norm.")
                    .replace(".mid.", ".middle_block.")
                    .replaceAll("\\.attn\\.(\\d+)\\.norm\\.", ".attn_norms.$1.")
                    .replaceAll("(\\.attn\\.\\d+|\\.attn_1)\\.([qkv])\\.", "$1.$2_proj.")
                    .replaceAll("(\\.attn\\.\\d+|\\.attn_1)\\.proj_out\\.", "$1.out_proj.");
        }
    }

    /**
     * Refuses a configuration, of either layout, that asks for another network; sizes are read off the tensors.
     *
     * @throws org.sjd4j.tensor.CheckpointException naming the key
     */
    public static void require(JsonConfig json) {
        for (String key : List.of("double_z", "double_latent")) {
            if (json.flagOr(key, false)) {
                throw json.unsupported(key, "true", "false");
            }
        }
        if (json.sizeOr(HEADS, 1) != 1) {
            throw json.unsupported(HEADS, json.shown(HEADS), "1");
        }
    }

    /** A tokenizer over float32 tensors in memory. */
    public MoVqTokenizer(Weights weights, Names names) {
        this.weights = weights.renamed(names::toFile);
        this.network = new TamingNetwork(this.weights);
        this.codebook = new Codebook(this.weights, false);
    }

    @Override
    public int codes() {
        return codebook.codes();
    }

    @Override
    public int patch() {
        return network.patch();
    }

    @Override
    public Tensor decode(Tensor codes) {
        Tensor quantised = codebook.lookup(codes);
        Weights decoder = weights.at("decoder");
        Tensor frame = quantised.unsqueeze(2);
        Tensor both = Tensors.cat(0, inTime(weights, "post_quant_conv.conv", frame, 1), frame);
        Tensor x = residuals(decoder.at("time_res_stack"), both);
        for (int i = 0; decoder.at("time_conv").at(i).has("conv.conv.weight"); i++) {
            x = torch.silu(inTime(decoder.at("time_conv").at(i), "conv.conv", x, 1));
        }
        Tensor still = x.squeeze(2);
        long batch = codes.size(0);
        return network.decode(still.narrow(0, 0, batch), still.narrow(0, batch, batch));
    }

    @Override
    public Tensor encoderOutput(Tensor images) {
        Weights encoder = weights.at("encoder");
        Tensor x = network.encode(images).unsqueeze(2).repeat(1, 1, FRAMES, 1, 1);
        for (int i = 0; encoder.at("time_conv").at(i).has("conv.conv.weight"); i++) {
            x = torch.silu(inTime(encoder.at("time_conv").at(i), "conv.conv", x, 2));
        }
        return residuals(encoder.at("time_res_stack"), x).squeeze(2);
    }

    @Override
    public Tensor latents(Tensor images) {
        return inTime(weights, "quant_conv.conv", encoderOutput(images).unsqueeze(2), 1)
                .squeeze(2);
    }

    @Override
    public Tensor nearest(Tensor latents) {
        return codebook.nearest(latents);
    }

    private static Tensor residuals(Weights at, Tensor input) {
        Tensor x = input;
        for (int i = 0; at.at(i).has("conv1.conv.weight"); i++) {
            Tensor h =
                    inTime(at.at(i), "conv1.conv", torch.silu(batchNorm(at.at(i).at("norm1"), x)), 1);
            h = inTime(at.at(i), "conv2.conv", torch.silu(batchNorm(at.at(i).at("norm2"), h)), 1);
            if (h.size(1) != x.size(1)) {
                throw at.at(i).mismatch("conv2.conv.weight", x.size(1) + " channels, as what it is added to");
            }
            x = x.add(h);
        }
        return x;
    }

    /**
     * A convolution over {@code [batch, channels, frames, lines, columns]} whose frames see none after them: two frames of
     * zeros come first.
     */
    private static Tensor inTime(Weights at, String name, Tensor x, long stride) {
        long[] shape = at.shape(name + ".weight");
        long kernel = shape[shape.length - 1];
        long room = x.size(2) + EARLIER;
        boolean fits = shape.length == 5
                && shape[0] > 0
                && shape[2] > 0
                && shape[2] <= room
                && (room - shape[2]) / stride + 1 == x.size(2) / stride
                && (kernel == 1 || kernel == 3);
        if (!fits) {
            throw at.mismatch(name + ".weight", "a kernel of 1 or 3 that makes " + x.size(2) / stride + " frame(s)");
        }
        Tensor weight = at.get(name + ".weight", shape[0], x.size(1), shape[2], kernel, kernel);
        Tensor padded = torch.constant_pad_nd(x, 0, 0, 0, 0, EARLIER, 0);
        return torch.conv3d(
                padded,
                weight,
                new TensorOptional(at.get(name + ".bias", shape[0])),
                new long[] {stride, 1, 1},
                new long[] {0, kernel / 2, kernel / 2},
                new long[] {1, 1, 1},
                1);
    }

    private static Tensor batchNorm(Weights at, Tensor x) {
        long channels = x.size(1);
        return torch.batch_norm(
                x,
                new TensorOptional(at.get("weight", channels)),
                new TensorOptional(at.get("bias", channels)),
                new TensorOptional(at.get("running_mean", channels)),
                new TensorOptional(at.get("running_var", channels)),
                false,
                0,
                BATCH_NORM_EPSILON,
                false);
    }
}
