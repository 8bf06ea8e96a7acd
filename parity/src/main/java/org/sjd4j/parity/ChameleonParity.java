package org.sjd4j.parity;

import static org.sjd4j.parity.LanguageParity.allLogitsAfter;
import static org.sjd4j.parity.LanguageParity.classes;
import static org.sjd4j.parity.LanguageParity.cpu;
import static org.sjd4j.parity.LanguageParity.expanded;
import static org.sjd4j.parity.LanguageParity.greedy;
import static org.sjd4j.parity.LanguageParity.guided;
import static org.sjd4j.parity.LanguageParity.hidden;
import static org.sjd4j.parity.LanguageParity.image;
import static org.sjd4j.parity.LanguageParity.vocabulary;

import java.nio.file.Files;
import java.util.ArrayList;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.Vqgan;
import org.sjd4j.family.chameleon.Chameleon;
import org.sjd4j.family.chameleon.ChameleonDescription;
import org.sjd4j.llama.VocabularyLlama;
import org.sjd4j.tensor.Precision;
import org.sjd4j.text.HuggingFaceText;
import org.sjd4j.text.TextTokenizer;
import org.sjd4j.vision.VqganTokenizer;
import tools.jackson.databind.JsonNode;

/** Checks of Lumina-mGPT and Chameleon. */
final class ChameleonParity {
    private static final ScalarType FLOAT = ScalarType.Float;
    private static final int TOP_K = 2000;

    private ChameleonParity() {}

    static void check(ChameleonDescription description, Golden golden) {
        var config = description.config();
        try (var weights = MappedCheckpoint.open(description.directory())) {
            var tensors = weights.weights();
            var network = description.network(tensors, Precision.FLOAT32);
            vocabulary(network, golden);
            if (golden.has("forward.logits_masked")) {
                Tensor logits = network.allLogits(hidden(network, golden.get("forward.input_ids")));
                golden.close("forward.logits_unmasked", logits);
                Tensor masked = logits.clone();
                masked.narrow(-1, config.codes().getFirst(), config.codes().size())
                        .fill_(new Scalar(-Float.MAX_VALUE));
                golden.close("forward.logits_masked", masked);
            }
            if (tensors.at("model.vqmodel").has("quantize.embedding.weight")) {
                var copies = weights.copies(Chameleon::isImageTokenizer, FLOAT, cpu());
                VisionParity.encode(
                        new VqganTokenizer(copies.at("model.vqmodel"), VqganTokenizer.Names.TAMING, false), golden);
            }
            if (!Files.isRegularFile(description.directory().resolve("tokenizer.json"))) {
                return;
            }
            try (var text = HuggingFaceText.read(description.directory().resolve("tokenizer.json"))) {
                TextParity.tokenizer(text, golden);
                luminaImages(description, network, text, golden);
            }
            luminaGrammar(description, golden);
        }
    }

    private static void luminaImages(
            ChameleonDescription description, VocabularyLlama network, TextTokenizer text, Golden golden) {
        JsonNode grids = golden.info().path("grids_h_w");
        if (grids.isMissingNode()) {
            return;
        }
        var size = new ImageSize(32 * grids.get(1).asInt(), 32 * grids.get(0).asInt());
        String prompt = golden.info().path("text").asString();
        int[] ids = description.promptIds(text, prompt.substring(prompt.indexOf('\n') + 1), size);
        golden.same("generate.prompt_ids", TextParity.row(ids));
        int[] none = description.start(size);
        var layout = description.layout(size);
        var vision = Vqgan.open(description.imageTokenizerFile(), cpu());
        for (String scale : golden.variants(LanguageParity.GENERATED)) {
            String name = "generate.cfg" + scale + ".";
            double guidance = Double.parseDouble(scale);
            int[] generated = greedy(
                    network, layout, () -> network.prompt(ids, cpu()), () -> network.prompt(none, cpu()), guidance);
            golden.same(name + "ids", TextParity.row(generated));
            image(name, vision, layout, generated, golden);
            luminaScores(name, network, ids, none, guidance, golden);
        }
    }

    /** Logits and guided scores at the steps whose id is free, when the official ids are fed. */
    private static void luminaScores(
            String name, VocabularyLlama network, int[] prompt, int[] none, double guidance, Golden golden) {
        int[] generated = golden.ids(name + "ids");
        Tensor steps = golden.get(name + "free_steps");
        Tensor conditional = allLogitsAfter(network, prompt, generated).index_select(0, steps);
        Tensor scores = conditional;
        golden.close(name + "cond_top24_values", at(conditional, golden, name + "cond_top24_ids"));
        if (guidance != 1) {
            Tensor unconditional = allLogitsAfter(network, none, generated).index_select(0, steps);
            golden.close(name + "uncond_top24_values", at(unconditional, golden, name + "uncond_top24_ids"));
            scores = guided(conditional, unconditional, guidance);
        }
        golden.close(name + "top24_values", at(scores, golden, name + "top24_ids"));
        Tensor codes = scores.narrow(1, 4, 8192);
        Tensor sorted = codes.sort(-1, true).get0();
        golden.close(name + "kth_value_" + TOP_K, sorted.select(1, TOP_K - 1L));
    }

    private static @Nullable Tensor at(Tensor scores, Golden golden, String ids) {
        return golden.has(ids) ? scores.gather(1, golden.get(ids)) : null;
    }

    private static void luminaGrammar(ChameleonDescription description, Golden golden) {
        JsonNode grammar = golden.json("grammar.json");
        grammar.path("grammar").properties().forEach(entry -> {
            String[] sides = entry.getKey().substring(1).split("w", 2);
            var layout = description.config().layout(2 * Integer.parseInt(sides[0]), 2 * Integer.parseInt(sides[1]));
            golden.holds(
                    "grammar.json " + entry.getKey(),
                    classes(layout, "LE").equals(expanded(entry.getValue().asString())));
        });
        grammar.path("crop_size_list_w_h").properties().forEach(entry -> {
            var ours = ChameleonDescription.sizes(Integer.parseInt(entry.getKey()));
            var theirs = new ArrayList<ImageSize>();
            entry.getValue()
                    .forEach(size -> theirs.add(
                            new ImageSize(size.get(0).asInt(), size.get(1).asInt())));
            golden.holds("grammar.json sizes of " + entry.getKey(), ours.equals(theirs));
        });
    }
}
