package org.sjd4j.vision;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/**
 * The convolutional encoder and decoder of VQGAN (Esser et al., arXiv 2012.09841), which all published image tokenizers
 * here share. Depth, widths and where attention stands are read off the tensors; names are those of taming-transformers,
 * where level 0 has the highest resolution.
 *
 * <p>A decoder's norms may be spatial (MoVQ, Zheng et al., arXiv 2209.09002): scaled and shifted by the quantised latent
 * at every place.
 *
 * <p>One activation of the highest level of a published decoder has half a gigabyte. So what a block makes is freed with
 * the block, and what nobody reads again is overwritten; therefore there are no gradients.
 */
final class TamingNetwork {
    private static final int GROUPS = 32;
    private static final int COLOURS = 3;
    private static final int MOST_LEVELS = 10;
    private static final double EPSILON = 1e-6;

    private final Weights weights;

    /** A network over float32 tensors in memory. */
    TamingNetwork(Weights weights) {
        this.weights = weights;
    }

    /** Pixels per latent along each side. */
    int patch() {
        int levels = levels(weights.at("decoder").at("up"));
        if (levels < 1 || levels > MOST_LEVELS) {
            throw weights.mismatch("decoder.up.0.block.0.conv1.weight", "1 to " + MOST_LEVELS + " levels");
        }
        return 1 << levels - 1;
    }

    private static int levels(Weights at) {
        int count = 0;
        while (at.at(count).has("block.0.conv1.weight")) {
            count++;
        }
        return count;
    }

    /** Images {@code [batch, 3, height, width]} to {@code [batch, channels, lines, columns]}. */
    Tensor encode(Tensor images) {
        Weights encoder = weights.at("encoder");
        Tensor x = conv(encoder, "conv_in", images, 1);
        int levels = levels(encoder.at("down"));
        for (int level = 0; level < levels; level++) {
            Weights at = encoder.at("down").at(level);
            x = blocks(at, x, null);
            if (level < levels - 1) {
                x = Tensors.replace(
                        x, large -> conv(at.at("downsample"), "conv", torch.constant_pad_nd(large, 0, 1, 0, 1), 2, 0));
            }
        }
        x = mid(encoder.at("mid"), x, null);
        x = Tensors.replace(x, last -> activated(encoder, "norm_out", last, null));
        return Tensors.replace(x, last -> conv(encoder, "conv_out", last, 1));
    }

    /**
     * Latents to images.
     *
     * @param z {@code [batch, channels, lines, columns]}
     * @param quantised {@code [batch, code width, lines, columns]} for spatial norms, if the network has them
     */
    Tensor decode(Tensor z, @Nullable Tensor quantised) {
        Weights decoder = weights.at("decoder");
        Tensor x = mid(decoder.at("mid"), conv(decoder, "conv_in", z, 1), quantised);
        for (int level = levels(decoder.at("up")) - 1; level >= 0; level--) {
            Weights at = decoder.at("up").at(level);
            x = blocks(at, x, quantised);
            if (level > 0) {
                x = Tensors.replace(x, small -> torch.upsample_nearest2d(small, 2 * small.size(2), 2 * small.size(3)));
                x = Tensors.replace(x, doubled -> conv(at.at("upsample"), "conv", doubled, 1));
            }
        }
        x = Tensors.replace(x, last -> activated(decoder, "norm_out", last, quantised));
        if (decoder.shape("conv_out.weight")[0] != COLOURS) {
            throw decoder.mismatch("conv_out.weight", COLOURS + " channels of an image");
        }
        return Tensors.replace(x, last -> conv(decoder, "conv_out", last, 1));
    }

    /** Takes {@code input} over, as all methods do that give the next {@code x}. */
    private static Tensor blocks(Weights at, Tensor input, @Nullable Tensor quantised) {
        Tensor x = input;
        for (int i = 0; at.at("block").at(i).has("conv1.weight"); i++) {
            x = residual(at.at("block").at(i), x, quantised);
            if (at.at("attn").at(i).has("q.weight")) {
                x = attention(at.at("attn").at(i), x, quantised);
            }
        }
        return x;
    }

    private static Tensor mid(Weights at, Tensor x, @Nullable Tensor quantised) {
        Tensor first = residual(at.at("block_1"), x, quantised);
        return residual(at.at("block_2"), attention(at.at("attn_1"), first, quantised), quantised);
    }

