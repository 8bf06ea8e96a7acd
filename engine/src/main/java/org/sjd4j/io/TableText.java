package org.sjd4j.io;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Tables as text: cells between commas or tabs, in quotes or not (RFC 4180).
 *
 * <p>A cell is quoted if it opens with a quote whose partner ends it. It may then hold separators, line breaks and doubled
 * quotes. A quote anywhere else is a character like any other. One that opens a cell and does not end it is refused between
 * commas, where cells with quotes must be quoted; between tabs it is text, since most tables there know no quoting: <code>
 * "OPEN" above the door</code>.
 */
public final class TableText {
    private static final Pattern LINE_END = Pattern.compile("\r\n?");

    private final String text;
    private final String name;
    private final char separator;
    private int at;
    private int line = 1;

    private TableText(String text, String name, char separator) {
        this.text = text;
        this.name = name;
        this.separator = separator;
    }

    /**
     * One line of a table, or several where a cell has line breaks.
     *
     * @param place the text's name and the line where the row begins, for messages
     * @param cells without quotes; a line break within one is a line feed
     */
    public record Row(String place, List<String> cells) {}

    /**
     * The rows of comma-separated values, without blank ones.
     *
     * @param name what the text is called in messages
     * @throws IllegalArgumentException if a quote that opens a cell is not closed, or not where the cell ends
     */
    public static List<Row> commas(String text, String name) {
        return new TableText(text, name, ',').rows();
    }

    /**
     * The rows of tab-separated values, without blank ones.
     *
     * @param name what the text is called in messages
     */
    public static List<Row> tabs(String text, String name) {
        return new TableText(text, name, '\t').rows();
    }

    private List<Row> rows() {
        var rows = new ArrayList<Row>();
        while (at < text.length()) {
            var row = row();
            if (!row.cells().stream().allMatch(String::isBlank)) {
                rows.add(row);
            }
        }
        return rows;
    }

    private Row row() {
        String place = name + ", line " + line;
        var cells = new ArrayList<String>();
        cells.add(cell(place));
        while (at < text.length() && text.charAt(at) == separator) {
            at++;
            cells.add(cell(place));
        }
        if (at < text.length()) {
            at += text.startsWith("\r\n", at) ? 2 : 1;
            line++;
        }
        return new Row(place, List.copyOf(cells));
    }

    private String cell(String place) {
        if (text.startsWith("\"", at)) {
            int partner = partner();
            if (partner >= 0 && isEnd(partner + 1)) {
                return quoted(partner);
            }
            if (separator == ',') {
                throw new IllegalArgumentException(place
                        + (partner < 0
                                ? ": a quote is opened and never closed"
                                : ": a closing quote should end the field"));
            }
        }
        int from = at;
        while (!isEnd(at)) {
            at++;
        }
        return text.substring(from, at);
    }

    /** The quote that closes the one here, or -1. */
    private int partner() {
        int quote = text.indexOf('"', at + 1);
        while (quote >= 0 && text.startsWith("\"\"", quote)) {
            quote = text.indexOf('"', quote + 2);
        }
        return quote;
    }

    private boolean isEnd(int index) {
        return index >= text.length()
                || text.charAt(index) == separator
                || text.charAt(index) == '\n'
                || text.charAt(index) == '\r';
    }

    private String quoted(int partner) {
        String cell = LINE_END.matcher(text.substring(at + 1, partner)).replaceAll("\n");
        line += Math.toIntExact(cell.chars().filter(c -> c == '\n').count());
        at = partner + 1;
        return cell.replace("\"\"", "\"");
    }
}
