package org.sjd4j.parity;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.family.llamagen.LlamaGenDescription;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.text.SentencePieceText;
import org.sjd4j.text.TextTokenizer;

/** Checks of text tokenizers and text encoders. */
final class TextParity {
    private static final String CASES = "tokenizer_golden.json";

    private TextParity() {}

    static void t5(Path directory, Golden golden) {
        var encoder = LlamaGenDescription.t5(directory, new Device("cpu"), Precision.FLOAT32);
        if (golden.has("input_ids")) {
            var features = new ArrayList<Tensor>();
            int[] positions = golden.ids("row_stride_5");
            Tensor chosen = Tensors.of(positions, positions.length);
            Tensor expected = golden.get("last_hidden_state");
            var wanted = new ArrayList<Tensor>();
            for (long row = 0; row < golden.get("input_ids").size(0); row++) {
                Tensor ids = golden.get("input_ids").select(0, row);
                long count =
                        Tensors.ints(golden.get("attention_mask").select(0, row).sum())[0];
                int used = 0;
                while (used < positions.length && positions[used] < count) {
                    used++;
                }
                Tensor encoded =
                        encoder.encode(ids.narrow(0, 0, count).unsqueeze(0)).squeeze(0);
                features.add(encoded.index_select(0, chosen.narrow(0, 0, used)));
                wanted.add(expected.select(0, row).narrow(0, 0, used));
            }
            golden.close(
                    "last_hidden_state",
                    Tensors.cat(0, features.toArray(Tensor[]::new)),
                    Tensors.cat(0, wanted.toArray(Tensor[]::new)),
                    Golden.TOLERANCE);
        }
        if (Files.isRegularFile(directory.resolve("spiece.model"))) {
            try (var text = SentencePieceText.read(directory.resolve("spiece.model"))) {
                tokenizer(text, golden);
            }
        }
    }

    /** Checks of a text tokenizer against its cases. */
    static void tokenizer(TextTokenizer text, Golden golden) {
        int number = 0;
        for (var example : golden.json(CASES).path("cases")) {
            var ids = new ArrayList<Integer>();
            (example.has("ids") ? example.path("ids") : example.path("ids_with_eos"))
                    .forEach(id -> ids.add(id.asInt()));
            golden.same(
                    CASES + " " + number++,
                    text.encodeTemplate(example.path("text").asString()),
                    ids.stream().mapToInt(Integer::intValue).toArray());
        }
    }

    /** Whole numbers as a tensor {@code [1, n]}. */
    static Tensor row(int[] ids) {
        return Tensors.of(ids, 1, ids.length).to(ScalarType.Long);
    }
}
