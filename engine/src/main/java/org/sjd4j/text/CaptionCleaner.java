package org.sjd4j.text;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Brings a caption into the form on which LlamaGen was trained, which is that of PixArt and DeepFloyd IF: captions of
 * images on the web, in lower case, without what says nothing of the image: addresses, handles, mark-up, numbers of
 * articles, names of files, offers of shipping and downloads, Chinese and Japanese ideographs.
 *
 * <p>Behaviour: {@code clean_caption} in LlamaGen's {@code language/t5.py}, which runs twice over every prompt. Its
 * libraries are replaced by {@link HtmlText} for Beautiful Soup, and by {@link TextRepair} for ftfy, without the repair of
 * text in a wrong encoding. Combining accents count as parts of words here, and do not in Python.
 */
public final class CaptionCleaner {
    private static final Pattern ESCAPED_BYTES = Pattern.compile("(?:%[0-9a-fA-F]{2})+");
    private static final Pattern JOINTS = Pattern.compile("[-_]");

    /** So many words joined by dashes are the name of a file or a page. */
    private static final int JOINTS_OF_A_NAME = 3;

    private static final String DOMAIN = "[a-z0-9.-]+\\.(?:com|co|ru|net|org|edu|gov|it)[\\w/-]*\\b/?(?!@)";
    private static final String SCHEME_END = ":(?:/{1,3}|[a-z0-9%])";
    private static final String ENDINGS = "(?:png|jpg|jpeg|bmp|webp|eps|pdf|apk|mp4)";

    private record Rule(Pattern pattern, String replacement) {
        static Rule of(String regex, String replacement) {
            return new Rule(Pattern.compile(regex, Pattern.UNICODE_CHARACTER_CLASS), replacement);
        }

        String apply(String text) {
            return pattern.matcher(text).replaceAll(replacement);
        }
    }

    /** Space around a caption, whatever its kind. */
    private static final Rule ENDS = Rule.of("^\\s+|\\s+$", "");

    private static final List<Rule> ADDRESSES = List.of(
            Rule.of("<person>", "person"),
            Rule.of("\\b(?:https?" + SCHEME_END + "|" + DOMAIN + ")", ""),
            Rule.of("\\b(?:www" + SCHEME_END + "|" + DOMAIN + ")", ""));

    private static final List<Rule> SIGNS = List.of(
            Rule.of("@\\w+\\b", ""), // handles
            Rule.of("[\\u31c0-\\u9fff]+", ""), // strokes, enclosed and unified ideographs
            Rule.of(
                    "[-\\u058a\\u05be\\u1400\\u1806\\u2010-\\u2015\\u2e17\\u2e1a\\u2e3a\\u2e3b\\u2e40\\u301c\\u3030\\u30a0"
                            + "\\ufe31\\ufe32\\ufe58\\ufe63\\uff0d]+",
                    "-"),
            Rule.of("[`´«»“”¨]", "\""),
            Rule.of("[‘’]", "'"),
            Rule.of("&quot;?", ""),
            Rule.of("&amp", ""),
            Rule.of("\\d{1,3}(?:\\.\\d{1,3}){3}", " "), // internet addresses
            Rule.of("\\d:\\d\\d\\s+$", ""),
            Rule.of("\\\\n", " "), // a line break that somebody escaped
            Rule.of("#\\d{1,3}\\b", ""),
            Rule.of("#\\d{5,}\\b", ""),
            Rule.of("\\b\\d{6,}\\b", ""),
            Rule.of("\\S+\\." + ENDINGS, ""),
            Rule.of("[\"']{2,}", "\""),
            Rule.of("\\.{2,}", " "),
            Rule.of("[#®•©™&@·º½¾¿¡§~()\\[\\]{}|\\\\/*]+", " "),
            Rule.of("\\s+\\.\\s+", " "));

    private static final List<Rule> WORDS = List.of(
            Rule.of("\\b[a-zA-Z]{1,3}\\d{3,15}\\b", ""), // jc6640
            Rule.of("\\b[a-zA-Z]+\\d+[a-zA-Z]+\\b", ""), // jc6640vc
            Rule.of("\\b\\d+[a-zA-Z]+\\d+\\b", ""), // 6640vc231
            Rule.of("(?:worldwide\\s+)?(?:free\\s+)?shipping", ""),
            Rule.of("(?:free\\s)?download(?:\\sfree)?", ""),
            Rule.of("\\bclick\\b\\s(?:for|on)\\s\\w+", ""),
            Rule.of("\\b" + ENDINGS + "(?:\\simages?)?", ""),
            Rule.of("\\bpage\\s+\\d+\\b", ""),
            Rule.of("\\b\\d*[a-zA-Z]+\\d+[a-zA-Z]+\\d+[a-zA-Z\\d]*\\b", " "), // j2d1a2a
            Rule.of("\\b\\d+\\.?\\d*[x\\u0445×]\\d+\\.?\\d*\\b", ""), // 30x40; the second x is Cyrillic
            Rule.of("\\b\\s+:\\s+", ": "),
            Rule.of("(\\D[,./])\\b", "$1 "),
            Rule.of("\\s+", " "),
            Rule.of("(?s)^[\"'](.+)[\"']$", "$1"),
            Rule.of("^['_,:;-]", ""),
            Rule.of("['_,:+-]$", ""),
            Rule.of("^\\.\\S+$", ""));

    private CaptionCleaner() {}

    /** The cleaned caption, once; it may be empty. */
    public static String clean(String caption) {
        String text = apply(ADDRESSES, ENDS.apply(unquoted(caption)).toLowerCase(Locale.ROOT));
        text = apply(SIGNS, HtmlText.of(text));
        if (JOINTS.matcher(text).results().count() > JOINTS_OF_A_NAME) {
            text = JOINTS.matcher(text).replaceAll(" ");
        }
        text = HtmlText.unescaped(HtmlText.unescaped(TextRepair.of(text)));
        return ENDS.apply(apply(WORDS, ENDS.apply(text)));
    }

    private static String apply(List<Rule> rules, String caption) {
        String text = caption;
        for (Rule rule : rules) {
            text = rule.apply(text);
        }
        return text;
    }

    /** Text that was part of an address: plus signs are spaces, and bytes of UTF-8 are written in hexadecimal. */
    private static String unquoted(String text) {
        return ESCAPED_BYTES.matcher(text.replace('+', ' ')).replaceAll(escaped -> {
            byte[] bytes = HexFormat.of().parseHex(escaped.group().replace("%", ""));
            return Matcher.quoteReplacement(new String(bytes, StandardCharsets.UTF_8));
        });
    }
}
