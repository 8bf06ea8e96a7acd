package org.sjd4j.pipeline;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.Sampling;
import org.sjd4j.decode.StepObserver;
import org.sjd4j.model.Chameleon;
import org.sjd4j.model.Emu3;
import org.sjd4j.model.ImageTokenNetwork;
import org.sjd4j.model.Janus;
import org.sjd4j.model.LlamaStack;
import org.sjd4j.model.PictureSession;
import org.sjd4j.model.VocabularyLlama;
import org.sjd4j.prompt.HuggingFaceText;
import org.sjd4j.prompt.TextTokenizer;
import org.sjd4j.tensor.MappedCheckpoint;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.vision.ImageTokenizer;
import org.sjd4j.vision.VqganTokenizer;
import tools.jackson.databind.JsonNode;

/** Checks of language models: logits, prompts, grammar, and pictures drawn greedily under guidance. */
final class LanguageParity {

    private static final ScalarType FLOAT = ScalarType.Float;
    private static final Pattern GENERATED = Pattern.compile("generate\\.cfg([0-9.]+)\\.(?:ids|codes)");
    private static final float FORBIDDEN = -1e29f;
    private static final int TOP_K = 2000;

    private LanguageParity() {}

    // ---------------------------------------------------------------- Lumina-mGPT and Chameleon

