package org.sjd4j.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.sjd4j.checkpoint.JsonFile;
import org.sjd4j.tensor.CheckpointException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A {@code tokenizer.json}, read by the Hugging Face tokenizers library. */
public final class HuggingFaceText implements TextTokenizer {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String ADDED = "added_tokens";
    private static final String ADVICE = "use the tokenizer files that belong to this checkpoint";
    private static final Map<String, String> PLAIN = Map.of("addSpecialTokens", "false", "truncation", "false");

    private final HuggingFaceTokenizer text;
    private final HuggingFaceTokenizer template;
    private final Map<String, Integer> ids;

    private HuggingFaceText(HuggingFaceTokenizer text, HuggingFaceTokenizer template, Map<String, Integer> ids) {
        this.text = text;
        this.template = template;
        this.ids = ids;
    }

    /**
     * Reads a {@code tokenizer.json}.
     *
     * @throws CheckpointException if it is missing or malformed
     */
    public static HuggingFaceText read(Path file) {
        JsonNode root = JsonFile.read(file, "the model's text tokenizer", ADVICE);
        if (root instanceof ObjectNode tokenizer) {
            return of(tokenizer, file.toString());
        }
        throw new CheckpointException(file.toString(), "no JSON object", "a tokenizer", ADVICE);
    }

    /**
     * A tokenizer that was read.
     *
     * @param tokenizer as in a {@code tokenizer.json}; it is changed
     * @param source where it comes from, for messages
     * @throws CheckpointException if it is malformed
     */
    public static HuggingFaceText of(ObjectNode tokenizer, String source) {
        DjlLibraries.configure();
        try {
            var ids = new LinkedHashMap<String, Integer>();
            tokenizer
                    .path("model")
                    .path("vocab")
                    .properties()
                    .forEach(entry -> ids.put(entry.getKey(), entry.getValue().asInt()));
            tokenizer
                    .path(ADDED)
                    .forEach(token -> ids.put(
                            token.path("content").asString(), token.path("id").asInt()));
            HuggingFaceTokenizer template = load(tokenizer);
            tokenizer.remove(ADDED); // what is not in this list is text like any other
            return new HuggingFaceText(load(tokenizer), template, Map.copyOf(ids));
        } catch (IOException | RuntimeException e) {
            throw new CheckpointException(
                    source, "a tokenizer that cannot be read (" + e.getMessage() + ")", "a tokenizer", ADVICE, e);
        }
    }

    private static HuggingFaceTokenizer load(ObjectNode json) throws IOException {
        return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(JSON.writeValueAsBytes(json)), PLAIN);
    }

    @Override
    public int[] encode(String plain) {
        return narrow(text.encode(plain, false, false).getIds());
    }

    @Override
    public int[] encodeTemplate(String spelt) {
        return narrow(template.encode(spelt, false, false).getIds());
    }

    private static int[] narrow(long[] ids) {
        return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
    }

    @Override
    public Map<String, Integer> ids() {
        return ids;
    }

    @Override
    public void close() {
        text.close();
        template.close();
    }
}
