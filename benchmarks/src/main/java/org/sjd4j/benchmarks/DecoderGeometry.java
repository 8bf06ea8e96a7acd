package org.sjd4j.benchmarks;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The sizes of a published image tokenizer, and the names and shapes of its tensors that follow from them.
 *
 * @param channels of the highest level
 * @param factors channels of each level in units of {@code channels}, highest resolution first
 * @param latent channels between the encoder and its last projection
 * @param codes number of codebook entries
 * @param codeWidth channels of a code
 * @param deepestAttention whether the blocks of the lowest resolution have attention
 * @param inTime whether it is a MoVQ: spatial norms in the decoder, convolutions in time between encoder and decoder
 */
record DecoderGeometry(
        int channels, int[] factors, int latent, int codes, int codeWidth, boolean deepestAttention, boolean inTime) {
    private static final int BLOCKS = 2;

    /** Chameleon's VQGAN. */
    static DecoderGeometry chameleon() {
        return new DecoderGeometry(128, new int[] {1, 1, 2, 2, 4}, 256, 8192, 256, false, false);
    }

    /** Emu3-VisionTokenizer. */
    static DecoderGeometry emu3() {
        return new DecoderGeometry(256, new int[] {1, 2, 2, 4}, 4, 32768, 4, true, true);
    }

    /** VQ-16 of LlamaGen and Janus-Pro, in the names of taming-transformers. */
    static DecoderGeometry vq16() {
        return new DecoderGeometry(128, new int[] {1, 1, 2, 2, 4}, 256, 16384, 8, true, false);
    }

    /** This geometry with fewer channels: to try a measurement before it is made. */
    DecoderGeometry thinner(int divisor) {
        return new DecoderGeometry(channels / divisor, factors, latent, codes, codeWidth, deepestAttention, inTime);
    }

    /** Pixels per code along each side. */
    int patch() {
        return 1 << factors.length - 1;
    }

    /** Shape by name, in the order of the network. */
    Map<String, long[]> tensors() {
        var shapes = new Shapes();
        encoder(shapes);
        decoder(shapes);
        shapes.add("quantize.embedding.weight", codes, codeWidth);
        String conv = inTime ? ".conv" : "";
        shapes.convolution("quant_conv" + conv, codeWidth, latent, inTime ? new int[] {3, 1, 1} : new int[] {1, 1});
        shapes.convolution(
                "post_quant_conv" + conv, latent, codeWidth, inTime ? new int[] {3, 1, 1} : new int[] {1, 1});
        return shapes.map;
    }

    private void encoder(Shapes shapes) {
        int in = channels;
        shapes.square("encoder.conv_in", in, 3);
        for (int level = 0; level < factors.length; level++) {
            String at = "encoder.down." + level;
            int out = channels * factors[level];
            for (int i = 0; i < BLOCKS; i++) {
                block(shapes, at, level, i, in, out, false);
                in = out;
            }
            if (level < factors.length - 1) {
                shapes.square(at + ".downsample.conv", out, out);
            }
        }
        middle(shapes, "encoder.mid", in, false);
        norm(shapes, "encoder.norm_out", in, false);
        shapes.square("encoder.conv_out", latent, in);
        if (inTime) {
            time(shapes, "encoder", 4);
        }
    }

    private void decoder(Shapes shapes) {
        int in = channels * factors[factors.length - 1];
        if (inTime) {
            time(shapes, "decoder", 3);
        }
        shapes.square("decoder.conv_in", in, latent);
        middle(shapes, "decoder.mid", in, inTime);
        for (int level = factors.length - 1; level >= 0; level--) {
            String at = "decoder.up." + level;
            int out = channels * factors[level];
            for (int i = 0; i <= BLOCKS; i++) {
                block(shapes, at, level, i, in, out, inTime);
                in = out;
            }
            if (level > 0) {
                shapes.square(at + ".upsample.conv", out, out);
            }
        }
        norm(shapes, "decoder.norm_out", in, inTime);
        shapes.square("decoder.conv_out", 3, in);
    }

    private void block(Shapes shapes, String at, int level, int index, int in, int out, boolean spatial) {
        residual(shapes, at + ".block." + index, in, out, spatial);
        if (deepestAttention && level == factors.length - 1) {
            attention(shapes, at + ".attn." + index, out, spatial);
        }
    }

    private void middle(Shapes shapes, String at, int width, boolean spatial) {
        residual(shapes, at + ".block_1", width, width, spatial);
        attention(shapes, at + ".attn_1", width, spatial);
        residual(shapes, at + ".block_2", width, width, spatial);
    }

    private void residual(Shapes shapes, String at, int in, int out, boolean spatial) {
        norm(shapes, at + ".norm1", in, spatial);
        norm(shapes, at + ".norm2", out, spatial);
        shapes.square(at + ".conv1", out, in);
        shapes.square(at + ".conv2", out, out);
        if (in != out) {
            shapes.convolution(at + ".nin_shortcut", out, in, 1, 1);
        }
    }

    private void attention(Shapes shapes, String at, int width, boolean spatial) {
        norm(shapes, at + ".norm", width, spatial);
        for (String part : new String[] {"q", "k", "v", "proj_out"}) {
            shapes.convolution(at + "." + part, width, width, 1, 1);
        }
    }

    private void norm(Shapes shapes, String at, int width, boolean spatial) {
        shapes.vectors(spatial ? at + ".norm_layer" : at, width, "weight", "bias");
        if (spatial) {
            shapes.convolution(at + ".conv_y", width, codeWidth, 1, 1);
            shapes.convolution(at + ".conv_b", width, codeWidth, 1, 1);
        }
    }

    private void time(Shapes shapes, String coder, int kernel) {
        for (int i = 0; i < 2; i++) {
            shapes.convolution(coder + ".time_conv." + i + ".conv.conv", latent, latent, kernel, 3, 3);
            for (int half = 1; half <= 2; half++) {
                String at = coder + ".time_res_stack." + i;
                shapes.vectors(at + ".norm" + half, latent, "weight", "bias", "running_mean", "running_var");
                shapes.convolution(at + ".conv" + half + ".conv", latent, latent, 3, 3, 3);
            }
        }
    }

    private static final class Shapes {
        final Map<String, long[]> map = new LinkedHashMap<>();

        void add(String name, long... shape) {
            map.put(name, shape);
        }

        void square(String at, int out, int in) {
            convolution(at, out, in, 3, 3);
        }

        void convolution(String at, int out, int in, int... kernel) {
            long[] shape = new long[2 + kernel.length];
            shape[0] = out;
            shape[1] = in;
            for (int i = 0; i < kernel.length; i++) {
                shape[2 + i] = kernel[i];
            }
            add(at + ".weight", shape);
            add(at + ".bias", out);
        }

        void vectors(String at, int width, String... names) {
            for (String name : names) {
                add(at + "." + name, width);
            }
        }
    }
}
