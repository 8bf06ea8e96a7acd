package org.sjd4j.parity;

import static org.sjd4j.parity.LanguageParity.allLogitsAfter;
import static org.sjd4j.parity.LanguageParity.classes;
import static org.sjd4j.parity.LanguageParity.cpu;
import static org.sjd4j.parity.LanguageParity.expanded;
import static org.sjd4j.parity.LanguageParity.greedy;
import static org.sjd4j.parity.LanguageParity.grid;
import static org.sjd4j.parity.LanguageParity.guided;
import static org.sjd4j.parity.LanguageParity.hidden;
import static org.sjd4j.parity.LanguageParity.image;
import static org.sjd4j.parity.LanguageParity.vocabulary;

import java.util.ArrayList;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.emu3.Emu3;
import org.sjd4j.family.emu3.Emu3Description;
import org.sjd4j.llama.VocabularyLlama;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.vision.ImageTokenizer;
import tools.jackson.databind.JsonNode;

/** Checks of Emu3. */
final class Emu3Parity {
    private static final float FORBIDDEN = -1e29f;

    private Emu3Parity() {}

    static void check(Emu3Description description, Golden golden) {
        var config = description.config();
        try (var weights = MappedCheckpoint.open(description.directory())) {
            var network = description.network(weights.weights(), Precision.FLOAT32);
            vocabulary(network, golden);
            padded(network, golden);
            if (description.hf()) {
                var vision = Emu3Description.hfVision(weights, cpu());
                VisionParity.tokenizer(vision, golden);
                sequence(vision, config, golden);
            }
            try (var text = description.text()) {
                TextParity.tokenizer(text, golden);
                JsonNode info = golden.info();
                if (golden.has("prompt.pos_ids")) {
                    var size = new ImageSize(
                            8 * info.path("W").asInt(), 8 * info.path("H").asInt());
                    int[] ids =
                            description.promptIds(text, info.path("pos_text").asString(), size);
                    int[] other =
                            description.promptIds(text, info.path("neg_text").asString(), size);
                    golden.same("prompt.pos_ids", TextParity.row(ids));
                    golden.same("prompt.neg_ids", TextParity.row(other));
                    emu3Images(description, network, ids, other, size, golden);
                }
            }
            emu3Grammar(description, golden);
        }
    }

    private static void emu3Images(
            Emu3Description description,
            VocabularyLlama network,
            int[] ids,
            int[] other,
            ImageSize size,
            Golden golden) {
        var layout = description.layout(size);
        var vision = Emu3Description.vision(description.imageTokenizerFile(), cpu());
        for (String scale : golden.variants(LanguageParity.GENERATED)) {
            String name = "generate.cfg" + scale + ".";
            double guidance = Double.parseDouble(scale);
            int[] generated = greedy(
                    network, layout, () -> network.prompt(ids, cpu()), () -> network.prompt(other, cpu()), guidance);
            golden.same(name + "ids", TextParity.row(generated));
            image(name, vision, layout, generated, golden);
            int[] official = golden.ids(name + "ids");
            Tensor conditional = allLogitsAfter(network, ids, official);
            golden.close(name + "cond_logits", conditional);
            Tensor scores = torch.log_softmax(conditional, -1);
            if (guidance != 1) {
                Tensor unconditional = allLogitsAfter(network, other, official);
                golden.close(name + "uncond_logits", unconditional);
                scores = guided(scores, torch.log_softmax(unconditional, -1), guidance);
            }
            Tensor visual = scores.narrow(1, layout.firstImageId(), layout.codebookSize());
            Tensor expected = golden.get(name + "guided_visual_scores");
            Tensor allowed = expected.gt(new Scalar(FORBIDDEN));
            golden.close(
                    name + "guided_visual_scores",
                    visual.masked_select(allowed),
                    expected.masked_select(allowed),
                    Golden.TOLERANCE);
        }
    }

    /** The images of the two prompts that the official code read in one batch with padding. */
    private static void padded(VocabularyLlama network, Golden golden) {
        if (!golden.has("padded.input_ids")) {
            return;
        }
        var last = new ArrayList<Tensor>();
        var positions = new ArrayList<Tensor>();
        for (long row = 0; row < golden.get("padded.input_ids").size(0); row++) {
            Tensor used = golden.get("padded.attention_mask").select(0, row).ne(new Scalar(0));
            Tensor ids = golden.get("padded.input_ids").select(0, row).masked_select(used);
            Tensor logits = network.allLogits(hidden(network, ids.unsqueeze(0)));
            last.add(logits.select(1, logits.size(1) - 1));
            positions.add(golden.get("padded.position_ids").select(0, row).masked_select(used));
        }
        golden.same(
                "padded.position_ids",
                positions.stream()
                        .flatMapToInt(row -> IntStream.range(0, Math.toIntExact(row.size(0))))
                        .toArray(),
                Tensors.ints(Tensors.cat(0, positions.toArray(Tensor[]::new))));
        golden.close("padded.last_logits", Tensors.cat(0, last.toArray(Tensor[]::new)));
    }

    /** An image from the ids of a whole answer. */
    private static void sequence(ImageTokenizer vision, Emu3.Config config, Golden golden) {
        if (!golden.has("decode_image_tokens.sequence")) {
            return;
        }
        int[] ids = golden.ids("decode_image_tokens.sequence");
        Tensor expected = golden.get("decode_image_tokens.image");
        var layout = config.layout(
                Math.toIntExact(expected.size(2)) / vision.patch(), Math.toIntExact(expected.size(3)) / vision.patch());
        golden.close("decode_image_tokens.image", vision.decode(grid(layout, ids)));
    }

    private static void emu3Grammar(Emu3Description description, Golden golden) {
        JsonNode grammar = golden.json("grammar.json");
        grammar.path("grammar").properties().forEach(entry -> {
            String[] sides = entry.getKey().split("x", 2);
            int columns = Integer.parseInt(sides[1]);
            if (columns >= 3) { // fewer break the official grammar, and are no sizes of ours
                var layout = description.config().layout(Integer.parseInt(sides[0]), columns);
                String theirs = expanded(entry.getValue().asString());
                int end = layout.length();
                golden.holds(
                        "grammar.json " + entry.getKey(),
                        classes(layout, "LFES").equals(theirs.substring(0, Math.min(end, theirs.length()))));
            }
        });
        grammar.path("calculate_generate_size_h_w").properties().forEach(entry -> {
            String[] parts = entry.getKey().split("[:@]", 3);
            var size = Emu3Description.size(
                    Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
            var theirs = new ImageSize(
                    8 * entry.getValue().get(1).asInt(),
                    8 * entry.getValue().get(0).asInt());
            golden.holds("grammar.json size " + entry.getKey(), size.equals(theirs));
        });
    }
}