    private static Tensor residual(Weights at, Tensor x, @Nullable Tensor quantised) {
        Tensor h = activated(at, "norm1", x, quantised);
        Tensor kept = at.has("nin_shortcut.weight") ? Tensors.replace(x, wide -> conv(at, "nin_shortcut", wide, 1)) : x;
        h = Tensors.replace(h, normed -> conv(at, "conv1", normed, 1));
        h = Tensors.replace(h, between -> activated(at, "norm2", between, quantised));
        h = Tensors.replace(h, normed -> conv(at, "conv2", normed, 1));
        if (h.size(1) != kept.size(1)) {
            throw at.mismatch("conv2.weight", kept.size(1) + " channels, as what it is added to");
        }
        kept.add_(h);
        h.close();
        return kept;
    }

    /** One head over all places. */
    private static Tensor attention(Weights at, Tensor x, @Nullable Tensor quantised) {
        return Tensors.replace(x, read -> {
            Tensor h = norm(at, "norm", read, quantised);
            Tensor mixed =
                    torch.scaled_dot_product_attention( // in blocks: the matrix of all places is never there as a whole
                            rows(square(at, "q", h)), rows(square(at, "k", h)), rows(square(at, "v", h)));
            Tensor back = mixed.squeeze(1).transpose(1, 2).reshape(read.sizes());
            Tensor added = square(at, "proj_out", back);
            added.add_(read);
            return added;
        });
    }

    /** {@code [batch, channels, lines, columns]} as {@code [batch, 1, places, channels]}. */
    private static Tensor rows(Tensor x) {
        return x.flatten(2, 3).transpose(1, 2).unsqueeze(1).contiguous();
    }

    private static Tensor activated(Weights at, String name, Tensor x, @Nullable Tensor quantised) {
        Tensor normed = norm(at, name, x, quantised);
        torch.silu_(normed);
        return normed;
    }

    /**
     * A new tensor. The scale and shift of a spatial norm are the same all over the square of pixels that a latent became,
     * so they are computed once for each latent.
     */
    private static Tensor norm(Weights at, String name, Tensor x, @Nullable Tensor quantised) {
        Weights norm = at.at(name);
        if (quantised == null || !norm.has("norm_layer.weight")) {
            return groupNorm(norm, x);
        }
        return Tensors.keep(() -> {
            Tensor normed = groupNorm(norm.at("norm_layer"), x);
            long side = x.size(2) / quantised.size(2);
            Tensor squares = normed.view(x.size(0), x.size(1), quantised.size(2), side, quantised.size(3), side);
            squares.mul_(spread(pointwise(norm, "conv_y", quantised, x.size(1))));
            squares.add_(spread(pointwise(norm, "conv_b", quantised, x.size(1))));
            return normed;
        });
    }

    private static Tensor spread(Tensor latents) {
        return latents.unsqueeze(3).unsqueeze(5);
    }

    private static Tensor groupNorm(Weights at, Tensor x) {
        long channels = x.size(1);
        if (channels % GROUPS != 0) {
            throw at.mismatch("weight", "a multiple of " + GROUPS + " channels");
        }
        return torch.group_norm(
                x,
                GROUPS,
                new TensorOptional(at.get("weight", channels)),
                new TensorOptional(at.get("bias", channels)),
                EPSILON,
                false);
    }

    /** A convolution that keeps the size. */
    static Tensor conv(Weights at, String name, Tensor x, long stride) {
        return conv(at, name, x, stride, kernel(at, name) / 2);
    }

    private static long kernel(Weights at, String name) {
        long[] shape = at.shape(name + ".weight");
        return shape[shape.length - 1];
    }

    private static Tensor conv(Weights at, String name, Tensor x, long stride, long pad) {
        long out = at.shape(name + ".weight")[0];
        long kernel = kernel(at, name);
        if (out < 1 || kernel != 1 && kernel != 3) {
            throw at.mismatch(name + ".weight", "a kernel of 1 or 3 for at least one channel");
        }
        Tensor weight = at.get(name + ".weight", out, x.size(1), kernel, kernel);
        var bias = new TensorOptional(at.get(name + ".bias", out));
        return torch.conv2d(x, weight, bias, new long[] {stride, stride}, new long[] {pad, pad}, new long[] {1, 1}, 1);
    }

    /** A 1x1 convolution that keeps the number of channels. */
    private static Tensor square(Weights at, String name, Tensor x) {
        return pointwise(at, name, x, x.size(1));
    }

    /** A 1x1 convolution, whose weight may be a plain matrix. */
    private static Tensor pointwise(Weights at, String name, Tensor x, long out) {
        Tensor weight = at.shape(name + ".weight").length == 2
                ? at.get(name + ".weight", out, x.size(1)).unsqueeze(-1).unsqueeze(-1)
                : at.get(name + ".weight", out, x.size(1), 1, 1);
        return torch.conv2d(
                x,
                weight,
                new TensorOptional(at.get(name + ".bias", out)),
                new long[] {1, 1},
                new long[] {0, 0},
                new long[] {1, 1},
                1);
    }
}
