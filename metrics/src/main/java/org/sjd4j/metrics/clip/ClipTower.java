package org.sjd4j.metrics.clip;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.sjd4j.tensor.Weights;

/**
 * The blocks that both of CLIP's networks are made of: attention and a feed-forward part, each behind a LayerNorm and
 * with biases.
 *
 * <p>Names: {@code modeling_clip.py} of Transformers.
 */
public final class ClipTower {
    private final ClipConfig.Tower config;
    private final List<Block> blocks;

    /** Hears of what a network computes on its way. */
    @FunctionalInterface
    public interface Observer {
        /** Hears nothing. */
        Observer NONE = (module, value) -> {};

        /** What a module gave, by its name in the checkpoint without {@code encoder}. */
        void saw(String module, Tensor value);
    }

    /** A product with a bias. */
    private record Product(Tensor weight, Tensor bias) {
        static Product of(Weights at, int out, int in) {
            return new Product(at.get("weight", out, in), at.get("bias", out));
        }

        Tensor apply(Tensor x) {
            return torch.linear(x, weight, new TensorOptional(bias));
        }
    }

    /** A LayerNorm. */
    record Norm(Tensor weight, Tensor bias, double epsilon) {
        static Norm of(Weights at, ClipConfig.Tower config) {
            return new Norm(at.get("weight", config.hidden()), at.get("bias", config.hidden()), config.normEpsilon());
        }

        Tensor apply(Tensor x) {
            return torch.layer_norm(
                    x,
                    new long[] {weight.size(0)},
                    new TensorOptional(weight),
                    new TensorOptional(bias),
                    epsilon,
                    false);
        }
    }

    private record Block(
            Norm first, Product q, Product k, Product v, Product out, Norm second, Product up, Product down) {
        static Block of(Weights at, ClipConfig.Tower config) {
            int hidden = config.hidden();
            int intermediate = config.intermediate();
            Weights attention = at.at("self_attn");
            return new Block(
                    Norm.of(at.at("layer_norm1"), config),
                    Product.of(attention.at("q_proj"), hidden, hidden),
                    Product.of(attention.at("k_proj"), hidden, hidden),
                    Product.of(attention.at("v_proj"), hidden, hidden),
                    Product.of(attention.at("out_proj"), hidden, hidden),
                    Norm.of(at.at("layer_norm2"), config),
                    Product.of(at.at("mlp.fc1"), intermediate, hidden),
                    Product.of(at.at("mlp.fc2"), hidden, intermediate));
        }
    }

    /**
     * Reads all blocks.
     *
     * @param at the network, which has them below {@code encoder.layers}
     * @throws org.sjd4j.tensor.CheckpointException if a tensor is missing or has another shape
     */
    ClipTower(ClipConfig.Tower config, Weights at) {
        this.config = config;
        var read = new ArrayList<Block>();
        for (int i = 0; i < config.layers(); i++) {
            read.add(Block.of(at.at("encoder.layers").at(i), config));
        }
        this.blocks = List.copyOf(read);
    }

    /**
     * Rows through all blocks.
     *
     * @param rows {@code [batch, n, hidden]}
     * @param causal whether a row sees only itself and those before it
     * @return {@code [batch, n, hidden]}
     */
    Tensor forward(Tensor rows, boolean causal, Observer observer) {
        Tensor x = rows;
        for (int i = 0; i < blocks.size(); i++) {
            Block block = blocks.get(i);
            Tensor attended = attention(block, block.first.apply(x), causal);
            observer.saw("layers." + i + ".self_attn", attended);
            x = x.add(attended);
            Tensor mlpOut = block.down.apply(activated(block.up.apply(block.second.apply(x))));
            observer.saw("layers." + i + ".mlp", mlpOut);
            x = x.add(mlpOut);
            observer.saw("layers." + i, x);
        }
        return x;
    }

    private Tensor attention(Block block, Tensor x, boolean causal) {
        Tensor mixed = torch.scaled_dot_product_attention(
                heads(block.q.apply(x)),
                heads(block.k.apply(x)),
                heads(block.v.apply(x)),
                new TensorOptional(),
                0,
                causal,
                new DoubleOptional(),
                false);
        return block.out.apply(mixed.transpose(1, 2).reshape(x.sizes()));
    }

    /** {@code [batch, n, hidden]} as {@code [batch, heads, n, hidden / heads]}. */
    private Tensor heads(Tensor x) {
        return x.unflatten(-1, new long[] {config.heads(), config.hidden() / config.heads()})
                .transpose(1, 2);
    }

    private Tensor activated(Tensor x) {
        return switch (config.activation()) {
            case QUICK_GELU -> x.mul(torch.sigmoid(x.mul(new Scalar(1.702))));
            case GELU -> torch.gelu(x);
        };
    }
}
