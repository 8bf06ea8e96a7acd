package org.sjd4j.parity;

import static org.sjd4j.parity.LanguageParity.cpu;
import static org.sjd4j.parity.LanguageParity.greedy;
import static org.sjd4j.parity.LanguageParity.logitsAfter;

import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.family.llamagen.LlamaGen;
import org.sjd4j.family.llamagen.LlamaGenDescription;
import org.sjd4j.llama.Attention;
import org.sjd4j.llama.AttentionContext;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;

/** Checks of LlamaGen. */
final class LlamaGenParity {
    private LlamaGenParity() {}

    static void check(LlamaGenDescription description, Golden golden) {
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
            for (String scale : golden.variants(LanguageParity.GENERATED)) {
                String name = "generate.cfg" + scale + ".";
                int[] generated = greedy(
                        network,
                        layout,
                        () -> network.prompt(caption),
                        () -> network.unconditional(rows),
                        Double.parseDouble(scale));
                golden.same(name + "codes", TextParity.row(generated));
                int[] codes = golden.ids(name + "codes");
                golden.close(name + "logits_cond", logitsAfter(network, network.prompt(caption), codes));
                golden.close(name + "logits_uncond", logitsAfter(network, network.unconditional(rows), codes));
            }
            whole(network, config, golden);
        }
    }

    /** Padded captions and codes in one pass with the official mask, which give the logits of the image {@code cfg2}. */
    private static void whole(LlamaGen network, LlamaGen.Config config, Golden golden) {
        if (!golden.has("full.tokens") || !golden.has("generate.cfg2.logits_cond")) {
            return;
        }
        Tensor caption = network.embedCaption(golden.get("caption").squeeze(0));
        Tensor none = network.unconditional(config.captionRows()).rows();
        List<Tensor> prompts = List.of(caption, none);
        List<String> names = List.of("logits_cond", "logits_uncond");
        Tensor codes = network.embed(golden.get("full.tokens").reshape(-1));
        for (int branch = 0; branch < 2; branch++) {
            Tensor rows = Tensors.cat(1, prompts.get(branch), codes);
            Tensor seen = golden.get("full.attention_mask").select(0, branch);
            Tensor expected = golden.get("generate.cfg2." + names.get(branch));
            golden.close("full " + names.get(branch), masked(network, config, rows, seen), expected, Golden.TOLERANCE);
        }
    }

    private static Tensor masked(LlamaGen network, LlamaGen.Config config, Tensor rows, Tensor seen) {
        int prefix = config.captionRows();
        var layout = config.layout();
        Tensor mask = seen.to(ScalarType.Float).log(); // 0 where a row may look, minus infinity elsewhere
        Tensor turns = network.rotations(prefix, layout.length(), layout.columns(), cpu());
        AttentionContext context =
                (layer, q, kv) -> Attention.masked(q, AttentionContext.keys(kv), AttentionContext.values(kv), mask);
        Tensor hidden = network.stack().forward(rows, turns, context, null).squeeze(0);
        return network.logits(hidden.narrow(0, prefix - 1L, layout.length()));
    }
}
