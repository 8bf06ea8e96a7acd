package org.sjd4j.text;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.GptBytePairEncodingParams;
import java.io.IOException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.sjd4j.checkpoint.CheckpointFile;
import org.sjd4j.io.Excerpt;
import org.sjd4j.io.NoTextException;
import org.sjd4j.io.TextFile;
import org.sjd4j.tensor.CheckpointException;

/**
 * Byte-level BPE by tiktoken ranks, with the special tokens of Qwen and Emu3 behind them (Emu3, {@code
 * tokenization_emu3.py}).
 */
public final class TiktokenText implements TextTokenizer {
    private static final Pattern SPLIT = Pattern.compile(
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                    + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");
    private static final List<String> FIRST_SPECIALS = List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>");
    private static final int EXTRAS = 205;
    private static final String ADVICE = "use the tokenizer files that belong to this checkpoint";

    private final Encoding encoding;
    private final Map<String, Integer> specials;
    private final Pattern anySpecial;

    private TiktokenText(Encoding encoding, Map<String, Integer> specials) {
        this.encoding = encoding;
        this.specials = specials;
        var longestFirst = specials.keySet().stream()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .map(Pattern::quote)
                .toList();
        this.anySpecial = Pattern.compile(String.join("|", longestFirst));
    }

    /**
     * Reads ranks and special tokens.
     *
     * @param ranks lines of a base64 token and its rank
     * @param visionTokens further special tokens, one in each line
     * @throws CheckpointException if a file is missing or malformed
     */
    public static TiktokenText read(Path ranks, Path visionTokens) {
        Map<byte[], Integer> encoder = ranks(ranks);
        var specials = new LinkedHashMap<String, Integer>();
        var names = new ArrayList<>(FIRST_SPECIALS);
        for (int i = 0; i < EXTRAS; i++) {
            names.add("<|extra_" + i + "|>");
        }
        names.addAll(
                lines(visionTokens).stream().filter(line -> !line.isBlank()).toList());
        names.forEach(name -> specials.put(name, encoder.size() + specials.size()));
        var registry = Encodings.newLazyEncodingRegistry();
        registry.registerGptBytePairEncoding(new GptBytePairEncodingParams(ranks.toString(), SPLIT, encoder, Map.of()));
        return new TiktokenText(registry.getEncoding(ranks.toString()).orElseThrow(), Map.copyOf(specials));
    }

    private static Map<byte[], Integer> ranks(Path file) {
        var encoder = new LinkedHashMap<byte[], Integer>();
        for (String line : lines(file)) {
            if (line.isBlank()) {
                continue;
            }
            String[] parts = line.trim().split(" ", 2);
            try {
                int rank = Integer.parseInt(parts[parts.length - 1]);
                if (parts.length != 2 || rank != encoder.size()) {
                    throw new IllegalArgumentException();
                }
                encoder.put(Base64.getDecoder().decode(parts[0]), rank);
            } catch (IllegalArgumentException e) {
                throw new CheckpointException(
                        file.toString(),
                        "'" + Excerpt.of(line) + "' in line " + (encoder.size() + 1),
                        "a base64 token and its rank " + encoder.size(),
                        ADVICE,
                        e);
            }
        }
        if (encoder.isEmpty()) {
            throw new CheckpointException(file.toString(), "no tokens", "a base64 token and its rank per line", ADVICE);
        }
        return encoder;
    }

    private static List<String> lines(Path file) {
        CheckpointFile.requireText(file, "a part of the text tokenizer");
        try {
            return TextFile.lines(file);
        } catch (NoTextException e) {
            throw new CheckpointException(file.toString(), e.found(), "text in UTF-8", ADVICE, e);
        } catch (IOException e) {
            throw new CheckpointException(
                    file.toString(), "no text in UTF-8", "a part of the text tokenizer", ADVICE, e);
        }
    }

    @Override
    public int[] encode(String text) {
        return encoding.encodeOrdinary(Normalizer.normalize(text, Normalizer.Form.NFC))
                .toArray();
    }

    @Override
    public int[] encodeTemplate(String text) {
        var ids = new ArrayList<Integer>();
        var matcher = anySpecial.matcher(text);
        int from = 0;
        while (matcher.find()) {
            append(ids, encode(text.substring(from, matcher.start())));
            ids.add(specials.get(matcher.group()));
            from = matcher.end();
        }
        append(ids, encode(text.substring(from)));
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    private static void append(List<Integer> list, int[] ids) {
        for (int id : ids) {
            list.add(id);
        }
    }

    @Override
    public Map<String, Integer> ids() {
        return specials;
    }

    @Override
    public void close() {}
}
