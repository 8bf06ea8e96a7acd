package org.sjd4j.parity;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.metrics.clip.ClipBytePairs;
import org.sjd4j.metrics.clip.ClipConfig;
import org.sjd4j.metrics.clip.ClipText;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.text.HuggingFaceText;
import tools.jackson.databind.JsonNode;

/**
 * Compares CLIP's tokenizer, from either kind of its files, with the ids of the official ones.
 *
 * <p>Not read are {@code decode}, for nothing here turns ids into text, and of the odd texts what the three tokenizers give
 * that {@link ClipText} does not follow.
 */
final class ClipTextParity {
    /** Texts and their ids. */
    static final String CASES = "tokenizer_golden.json";

    private ClipTextParity() {}

    static void check(Path directory, ClipConfig.Text network, Golden golden) {
        try (var text = ClipText.read(directory, network)) {
            inputs(text, golden);
        }
        Path file = directory.resolve("tokenizer.json");
        if (Files.isRegularFile(file)) {
            try (var text = ClipText.of(HuggingFaceText.read(file), directory, network)) {
                cases("tokenizer.json", text, golden);
            }
        }
        if (ClipBytePairs.isIn(directory)) {
            try (var text = ClipText.of(ClipBytePairs.read(directory), directory, network)) {
                cases("merges.txt", text, golden);
            }
        }
    }

    /** The ids that the golden embeddings were made of, and how they were padded. */
    private static void inputs(ClipText text, Golden golden) {
        JsonNode info = golden.info();
        JsonNode known = golden.json(CASES);
        padded("text", info.path("texts"), text, known.path("pad"), golden);
        padded("text77", info.path("texts77"), text, known.path("pad"), golden);
        padded("text_openai_padding", info.path("texts77"), text, known.path("openai_pad"), golden);
    }

    private static void padded(String kind, JsonNode texts, ClipText text, JsonNode padding, Golden golden) {
        String name = kind + ".input_ids";
        if (!golden.has(name) || texts.isMissingNode() || padding.isMissingNode()) {
            return;
        }
        int length = Math.toIntExact(golden.get(name).size(1));
        int[] ids = new int[texts.size() * length];
        int[] mask = new int[ids.length];
        Arrays.fill(ids, padding.asInt());
        for (int i = 0; i < texts.size(); i++) {
            int[] row = text.ids(texts.path(i).asString());
            int count = Math.min(row.length, length);
            System.arraycopy(row, 0, ids, i * length, count);
            Arrays.fill(mask, i * length, i * length + count, 1);
        }
        golden.same(name, ids, golden.ids(name));
        golden.same(kind + ".attention_mask", Tensors.of(mask, mask.length));
    }

    private static void cases(String file, ClipText text, Golden golden) {
        JsonNode known = golden.json(CASES);
        if (known.isMissingNode()) {
            return;
        }
        golden.same(file + " start and end", text.allIds(""), new int[] {
            known.path("sot").asInt(), known.path("eot").asInt()
        });
        int number = 0;
        for (JsonNode example : known.path("cases")) {
            String name = file + " case " + number++;
            String written = example.path("text").asString();
            int[] ids = text.allIds(written);
            golden.same(name, ids, ids(example.path("ids")));
            golden.same(name + " cut", text.ids(written), ids(example.path("ids_truncated_77")));
            int[] tokens = StreamSupport.stream(example.path("tokens").spliterator(), false)
                    .mapToInt(token -> text.vocabulary().getOrDefault(token.asString(), -1))
                    .toArray();
            golden.same(name + " tokens", Arrays.copyOfRange(ids, 1, ids.length - 1), tokens);
        }
        number = 0;
        for (JsonNode example : known.path("odd")) {
            golden.same(
                    file + " odd case " + number++,
                    text.allIds(example.path("text").asString()),
                    ids(example.path("rust_tokenizer_json")));
        }
    }

    private static int[] ids(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
    }

    /** A matrix of whole numbers. */
    static int[][] rows(Golden golden, String name) {
        int length = Math.toIntExact(golden.get(name).size(1));
        int[] flat = golden.ids(name);
        return IntStream.range(0, flat.length / length)
                .mapToObj(i -> Arrays.copyOfRange(flat, i * length, (i + 1) * length))
                .toArray(int[][]::new);
    }

    /**
     * Which rows of all texts laid end to end belong to a text. The others are padding, in which nothing is looked up: the
     * official code computes them with a mask, which a network that no text looks back on padding does not need.
     */
    static Tensor readRows(Golden golden, String mask) {
        int[] flags = golden.ids(mask);
        int[] read = IntStream.range(0, flags.length).filter(i -> flags[i] == 1).toArray();
        return Tensors.of(read, read.length);
    }
}
