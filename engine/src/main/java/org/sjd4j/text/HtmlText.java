package org.sjd4j.text;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Entities;
import org.jsoup.nodes.TextNode;
import org.jsoup.parser.Parser;

/** The text of a caption that was cut out of a web page. Names of tags and characters are in lower case. */
final class HtmlText {
    private static final Pattern NAME = Pattern.compile("&([a-z][a-z0-9]*);");

    /** Begins no tag, for none ends it: without this the parser would take the rest of the caption for a tag. */
    private static final Pattern LESS_THAN = Pattern.compile("<(?![^<]*>)");

    private HtmlText() {}

    /**
     * What a reader would see: without tags, comments and scripts, and with characters in place of their names. A name that
     * HTML does not know loses its semicolon, as in Beautiful Soup.
     */
    static String of(String page) {
        String named = NAME.matcher(page)
                .replaceAll(name -> Entities.isNamedEntity(name.group(1))
                        ? Matcher.quoteReplacement(name.group())
                        : "&amp;" + name.group(1));
        // the parser of XML keeps the order of the text, where that of HTML moves what it finds in odd places
        var document = Jsoup.parse(LESS_THAN.matcher(named).replaceAll("&lt;"), "", Parser.xmlParser());
        document.select("script, style").remove();
        return document.nodeStream(TextNode.class).map(TextNode::getWholeText).collect(Collectors.joining());
    }

    /** Characters in place of their names and numbers; names that HTML does not know stay. */
    static String unescaped(String text) {
        return Parser.unescapeEntities(text, false);
    }
}
