package org.sjd4j.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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

        /** A share of trials and its interval. */
        public static Cell of(Proportion proportion) {
            return new Cell(proportion.text(), proportion);
        }

        /** A mean share and its standard error as percentages. */
        public static Cell share(Estimate share) {
            String mean = share(share.mean()).text();
            return new Cell(
                    Double.isNaN(share.standardError())
                            ? mean
                            : String.format(
                                    Locale.ROOT, "%.1f ± %.1f %%", 100 * share.mean(), 100 * share.standardError()),
                    share);
        }

        /** A share as a percentage. */
        public static Cell share(double share) {
            return new Cell(Double.isNaN(share) ? "–" : String.format(Locale.ROOT, "%.1f %%", 100 * share), share);
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
                        "a row has %s cells for %s columns".formatted(row.size(), columns.size()));
            }
        }
    }

    /** Columns from pairs of key and heading. */
    public static List<Column> columns(String... keysAndHeadings) {
        var columns = new ArrayList<Column>();
        for (int i = 0; i < keysAndHeadings.length; i += 2) {
            columns.add(new Column(keysAndHeadings[i], keysAndHeadings[i + 1]));
        }
        return columns;
    }

    /** As a Markdown table below its title, padded so that it reads well on a terminal, too. */
    public String markdown() {
        var lines = new ArrayList<List<String>>();
        lines.add(columns.stream().map(column -> escape(column.heading())).toList());
        rows.forEach(
                row -> lines.add(row.stream().map(cell -> escape(cell.text())).toList()));
        int[] widths = new int[columns.size()];
        Arrays.setAll(
                widths,
                i -> lines.stream().mapToInt(line -> line.get(i).length()).max().orElse(0));
        var text = new StringBuilder("### " + title + "\n\n");
        text.append(line(lines.getFirst(), widths));
        for (int i = 0; i < widths.length; i++) {
            text.append(i == 0 ? "|:" : "|-").append("-".repeat(widths[i])).append(i == 0 ? "-" : ":");
        }
        text.append("|\n");
        lines.stream().skip(1).forEach(line -> text.append(line(line, widths)));
        return text.toString();
    }

    private static String escape(String cell) {
        return cell.replace("|", "\\|").replace("\n", " ");
    }

    /** The first column is flush left, figures are flush right. */
    private static String line(List<String> cells, int[] widths) {
        var text = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String space = " ".repeat(widths[i] - cells.get(i).length());
            text.append("| ")
                    .append(i == 0 ? cells.get(i) + space : space + cells.get(i))
                    .append(' ');
        }
        return text.append("|\n").toString();
    }

    /**
     * As comma-separated values (RFC 4180) below a line of keys. A mean takes two columns, the second for its standard
     * error; a speed-up or a share of trials takes three, the others for its 95 % interval.
     */
    public String csv() {
        var text = new StringBuilder();
        for (int i = -1; i < rows.size(); i++) {
            var fields = new ArrayList<String>();
            for (int j = 0; j < columns.size(); j++) {
                String key = columns.get(j).key();
                @Nullable
                Object value =
                        rows.isEmpty() ? null : rows.get(Math.max(i, 0)).get(j).value();
                fields.addAll(i < 0 ? csvKeys(key, value) : csvValues(value));
            }
            text.append(String.join(",", fields)).append("\r\n");
        }
        return text.toString();
    }

    private static List<String> csvKeys(String key, @Nullable Object value) {
        return switch (value) {
            case Estimate _ -> List.of(key, key + "_standard_error");
            case SpeedUp _, Proportion _ -> List.of(key, key + "_low", key + "_high");
            case null, default -> List.of(key);
        };
    }

    private static List<String> csvValues(@Nullable Object value) {
        return switch (value) {
            case null -> List.of("");
            case Estimate estimate -> List.of(csv(estimate.mean()), csv(estimate.standardError()));
            case SpeedUp speedUp -> List.of(csv(speedUp.mean()), csv(speedUp.low()), csv(speedUp.high()));
            case Proportion proportion ->
                List.of(csv(proportion.share()), csv(proportion.low()), csv(proportion.high()));
            case Double number -> List.of(csv(number));
            default -> List.of(csv(value.toString()));
        };
    }

    private static String csv(double value) {
        return Double.isFinite(value) ? Double.toString(value) : "";
    }

    private static String csv(String value) {
        return value.matches("[^\",\\r\\n]*") ? value : '"' + value.replace("\"", "\"\"") + '"';
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
        var data = new LinkedHashMap<String, Object>();
        data.put("title", title);
        data.put("rows", list);
        return data;
    }
}
