package org.sjd4j.parity;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.metrics.ClipScore;
import org.sjd4j.metrics.clip.ClipConfig;
import org.sjd4j.metrics.clip.ClipConfig.Pooling;
import org.sjd4j.metrics.clip.ClipModel;
import org.sjd4j.metrics.clip.ClipPreprocessing;
import org.sjd4j.metrics.clip.ClipPreprocessing.Variant;
import org.sjd4j.metrics.clip.ClipTower;
import org.sjd4j.tensor.Tensors;

/** Compares CLIP with Transformers, openai/CLIP and torchmetrics: ids, pixels, activations, embeddings, logits, scores. */
final class ClipParity {
    private static final Pattern IMAGES = Pattern.compile("image\\.(\\d+)\\.uint8_hwc");

    /** Pixels are within 1e-5 of values up to 2.7: a quarter of that, since resizing is exact. */
    private static final double PIXELS = 1e-6;

    private final Golden golden;
    private final ClipConfig config;
    private final ClipModel model;

    private ClipParity(Golden golden, ClipConfig config, ClipModel model) {
        this.golden = golden;
        this.config = config;
        this.model = model;
    }

    /** Runs all checks that the golden numbers allow, on the thread and in the scope of the caller. */
    static void check(Path directory, Golden golden) {
        var config = ClipConfig.read(directory);
        ClipTextParity.check(directory, config.text(), golden);
        var parity = new ClipParity(golden, config, ClipModel.load(directory, config, new Device("cpu")));
        Tensor texts = parity.texts();
        parity.paddedTexts();
        parity.poolingRules();
        Tensor images = parity.images(directory);
        parity.scores(texts, images);
    }

    /** Embeddings of texts of several lengths, and all that leads to them. */
    private Tensor texts() {
        int[][] ids = rows("text.input_ids");
        golden.same("text.pooled_position", pooled(ids, config.text().pooling()));
        Tensor read = ClipTextParity.readRows(golden, "text.attention_mask");
        Tensor embeddings = model.text(ids, (module, value) -> {
            String name = "text.tap." + module;
            if (golden.has(name)) {
                boolean pooled = value.dim() == 2;
                golden.close(
                        name,
                        pooled ? value : value.flatten(0, 1).index_select(0, read),
                        pooled
                                ? golden.get(name)
                                : golden.get(name).flatten(0, 1).index_select(0, read),
                        Golden.TOLERANCE);
            }
        });
        golden.close("text.text_embeds", embeddings);
        Tensor normalised = ClipModel.normalised(embeddings);
        golden.close("text.text_embeds_normed", normalised);
        return normalised;
    }

    /** Embeddings do not depend on what stands behind a text's end. */
    private void paddedTexts() {
        for (String kind : List.of("text77", "text_openai_padding")) {
            if (golden.has(kind + ".input_ids")) {
                golden.close(kind + ".text_embeds", model.text(rows(kind + ".input_ids"), ClipTower.Observer.NONE));
            }
        }
    }

    /** The directory's rule for the row that becomes the embedding, and the other one. */
    private void poolingRules() {
        if (!golden.has("eos_rule.input_ids")) {
            return;
        }
        int[][] ids = rows("eos_rule.input_ids");
        Pooling rule = config.text().pooling();
        Pooling other = rule == Pooling.FIRST_END ? Pooling.LARGEST_ID : Pooling.FIRST_END;
        golden.same("eos_rule.pooled_position", pooled(ids, rule));
        golden.close("eos_rule.text_embeds", model.text(ids, rule, end(), ClipTower.Observer.NONE));
        golden.close("eos_rule.text_embeds_other_rule", model.text(ids, other, end(), ClipTower.Observer.NONE));
    }

    private Tensor pooled(int[][] ids, Pooling rule) {
        int[] positions = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            positions[i] = rule.row(ids[i], end());
        }
        return Tensors.of(positions, positions.length);
    }

    /** The tokenizer's end of a text; that of old configurations is none. */
    private int end() {
        return golden.json(ClipTextParity.CASES).path("eot").asInt(config.text().end());
    }

    private Tensor images(Path directory) {
        golden.close(
                "image.image_embeds_openai_preprocess",
                model.image(pixels(directory, Variant.OPENAI, "_openai"), ClipTower.Observer.NONE));
        Tensor embeddings = model.image(
                pixels(directory, Variant.HUGGING_FACE, ""),
                (module, value) -> golden.close("image.tap." + module, value));
        golden.close("image.image_embeds", embeddings);
        Tensor normalised = ClipModel.normalised(embeddings);
        golden.close("image.image_embeds_normed", normalised);
        return normalised;
    }

    /** What the network sees of all images, {@code [images, 3, size, size]}, each compared. */
    private Tensor pixels(Path directory, Variant variant, String suffix) {
        int side = config.vision().imageSize();
        var preprocessing = ClipPreprocessing.read(directory, variant, side);
        return Tensors.cat(
                0,
                golden.variants(IMAGES).stream()
                        .map(number -> {
                            BufferedImage image = golden.image("image." + number + ".uint8_hwc");
                            Tensor seen = Tensors.of(preprocessing.values(image), 3, side, side);
                            String name = "image." + number + ".pixel_values" + suffix;
                            if (golden.has(name)) {
                                golden.close(name, seen, golden.get(name), PIXELS);
                            }
                            return seen.unsqueeze(0);
                        })
                        .toArray(Tensor[]::new));
    }

    private void scores(Tensor texts, Tensor images) {
        Tensor cosines = texts.matmul(images.t());
        golden.close("clipscore.cos", cosines);
        golden.close("logits_per_text", cosines.mul(new Scalar(model.scale())));
        float[] all = Tensors.floats(cosines);
        float[] pairs = new float[all.length];
        for (int i = 0; i < all.length; i++) {
            pairs[i] = (float) ClipScore.CLAMPED_PAIRS.of(new float[] {all[i]}, model.scale());
        }
        golden.close("clipscore.pair", Tensors.of(pairs, pairs.length));
        int count = Math.toIntExact(images.size(0));
        scores("mixed", cosines.narrow(0, 0, count));
        scores("second", cosines.narrow(0, count, count));
    }

    /** Scores of the pairs of the i-th text and the i-th image. */
    private void scores(String kind, Tensor cosines) {
        Tensor pairs = cosines.diagonal();
        golden.close("clipscore.torchmetrics." + kind + ".per_pair_unclamped", pairs.mul(new Scalar(100)));
        float[] values = Tensors.floats(pairs);
        golden.close("clipscore.torchmetrics." + kind + ".score", score(ClipScore.TORCHMETRICS, values));
        golden.close("clipscore.package_clip_score." + kind + ".score", score(ClipScore.PACKAGE, values));
        String clamped = "clipscore." + kind + ".mean_of_clamped_pairs";
        golden.close(clamped, score(ClipScore.CLAMPED_PAIRS, values));
        if (golden.has(clamped)) {
            Tensor weighted = golden.get(clamped).mul(new Scalar(2.5 / 100));
            golden.close(clamped + " by hessel", score(ClipScore.HESSEL, values), weighted, Golden.TOLERANCE);
        }
    }

    private Tensor score(ClipScore definition, float[] cosines) {
        return Tensors.of(new float[] {(float) definition.of(cosines, model.scale())}, 1);
    }

    /** A matrix of whole numbers. */
    private int[][] rows(String name) {
        return ClipTextParity.rows(golden, name);
    }
}
