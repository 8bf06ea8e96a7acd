package org.sjd4j.pipeline;

import static org.sjd4j.pipeline.LanguageParity.cpu;
import static org.sjd4j.pipeline.LanguageParity.greedy;
import static org.sjd4j.pipeline.LanguageParity.logitsAfter;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.sjd4j.tensor.MappedCheckpoint;
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
}
