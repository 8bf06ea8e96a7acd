package org.sjd4j.training.data;

/** The emoji sets that we learn from: each draws many of the same concepts in a style of its own. */
public enum EmojiStyle {
    NOTO("noto", "noto"),
    NOTO_V1("noto-v1", "noto-v1"),
    FLUENT("fluent", "fluent-emoji"),
    FLUENT_FLAT("fluent-flat", "fluent-emoji-flat"),
    TWEMOJI("twemoji", "twemoji"),
    EMOJIONE("emojione", "emojione"),
    FXEMOJI("fxemoji", "fxemoji"),
    STREAMLINE("streamline", "streamline-emojis");

    private final String word;
    private final String iconSet;

    EmojiStyle(String word, String iconSet) {
        this.word = word;
        this.iconSet = iconSet;
    }

    /** The one word that names this style in a caption. */
    public String word() {
        return word;
    }

    /** The prefix of the Iconify set, which is also the name of its file. */
    public String iconSet() {
        return iconSet;
    }

    /**
     * The style that a caption calls {@code word}.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static EmojiStyle named(String word) {
        for (var style : values()) {
            if (style.word.equals(word)) {
                return style;
            }
        }
        throw new IllegalArgumentException("no emoji style is called '" + word + "'");
    }
}
