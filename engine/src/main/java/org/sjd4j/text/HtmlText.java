package org.sjd4j.text;

import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text of a caption that was cut out of a web page. Names of tags and characters are in lower case. */
final class HtmlText {
    private static final String ATTRIBUTES = "(?:[^<>\"']++|\"[^\"]*\"|'[^']*')*+";
    private static final Pattern UNSEEN =
            Pattern.compile("<!--.*?-->|<[!?][^>]*>|<(script|style)\\b[^>]*>.*?</\\1\\s*>", Pattern.DOTALL);
    private static final Pattern TAG = Pattern.compile("<[a-z]" + ATTRIBUTES + ">|</[a-z][^>]*>");
    private static final Pattern REFERENCE = Pattern.compile("&(?:#([0-9]{1,7})|#x([0-9a-f]{1,6})|([a-z]+[0-9]*));?");

    /** Names of the characters from 160 on, and from 224 on. */
    private static final String SIGNS =
            "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr"
                    + " deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest";

    private static final String LETTERS = "agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml"
            + " igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml"
            + " yacute thorn yuml";

    private static final Map<String, String> CHARACTERS = characters();

    private HtmlText() {}

    private static Map<String, String> characters() {
        var map = new HashMap<>(Map.ofEntries(
                Map.entry("quot", "\""),
                Map.entry("amp", "&"),
                Map.entry("apos", "'"),
                Map.entry("lt", "<"),
                Map.entry("gt", ">"),
                Map.entry("times", "×"),
                Map.entry("szlig", "ß"),
                Map.entry("ndash", "–"),
                Map.entry("mdash", "—"),
                Map.entry("lsquo", "‘"),
                Map.entry("rsquo", "’"),
                Map.entry("sbquo", "‚"),
                Map.entry("ldquo", "“"),
                Map.entry("rdquo", "”"),
                Map.entry("bdquo", "„"),
                Map.entry("bull", "•"),
                Map.entry("hellip", "…"),
                Map.entry("euro", "€"),
                Map.entry("trade", "™"),
                Map.entry("hearts", "♥")));
        name(map, SIGNS, 160);
        name(map, LETTERS, 224);
        return Map.copyOf(map);
    }

    private static void name(Map<String, String> map, String names, int first) {
        int character = first;
        for (String name : names.split(" ")) {
            map.put(name, Character.toString(character++));
        }
    }

    /** What a reader would see: without tags, comments and scripts, and with characters in place of their names. */
    static String of(String page) {
        String visible = UNSEEN.matcher(page).replaceAll("");
        String text = TAG.matcher(visible).replaceAll("");
        return replaced(text, unknown -> unknown.replace(";", ""));
    }

    /** Characters in place of their numbers and of the names that are in common use; other names stay. */
    static String unescaped(String text) {
        return replaced(text, UnaryOperator.identity());
    }

    private static String replaced(String text, UnaryOperator<String> unknown) {
        return REFERENCE.matcher(text).replaceAll(reference -> Matcher.quoteReplacement(character(reference, unknown)));
    }

    private static String character(MatchResult reference, UnaryOperator<String> unknown) {
        String name = reference.group(3);
        if (name != null) {
            String character = CHARACTERS.get(name);
            return character == null ? unknown.apply(reference.group()) : character;
        }
        int code = reference.group(1) != null
                ? Integer.parseInt(reference.group(1))
                : Integer.parseInt(reference.group(2), 16);
        return code > 0 && Character.isValidCodePoint(code) ? Character.toString(code) : reference.group();
    }
}