    static void chameleon(ChameleonDescription description, Golden golden) {
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
                luminaPictures(description, network, text, golden);
            }
            luminaGrammar(description, golden);
        }
    }

    private static void luminaPictures(
            ChameleonDescription description, VocabularyLlama network, TextTokenizer text, Golden golden) {
        JsonNode grids = golden.info().path("grids_h_w");
        if (grids.isMissingNode()) {
            return;
        }
        var size = new PictureSize(32 * grids.get(1).asInt(), 32 * grids.get(0).asInt());
        String prompt = golden.info().path("text").asString();
        int[] ids = description.promptIds(text, prompt.substring(prompt.indexOf('\n') + 1), size);
        golden.same("generate.prompt_ids", TextParity.row(ids));
        int[] none = description.start(size);
        var layout = description.layout(size);
        var vision = ChameleonDescription.vqgan(description.imageTokenizer(), cpu());
        for (String scale : golden.variants(GENERATED)) {
            String name = "generate.cfg" + scale + ".";
            double guidance = Double.parseDouble(scale);
            int[] drawn = greedy(
                    network, layout, () -> network.prompt(ids, cpu()), () -> network.prompt(none, cpu()), guidance);
            golden.same(name + "ids", TextParity.row(drawn));
            picture(name, vision, layout, drawn, golden);
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
            var theirs = new ArrayList<PictureSize>();
            entry.getValue()
                    .forEach(size -> theirs.add(
                            new PictureSize(size.get(0).asInt(), size.get(1).asInt())));
            golden.holds("grammar.json sizes of " + entry.getKey(), ours.equals(theirs));
        });
    }

    // ---------------------------------------------------------------- Emu3

    static void emu3(Emu3Description description, Golden golden) {
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
                    var size = new PictureSize(
                            8 * info.path("W").asInt(), 8 * info.path("H").asInt());
                    int[] ids =
                            description.promptIds(text, info.path("pos_text").asString(), size);
                    int[] other =
                            description.promptIds(text, info.path("neg_text").asString(), size);
                    golden.same("prompt.pos_ids", TextParity.row(ids));
                    golden.same("prompt.neg_ids", TextParity.row(other));
                    emu3Pictures(description, network, ids, other, size, golden);
                }
            }
            emu3Grammar(description, golden);
        }
    }

    private static void emu3Pictures(
            Emu3Description description,
            VocabularyLlama network,
            int[] ids,
            int[] other,
            PictureSize size,
            Golden golden) {
        var layout = description.layout(size);
        var vision = Emu3Description.vision(description.imageTokenizer(), cpu());
        for (String scale : golden.variants(GENERATED)) {
            String name = "generate.cfg" + scale + ".";
            double guidance = Double.parseDouble(scale);
            int[] drawn = greedy(
                    network, layout, () -> network.prompt(ids, cpu()), () -> network.prompt(other, cpu()), guidance);
            golden.same(name + "ids", TextParity.row(drawn));
            picture(name, vision, layout, drawn, golden);
            int[] generated = golden.ids(name + "ids");
            Tensor conditional = allLogitsAfter(network, ids, generated);
            golden.close(name + "cond_logits", conditional);
            Tensor scores = torch.log_softmax(conditional, -1);
            if (guidance != 1) {
                Tensor unconditional = allLogitsAfter(network, other, generated);
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
                    Parity.TOLERANCE);
        }
    }

    /** The pictures of the two prompts that the official code read in one batch with padding. */
    private static void padded(VocabularyLlama network, Golden golden) {
        if (!golden.has("padded.input_ids")) {
            return;
        }
        var last = new ArrayList<Tensor>();
        for (long row = 0; row < golden.get("padded.input_ids").size(0); row++) {
            Tensor used = golden.get("padded.attention_mask").select(0, row).ne(new Scalar(0));
            Tensor ids = golden.get("padded.input_ids").select(0, row).masked_select(used);
            Tensor logits = network.allLogits(hidden(network, ids.unsqueeze(0)));
            last.add(logits.select(1, logits.size(1) - 1));
        }
        golden.close("padded.last_logits", Tensors.cat(0, last.toArray(Tensor[]::new)));
    }

    /** A picture from the ids of a whole answer. */
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
            var theirs = new PictureSize(
                    8 * entry.getValue().get(1).asInt(),
                    8 * entry.getValue().get(0).asInt());
            golden.holds("grammar.json size " + entry.getKey(), size.equals(theirs));
        });
    }

    // ---------------------------------------------------------------- Janus-Pro

    static void janus(JanusDescription description, Golden golden) {
        try (var weights = MappedCheckpoint.open(description.directory())) {
            var config = description.config();
            var network = description.network(weights.weights(), Precision.FLOAT32);
            if (golden.has("forward.input_ids")) {
                Tensor ids = golden.get("forward.input_ids");
                Tensor rows = network.embedText(ids.reshape(-1)).view(ids.size(0), ids.size(1), -1);
                golden.close("forward.logits", network.textLogits(through(network.stack(), rows)));
            }
            if (golden.has("embeds.inputs_embeds")) {
                Tensor hidden = through(network.stack(), golden.get("embeds.inputs_embeds"));
                golden.close("embeds.last_hidden_state", hidden);
                golden.close("embeds.gen_head_logits", network.logits(hidden));
            }
            if (golden.has("gen_embeds.codes")) {
                Tensor codes = golden.get("gen_embeds.codes");
                golden.close(
                        "gen_embeds.embeds", network.embed(codes.reshape(-1)).view(codes.size(0), codes.size(1), -1));
            }
            var vision = description.vision(weights, cpu());
            VisionParity.tokenizer(vision, golden);
            if (golden.has("generate.prompt_ids")) {
                janusPictures(network, vision, config, golden);
            }
        }
    }

    private static void janusPictures(Janus network, ImageTokenizer vision, Janus.Config config, Golden golden) {
        int[] ids = golden.ids("generate.prompt_ids");
        int[] none = JanusDescription.hidden(
                ids, golden.info().path("ids").path("pad").asInt());
        double guidance = golden.info().path("cfg_weight").asDouble(5);
        var layout = config.layout();
        int[] drawn =
                greedy(network, layout, () -> network.prompt(ids, cpu()), () -> network.prompt(none, cpu()), guidance);
        golden.same("generate.codes", TextParity.row(drawn));
        int[] codes = golden.ids("generate.codes");
        Tensor conditional = logitsAfter(network, network.prompt(ids, cpu()), codes);
        Tensor unconditional = logitsAfter(network, network.prompt(none, cpu()), codes);
        golden.close("generate.cond_logits", conditional);
        golden.close("generate.uncond_logits", unconditional);
        if (golden.has("generate.probs")) {
            Tensor probabilities = torch.softmax(guided(conditional, unconditional, guidance), -1);
            golden.close("generate.probs", probabilities, golden.get("generate.probs"), 1e-5);
        }
        picture("generate.", vision, layout, drawn, golden);
    }

    // ---------------------------------------------------------------- LlamaGen

    static void llamaGen(LlamaGenDescription description, Golden golden) {
        try (var weights = MappedCheckpoint.open(description.weightsFile())) {
            var config = description.config();
            var network = description.network(weights.weights(), Precision.FLOAT32);
            var layout = config.layout();
            if (golden.has("freqs_cis")) {
                Tensor turns = network.rotations(config.captionRows(), layout.length() + 1, layout.columns(), cpu());
                golden.close("freqs_cis", torch.view_as_real(turns.squeeze(1)));
            }
            if (!golden.has("caption")) {
                return;
            }
            golden.close("cap_proj", network.embedCaption(golden.get("caption").squeeze(0)));
            Tensor seen = golden.get("emb_mask").squeeze(0).ne(new Scalar(0));
            long rows = Tensors.ints(seen.sum())[0];
            Tensor caption = golden.get("caption").squeeze(0).narrow(0, config.captionRows() - rows, rows);
            for (String scale : golden.variants(GENERATED)) {
                String name = "generate.cfg" + scale + ".";
                int[] drawn = greedy(
                        network,
                        layout,
                        () -> network.prompt(caption),
                        () -> network.unconditional(rows),
                        Double.parseDouble(scale));
                golden.same(name + "codes", TextParity.row(drawn));
                int[] codes = golden.ids(name + "codes");
                golden.close(name + "logits_cond", logitsAfter(network, network.prompt(caption), codes));
                golden.close(name + "logits_uncond", logitsAfter(network, network.unconditional(rows), codes));
            }
        }
    }

    // ---------------------------------------------------------------- what they share

    /** Logits of texts, and of rows that are given. */
    private static void vocabulary(VocabularyLlama network, Golden golden) {
        if (golden.has("forward.input_ids")) {
            Tensor logits = network.allLogits(hidden(network, golden.get("forward.input_ids")));
            golden.close("forward.logits", logits);
            golden.close("forward.last_logits", logits.select(1, logits.size(1) - 1));
            if (golden.has("forward.logit_cols")) {
                golden.close("forward.logits_at_cols", logits.index_select(2, golden.get("forward.logit_cols")));
            }
        }
        if (golden.has("embeds.inputs_embeds")) {
            Tensor logits = network.allLogits(through(network.stack(), golden.get("embeds.inputs_embeds")));
            golden.close("embeds.logits", logits);
            golden.close("embeds.last_logits", logits.select(1, logits.size(1) - 1));
        }
    }

    /** Normalised rows {@code [batch, n, hidden]} of ids {@code [batch, n]}. */
    private static Tensor hidden(VocabularyLlama network, Tensor ids) {
        Tensor rows = network.embed(ids.reshape(-1)).view(ids.size(0), ids.size(1), -1);
        return through(network.stack(), rows);
    }

    private static Tensor through(LlamaStack stack, Tensor rows) {
        Tensor turns = LlamaStack.rotations(stack.config(), Math.toIntExact(rows.size(1)), cpu());
        return stack.forward(rows, turns, null, null);
    }

    /** Logits of all ids {@code [n, vocabulary]}: row {@code i} predicts token {@code i} of what was generated. */
    private static Tensor allLogitsAfter(VocabularyLlama network, int[] prompt, int[] generated) {
        int[] ids = Ids.join(prompt, Arrays.copyOf(generated, generated.length - 1));
        Tensor rows = hidden(network, TextParity.row(ids)).squeeze(0);
        return network.allLogits(rows.narrow(0, prompt.length - 1L, generated.length));
    }

    /** Logits of image codes {@code [n, codes]}: row {@code i} predicts code {@code i}. */
    private static Tensor logitsAfter(ImageTokenNetwork network, ImageTokenNetwork.Prompt prompt, int[] codes) {
        int[] before = Arrays.copyOf(codes, codes.length - 1);
        Tensor rows = Tensors.cat(1, prompt.rows(), network.embed(Tensors.of(before, before.length)));
        int prefix = Math.toIntExact(prompt.rows().size(1));
        int line = (int) Math.round(Math.sqrt(codes.length));
        Tensor turns = network.rotations(prefix, codes.length, line, cpu());
        Tensor hidden = network.stack().forward(rows, turns, null, null).squeeze(0);
        return network.logits(hidden.narrow(0, prefix - 1L, codes.length));
    }

    private static Tensor guided(Tensor conditional, Tensor unconditional, double guidance) {
        return unconditional.add(conditional.sub(unconditional), new Scalar(guidance));
    }

    /** The tokens of the most probable choices, through the cache and the decode loop. */
    private static int[] greedy(
            ImageTokenNetwork network,
            RasterLayout layout,
            Supplier<ImageTokenNetwork.Prompt> conditional,
            Supplier<ImageTokenNetwork.Prompt> unconditional,
            double guidance) {
        var sampling = new Sampling(guidance, 1, 1, 1);
        try (var session = new PictureSession(network, null, layout, conditional, unconditional, sampling, cpu())) {
            return Decoders.AR
                    .decode(session, DecoderSettings.DEFAULT, 0, StepObserver.NONE)
                    .tokens();
        }
    }

    private static Tensor grid(RasterLayout layout, int[] tokens) {
        return Tensors.of(layout.codes(tokens), 1, layout.lines(), layout.columns());
    }

    /** The picture of drawn tokens. */
    private static void picture(String name, ImageTokenizer vision, RasterLayout layout, int[] tokens, Golden golden) {
        golden.same(name + "codes", grid(layout, tokens));
        Tensor pictures = vision.decode(grid(layout, tokens));
        golden.close(name + "image", pictures);
        golden.levels(name + "uint8_hwc", pictures);
    }

    /** One letter for each position of a picture: V where the model chooses, and a letter for each structural id. */
    private static String classes(RasterLayout layout, String structural) {
        List<Integer> ids = new ArrayList<>();
        ids.add(layout.lineEnd());
        ids.addAll(layout.trailer());
        var text = new StringBuilder();
        for (int position = 0; position < layout.length(); position++) {
            int forced = layout.forcedAt(position);
            text.append(forced == RasterLayout.NONE ? 'V' : structural.charAt(ids.indexOf(forced)));
        }
        return text.toString();
    }

    /** A run-length code such as {@code V4 L1} written out. */
    private static String expanded(String runs) {
        UnaryOperator<String> expand = run -> run.substring(0, 1).repeat(Integer.parseInt(run.substring(1)));
        var text = new StringBuilder();
        for (String run : runs.split(" ")) {
            text.append(expand.apply(run));
        }
        return text.toString();
    }

    /** Made anew each time: a native object that a class holds would be freed with the scope in which it is loaded. */
    private static Device cpu() {
        return new Device("cpu");
    }
}
