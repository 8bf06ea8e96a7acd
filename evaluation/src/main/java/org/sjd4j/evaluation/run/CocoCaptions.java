package org.sjd4j.evaluation.run;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.JsonFault;
import org.sjd4j.io.TextFile;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Captions in the format of COCO: <code>{"annotations": [{"image_id": 9, "caption": "A cat."}]}</code>, and perhaps a list
 * {@code images} of objects with an {@code id}.
 *
 * <p>The first caption with words stands for each image. Captions that are missing, blank or no text are passed over, and
 * images without one are left out.
 */
final class CocoCaptions {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    /** Ids as converters write them, such as {@code 000000123} in the name of a file. */
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,40}");

    private final Path file;

    /** What stands for each image, in the order in which they are first mentioned. */
    private final Map<Object, Optional<Prompt>> first = new LinkedHashMap<>();

    private CocoCaptions(Path file) {
        this.file = file;
    }

    /**
     * Reads a file.
     *
     * @param warnings takes how many images are left out
     * @throws IllegalArgumentException if it is no such JSON, or an annotation names no image
     * @throws IOException if it cannot be read
     */
    static List<Prompt> read(Path file, Consumer<String> warnings) throws IOException {
        String json = TextFile.read(file);
        JsonNode root;
        try {
            root = JSON.readTree(json);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(file + " is no readable JSON: " + JsonFault.of(json), e);
        }
        JsonNode annotations = root.path("annotations");
        if (!annotations.isArray()) {
            throw new IllegalArgumentException(
                    file + " has no list 'annotations'; name a captions file of COCO, such as captions_val2017.json");
        }
        var captions = new CocoCaptions(file);
        int index = 0;
        for (JsonNode annotation : annotations) {
            captions.add(index++, annotation);
        }
        root.path("images").forEach(image -> captions.mention(image.path("id")));
        return captions.prompts(warnings);
    }

    private void add(int index, JsonNode annotation) {
        JsonNode image = annotation.path("image_id");
        JsonNode caption = annotation.path("caption");
        if (!caption.isString() || !Prompt.hasWords(caption.stringValue())) {
            mention(image);
            return;
        }
        Object id = id(image);
        if (id == null) {
            String found = image.isMissingNode() ? "missing" : "of type " + image.getNodeType();
            throw new IllegalArgumentException(
                    file + ": annotation " + index + ": 'image_id' is " + found + ", expected a number or a text");
        }
        if (first.getOrDefault(id, Optional.empty()).isEmpty()) {
            first.put(id, Optional.of(new Prompt(caption.stringValue().strip())));
        }
    }

    private void mention(JsonNode image) {
        Object id = id(image);
        if (id != null) {
            first.putIfAbsent(id, Optional.empty());
        }
    }

    /** What is equal for the same image, whether its id is written as {@code 123}, {@code 123.0} or {@code "000000123"}. */
    private static @Nullable Object id(JsonNode node) {
        if (node.isNumber()) {
            return node.decimalValue().stripTrailingZeros();
        }
        if (!node.isString()) {
            return null;
        }
        String text = node.stringValue();
        return NUMBER.matcher(text).matches() ? new BigDecimal(text).stripTrailingZeros() : text;
    }

    private List<Prompt> prompts(Consumer<String> warnings) {
        var prompts = first.values().stream().flatMap(Optional::stream).toList();
        int without = first.size() - prompts.size();
        if (prompts.isEmpty() && without > 0) {
            throw new IllegalArgumentException(
                    file + " has no prompt: none of its " + without + " images has a 'caption' with words");
        }
        if (without > 0) {
            warnings.accept(file + ": left out " + without + " of " + first.size()
                    + " images, which have no 'caption' with words");
        }
        return prompts;
    }
}
