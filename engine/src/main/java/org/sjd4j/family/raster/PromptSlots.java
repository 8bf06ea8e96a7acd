package org.sjd4j.family.raster;

import java.util.Arrays;
import java.util.List;
import org.sjd4j.text.WordTokenizer;

/** Lays words out in the fixed prompt slots of a {@link RasterLlama}. */
public final class PromptSlots {
    private final WordTokenizer tokenizer;
    private final int slots;

    /**
     * A prompt as the model reads it.
     *
     * @param slots word ids, the start token last
     * @param unknown words that the model never saw
     * @param dropped known words that found no slot
     */
    @SuppressWarnings("ArrayRecordComponent") // read, never compared
    public record Prompt(int[] slots, List<String> unknown, int dropped) {}

    /** Slots for prompts of this tokenizer. */
    public PromptSlots(WordTokenizer tokenizer, int slots) {
        this.tokenizer = tokenizer;
        this.slots = slots;
    }

    /** The special tokens, in the order of their ids. */
    public static List<String> specialTokens() {
        return List.of("<pad>", "<null>", "<start>", "<unk>");
    }

    /** A text's words in the first slots. */
    public Prompt of(String text) {
        var encoding = tokenizer.encode(text);
        int[] ids = padded();
        int used = Math.min(slots - 1, encoding.ids().size());
        for (int i = 0; i < used; i++) {
            ids[i] = encoding.ids().get(i);
        }
        return new Prompt(ids, encoding.unknown(), encoding.ids().size() - used);
    }

    /** The prompt of the unconditional branch. */
    public int[] none() {
        int[] ids = padded();
        ids[0] = RasterLlama.NULL_PROMPT;
        return ids;
    }

    private int[] padded() {
        int[] ids = new int[slots];
        Arrays.fill(ids, RasterLlama.PAD);
        ids[slots - 1] = RasterLlama.START;
        return ids;
    }
}
