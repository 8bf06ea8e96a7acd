package org.sjd4j.parity;

import static org.sjd4j.parity.LanguageParity.cpu;
import static org.sjd4j.parity.LanguageParity.greedy;
import static org.sjd4j.parity.LanguageParity.guided;
import static org.sjd4j.parity.LanguageParity.hidden;
import static org.sjd4j.parity.LanguageParity.image;
import static org.sjd4j.parity.LanguageParity.logitsAfter;
import static org.sjd4j.parity.LanguageParity.observed;
import static org.sjd4j.parity.LanguageParity.through;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.family.janus.Janus;
import org.sjd4j.family.janus.JanusDescription;
import org.sjd4j.tensor.Precision;
import org.sjd4j.vision.ImageTokenizer;

/** Checks of Janus-Pro. */
final class JanusParity {
    private JanusParity() {}

    static void check(JanusDescription description, Golden golden) {
        try (var weights = MappedCheckpoint.open(description.directory())) {
            var config = description.config();
            var network = description.network(weights.weights(), Precision.FLOAT32);
            if (golden.has("forward.input_ids")) {
                Tensor ids = golden.get("forward.input_ids");
                Tensor rows = network.embedText(ids.reshape(-1)).view(ids.size(0), ids.size(1), -1);
                golden.close("forward.logits", network.textLogits(observed(network.stack(), rows, golden)));
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
                janusImages(network, vision, config, golden);
            }
        }
    }

    private static void janusImages(Janus network, ImageTokenizer vision, Janus.Config config, Golden golden) {
        int[] ids = golden.ids("generate.prompt_ids");
        int[] none = JanusDescription.hidden(
                ids, golden.info().path("ids").path("pad").asInt());
        double guidance = golden.info().path("cfg_weight").asDouble(5);
        var layout = config.layout();
        int[] generated =
                greedy(network, layout, () -> network.prompt(ids, cpu()), () -> network.prompt(none, cpu()), guidance);
        golden.same("generate.codes", TextParity.row(generated));
        int[] codes = golden.ids("generate.codes");
        Tensor conditional = logitsAfter(network, network.prompt(ids, cpu()), codes);
        Tensor unconditional = logitsAfter(network, network.prompt(none, cpu()), codes);
        golden.close("generate.cond_logits", conditional);
        golden.close("generate.uncond_logits", unconditional);
        if (golden.has("generate.probs")) {
            Tensor probabilities = torch.softmax(guided(conditional, unconditional, guidance), -1);
            golden.close("generate.probs", probabilities, golden.get("generate.probs"), 1e-5);
        }
        image("generate.", vision, layout, generated, golden);
    }
}
