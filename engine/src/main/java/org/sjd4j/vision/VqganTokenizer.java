package org.sjd4j.vision;

import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.tensor.Weights;

/**
 * A VQGAN: the image tokenizer of Chameleon and Lumina-mGPT, and, with codes of unit length, VQ-16 of LlamaGen and Janus.
 *
 * <p>Unlike Transformers' Janus, latents are brought to unit length when an image is encoded, as in the original code.
 */
public final class VqganTokenizer implements ImageTokenizer {
    private final Weights weights;
    private final TamingNetwork network;
    private final Codebook codebook;

    /** How a checkpoint names the parts of the network. */
    public enum Names {
        /** taming-transformers: Chameleon, Transformers' Chameleon. */
        TAMING {
            @Override
            String toFile(String name, int levels) {
                return name;
            }
        },

        /** LlamaGen and Janus: levels of the decoder counted from the lowest resolution. */
        LLAMAGEN {
            @Override
            String toFile(String name, int levels) {
                return fromDeepest(name, levels)
                        .replace("coder.down.", "coder.conv_blocks.")
                        .replace("coder.up.", "coder.conv_blocks.")
                        .replace(".block.", ".res.")
                        .replace(".mid.block_1", ".mid.0")
                        .replace(".mid.attn_1", ".mid.1")
                        .replace(".mid.block_2", ".mid.2");
            }
        },

        /** Transformers' Janus: names of taming, order of LlamaGen. */
        JANUS_HF {
            @Override
            String toFile(String name, int levels) {
                return fromDeepest(name, levels);
            }
        };

        private static final Pattern UP = Pattern.compile("decoder\\.up\\.(\\d+)\\.(.*)");

        abstract String toFile(String name, int levels);

        private static String fromDeepest(String name, int levels) {
            var up = UP.matcher(name);
            return up.matches()
                    ? "decoder.up." + (levels - 1 - Integer.parseInt(up.group(1))) + "." + up.group(2)
                    : name;
        }

        private Weights apply(Weights weights) {
            int levels = 0;
            while (weights.has(toFile("encoder.down." + levels + ".block.0.conv1.weight", 0))) {
                levels++;
            }
            int count = levels;
            UnaryOperator<String> naming = name -> toFile(name, count);
            return weights.renamed(naming);
        }
    }

    /**
     * A tokenizer over float32 tensors in memory.
     *
     * @param unitCodes whether latents and codes are compared and used at unit length
     */
    public VqganTokenizer(Weights weights, Names names, boolean unitCodes) {
        this.weights = names.apply(weights);
        this.network = new TamingNetwork(this.weights);
        this.codebook = new Codebook(this.weights, unitCodes);
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
        return network.decode(TamingNetwork.conv(weights, "post_quant_conv", codebook.lookup(codes), 1), null);
    }

    @Override
    public Tensor encoderOutput(Tensor images) {
        return network.encode(images);
    }

    @Override
    public Tensor latents(Tensor images) {
        return TamingNetwork.conv(weights, "quant_conv", network.encode(images), 1);
    }

    @Override
    public Tensor nearest(Tensor latents) {
        return codebook.nearest(latents);
    }
}
