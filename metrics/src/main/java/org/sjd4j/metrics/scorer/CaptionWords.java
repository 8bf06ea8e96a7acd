package org.sjd4j.metrics.scorer;

import java.util.List;
import org.sjd4j.text.WordTokenizer;

/**
 * Captions as a scorer reads them: the words of the first phrase, which says what is shown, and those behind its comma, which
 * say how, each in slots of their own. Words that it never saw, and more than it has slots for, do not count.
 */
public final class CaptionWords {
    /** The special tokens, in the order of their ids: what fills slots. */
    public static final List<String> SPECIAL = List.of("<pad>", "<unk>");

    private static final int PAD = 0;

    private final WordTokenizer words;
    private final int slots;

    /** Captions of these words; {@link #SPECIAL} must be among them, first. */
    public CaptionWords(WordTokenizer words, int slots) {
        this.words = words;
        this.slots = slots;
    }

    /** Word ids {@code [captions, 2, slots]} in row-major order. */
    public int[] ids(List<String> captions) {
        int[] ids = new int[captions.size() * 2 * slots]; // PAD is 0
        for (int i = 0; i < captions.size(); i++) {
            String caption = captions.get(i);
            int comma = caption.indexOf(',');
            put(comma < 0 ? caption : caption.substring(0, comma), ids, 2 * i * slots);
            put(comma < 0 ? "" : caption.substring(comma), ids, (2 * i + 1) * slots);
        }
        return ids;
    }

    private void put(String phrase, int[] ids, int place) {
        var found = words.encode(phrase).ids();
        for (int i = 0; i < Math.min(slots, found.size()); i++) {
            ids[place + i] = found.get(i);
        }
    }

    /** The id that fills slots. */
    static int pad() {
        return PAD;
    }
}
