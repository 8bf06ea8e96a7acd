package org.sjd4j.prompt;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Brings a caption into the form on which LlamaGen was trained: the parts of PixArt's caption cleaning (PixArt-alpha,
 * {@code diffusion/data/datasets/utils.py}) that matter for a prompt that somebody typed: lower case, one kind of quotes
 * and dashes, no addresses, mark-up, file names or runs of punctuation.
 */
public final class CaptionCleaner {
    private static final Pattern ADDRESS = Pattern.compile("\\b(?:https?:|www\\.)\\S+|\\S+@\\S+\\.\\S+");
    private static final Pattern MARKUP = Pattern.compile("</?[a-z][^<>]{0,200}>");
    private static final Pattern FILE_NAME = Pattern.compile("\\S+\\.(?:png|jpe?g|bmp|webp|eps|pdf|apk|mp4)\\b");
    private static final Pattern QUOTES = Pattern.compile("[`´«»“”¨]");
    private static final Pattern APOSTROPHES = Pattern.compile("[‘’]");
    private static final Pattern DASHES =
            Pattern.compile("[\\u002D\\u058A\\u2010-\\u2015\\u2E3A\\u2E3B\\uFE58\\uFF0D]");
    private static final Pattern REPEATED = Pattern.compile("([#™®•©,:;!?])\\1+|[\\[\\]{}|\\\\/*]+");
    private static final Pattern SPACES = Pattern.compile("\\s+");

    private CaptionCleaner() {}

    /** The cleaned caption. */
    public static String clean(String caption) {
        String text = caption.toLowerCase(Locale.ROOT);
        text = ADDRESS.matcher(text).replaceAll(" ");
        text = MARKUP.matcher(text).replaceAll(" ");
        text = FILE_NAME.matcher(text).replaceAll(" ");
        text = DASHES.matcher(text).replaceAll("-");
        text = QUOTES.matcher(text).replaceAll("\"");
        text = APOSTROPHES.matcher(text).replaceAll("'");
        text = REPEATED.matcher(text).replaceAll(" ");
        return SPACES.matcher(text).replaceAll(" ").strip();
    }
}
