package org.sjd4j.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Figures in rows and columns, for people and for programs.
 *
 * @param title says what is measured
 * @param columns from left to right
 * @param rows from top to bottom, one cell for each column
 */
public record Table(String title, List<Column> columns, List<List<Cell>> rows) {
    /**
     * A column.
     *
     * @param key its name in JSON
     * @param heading its name in print, with the unit
     */
    public record Column(String key, String heading) {}

    /**
     * A figure.
     *
     * @param text in print
     * @param value in JSON
     */
    public record Cell(String text, @Nullable Object value) {
        /** Words. */
        public static Cell of(String text) {
            return new Cell(text, text);
        }

        /** A whole number. */
        public static Cell of(long count) {
            return new Cell(Long.toString(count), count);
        }

        /** A number, rounded in print only. */
        public static Cell of(double value, int decimals) {
            return new Cell(
                    Double.isNaN(value) ? "–" : String.format(Locale.ROOT, "%." + decimals + "f", value), value);
        }

        /** A mean and its standard error. */
        public static Cell of(Estimate estimate, int decimals) {
            return new Cell(estimate.text(decimals), estimate);
        }

        /** A speed-up and its interval. */
        public static Cell of(SpeedUp speedUp) {
            return new Cell(speedUp.text(), speedUp);
        }

        /** A share as a percentage. */
        public static Cell share(double share) {
            return new Cell(Double.isNaN(share) ? "–" : String.format(Locale.ROOT, "%.1f %%", 100 * share), share);
        }

        /** A probability of error of a test, with enough digits to be judged. */
        public static Cell probability(double p) {
            return new Cell(Double.isNaN(p) ? "–" : p < 0.001 ? "< 0.001" : String.format(Locale.ROOT, "%.3f", p), p);
        }

        /** Yes or no. */
        public static Cell of(boolean value) {
            return new Cell(value ? "yes" : "no", value);
        }
    }

    public Table {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
        for (var row : rows) {
            if (row.size() != columns.size()) {
                throw new IllegalArgumentException(
                        "a row has %d cells for %d columns".formatted(row.size(), columns.size()));
            }
        }
    }

    /** Columns from pairs of key and heading. */
    static List<Column> columns(String... keysAndHeadings) {
        var columns = new ArrayList<Column>();
        for (int i = 0; i < keysAndHeadings.length; i += 2) {
            columns.add(new Column(keysAndHeadings[i], keysAndHeadings[i + 1]));
        }
        return columns;
    }

    /** As a Markdown table below its title. */
    public String markdown() {
        var text = new StringBuilder("### " + title + "\n\n");
        text.append(line(columns.stream().map(Column::heading).toList()));
        String[] rules = new String[columns.size()];
        Arrays.setAll(rules, i -> i == 0 ? "---" : "---:");
        text.append(line(List.of(rules)));
        rows.forEach(row -> text.append(line(row.stream().map(Cell::text).toList())));
        return text.toString();
    }

    private static String line(List<String> cells) {
        return cells.stream()
                .map(cell -> cell.replace("|", "\\|").replace("\n", " "))
                .collect(Collectors.joining(" | ", "| ", " |\n"));
    }

    /** As data: the title and one map of values for each row. */
    public Map<String, Object> data() {
        var list = new ArrayList<Map<String, @Nullable Object>>();
        for (var row : rows) {
            var values = new LinkedHashMap<String, @Nullable Object>();
            for (int i = 0; i < columns.size(); i++) {
                values.put(columns.get(i).key(), row.get(i).value());
            }
            list.add(values);
        }
        return Map.of("title", title, "rows", list);
    }
}
