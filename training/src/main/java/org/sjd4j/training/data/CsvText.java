package org.sjd4j.training.data;

import java.util.ArrayList;
import java.util.List;

/** Comma-separated values after RFC 4180: a field in quotes may hold commas, line breaks and doubled quotes. */
final class CsvText {
    private final String text;
    private final String name;
    private int at;
    private int line = 1;

    private CsvText(String text, String name) {
        this.text = text;
        this.name = name;
    }

    /** @param place the text's name and the line where the row begins, for messages */
    record Row(String place, List<String> fields) {}

    /**
     * The rows of a text, without empty lines.
     *
     * @param name what the text is called in messages
     * @throws IllegalArgumentException if a quote is not closed, or stands where none should
     */
    static List<Row> rows(String text, String name) {
        var csv = new CsvText(text, name);
        var rows = new ArrayList<Row>();
        while (csv.at < text.length()) {
            var row = csv.row();
            if (!row.fields.equals(List.of(""))) {
                rows.add(row);
            }
        }
        return rows;
    }

    private Row row() {
        var place = name + ", line " + line;
        var fields = new ArrayList<String>();
        do {
            fields.add(text.startsWith("\"", at) ? quotedField(place) : plainField(place));
        } while (skip(","));
        if (!skip("\r\n") && !skip("\n") && at < text.length()) {
            throw new IllegalArgumentException(place + ": a closing quote should end the field");
        }
        line++;
        return new Row(place, List.copyOf(fields));
    }

    private String plainField(String place) {
        var from = at;
        while (at < text.length()
                && text.charAt(at) != ','
                && text.charAt(at) != '\n'
                && !text.startsWith("\r\n", at)) {
            if (text.charAt(at) == '"') {
                throw new IllegalArgumentException(place + ": a quote inside a field needs quotes around the field");
            }
            at++;
        }
        return text.substring(from, at);
    }

    private String quotedField(String place) {
        at++;
        var field = new StringBuilder();
        while (!text.startsWith("\"", at) || text.startsWith("\"\"", at)) {
            if (at >= text.length()) {
                throw new IllegalArgumentException(place + ": a quote is opened and never closed");
            }
            var character = text.charAt(at);
            at += character == '"' ? 2 : 1;
            line += character == '\n' ? 1 : 0;
            field.append(character);
        }
        at++;
        return field.toString();
    }

    private boolean skip(String expected) {
        var found = text.startsWith(expected, at);
        at += found ? expected.length() : 0;
        return found;
    }
}
