package org.sjd4j.metrics.clip;

import java.nio.file.Path;
import java.util.Set;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.metrics.clip.ClipTower.Norm;
import org.sjd4j.metrics.clip.ClipTower.Observer;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/**
 * CLIP (arXiv 2103.00020): a network that reads texts and one that sees images, whose outputs are projected into one
 * space. In float32, whatever the type of the file.
 *
 * <p>Names, one of them misspelt: {@code modeling_clip.py} of Transformers.
 */
public final class ClipModel {
    /** Whole numbers from 0 on, which old versions of Transformers wrote; positions need no table. */
    private static final Set<String> COUNTS =
            Set.of("text_model.embeddings.position_ids", "vision_model.embeddings.position_ids");

    private final ClipConfig config;
    private final TextWeights text;
    private final VisionWeights vision;
    private final double scale;

    private record TextWeights(Tensor tokens, Tensor positions, ClipTower tower, Norm last, Tensor projection) {
        static TextWeights of(ClipConfig config, Weights weights) {
            var sizes = config.text();
            int hidden = sizes.tower().hidden();
            Weights at = weights.at("text_model");
            Weights embeddings = at.at("embeddings");
            return new TextWeights(
                    embeddings.get("token_embedding.weight", sizes.vocabulary(), hidden),
                    embeddings.get("position_embedding.weight", sizes.positions(), hidden),
                    new ClipTower(sizes.tower(), at),
                    Norm.of(at.at("final_layer_norm"), sizes.tower()),
                    weights.get("text_projection.weight", config.projection(), hidden));
        }
    }

    private record VisionWeights(
            Tensor patches,
            Tensor classRow,
            Tensor positions,
            Norm first,
            ClipTower tower,
            Norm last,
            Tensor projection) {
        static VisionWeights of(ClipConfig config, Weights weights) {
            var sizes = config.vision();
            int hidden = sizes.tower().hidden();
            Weights at = weights.at("vision_model");
            Weights embeddings = at.at("embeddings");
            return new VisionWeights(
                    embeddings.get("patch_embedding.weight", hidden, 3, sizes.patch(), sizes.patch()),
                    embeddings.get("class_embedding", hidden),
                    embeddings.get("position_embedding.weight", sizes.patches() + 1, hidden),
                    Norm.of(at.at("pre_layrnorm"), sizes.tower()),
                    new ClipTower(sizes.tower(), at),
                    Norm.of(at.at("post_layernorm"), sizes.tower()),
                    weights.get("visual_projection.weight", config.projection(), hidden));
        }
    }

    /**
     * A network over float32 tensors.
     *
     * @throws org.sjd4j.tensor.CheckpointException if a tensor is missing, has another shape, or belongs to nothing here
     */
    ClipModel(ClipConfig config, Weights weights) {
        this.config = config;
        this.text = TextWeights.of(config, weights);
        this.vision = VisionWeights.of(config, weights);
        this.scale = Math.exp(Tensors.floats(weights.get("logit_scale"))[0]);
        weights.requireAllRead(COUNTS::contains);
    }

    /** Copies the weights of a directory into a device's memory; they belong to the caller's scope. */
    public static ClipModel load(Path directory, ClipConfig config, Device device) {
        try (var mapped = MappedCheckpoint.open(directory)) {
            return new ClipModel(config, mapped.copies(name -> true, ScalarType.Float, device));
        }
    }

    /** What cosines are multiplied by to give logits: the exponential of {@code logit_scale}. */
    public double scale() {
        return scale;
    }

    /**
     * Embeddings of texts, not of length 1 yet.
     *
     * @param ids texts of one length, at most that of the position embedding; what follows a text's end does not matter
     * @return {@code [texts, projection]}
     */
    public Tensor text(int[][] ids, Observer observer) {
        return text(ids, config.text().pooling(), config.text().end(), observer);
    }

    /** As {@link #text(int[][], Observer)}, with another choice of the row that becomes the embedding. */
    public Tensor text(int[][] ids, ClipConfig.Pooling pooling, int end, Observer observer) {
        int count = ids[0].length;
        int[] flat = new int[ids.length * count];
        int[] pooled = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            System.arraycopy(ids[i], 0, flat, i * count, count);
            pooled[i] = i * count + pooling.row(ids[i], end);
        }
        Tensor x = text.tokens
                .index_select(0, indices(flat))
                .view(ids.length, count, config.text().tower().hidden())
                .add(text.positions.narrow(0, 0, count));
        observer.saw("embeddings", x);
        x = text.last.apply(text.tower.forward(x, true, observer));
        observer.saw("final_layer_norm", x);
        Tensor rows = x.flatten(0, 1).index_select(0, indices(pooled));
        observer.saw("pooled", rows);
        return torch.linear(rows, text.projection);
    }

    private Tensor indices(int[] values) {
        return Tensors.of(values, values.length).to(text.tokens.device(), ScalarType.Long);
    }

    /**
     * Embeddings of images, not of length 1 yet.
     *
     * @param images {@code [images, 3, size, size]}, as {@link ClipPreprocessing} gives them
     * @return {@code [images, projection]}
     */
    public Tensor image(Tensor images, Observer observer) {
        long stride = config.vision().patch();
        Tensor patches = torch.conv2d(
                        images.to(vision.patches.device(), ScalarType.Float),
                        vision.patches,
                        new TensorOptional(),
                        new long[] {stride, stride},
                        new long[] {0, 0},
                        new long[] {1, 1},
                        1)
                .flatten(2, 3)
                .transpose(1, 2);
        Tensor classRows = vision.classRow.expand(patches.size(0), 1, patches.size(2));
        Tensor x = Tensors.cat(1, classRows, patches).add(vision.positions);
        observer.saw("embeddings", x);
        x = vision.first.apply(x);
        observer.saw("pre_layrnorm", x);
        Tensor seen = vision.last.apply(vision.tower.forward(x, false, observer).select(1, 0));
        observer.saw("post_layernorm", seen);
        return torch.linear(seen, vision.projection);
    }

    /** Rows brought to length 1. */
    public static Tensor normalised(Tensor rows) {
        return rows.div(torch.norm(rows, new ScalarOptional(new Scalar(2)), new long[] {-1}, true));
    }
}
