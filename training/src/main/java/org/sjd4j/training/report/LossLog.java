package org.sjd4j.training.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jfree.data.xy.XYSeries;
import org.jfree.data.xy.XYSeriesCollection;
import org.sjd4j.io.AtomicFile;
import org.sjd4j.io.TextFile;

/** The figures of a run over its steps, as a CSV file and as an image. */
public final class LossLog {
    private final Path file;
    private final List<Map<String, String>> rows = new ArrayList<>();

    /** Opens the log of a run that goes on after {@code step}; later lines, of work that was lost, are dropped. */
    public LossLog(Path file, long step) {
        this.file = file;
        if (!Files.exists(file)) {
            return;
        }
        try {
            List<String> lines = TextFile.lines(file);
            if (lines.isEmpty()) {
                return;
            }
            String[] header = lines.getFirst().split(",", -1);
            for (String line : lines.subList(1, lines.size())) {
                String[] cells = line.split(",", -1);
                var row = new LinkedHashMap<String, String>();
                for (int i = 0; i < header.length && i < cells.length; i++) {
                    row.put(header[i], cells[i]);
                }
                if (cells.length == header.length && Long.parseLong(cells[0]) <= step) {
                    rows.add(row);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    /** Adds one line and rewrites the file. */
    public void append(
            long step, double rate, Map<String, Double> training, Map<String, Double> validation, double seconds) {
        var row = new LinkedHashMap<String, String>();
        row.put("step", Long.toString(step));
        row.put("learning_rate", number(rate));
        row.put("seconds_per_step", number(seconds));
        new TreeMap<>(training).forEach((name, value) -> row.put("train_" + name, number(value)));
        new TreeMap<>(validation).forEach((name, value) -> row.put("validation_" + name, number(value)));
        rows.add(row);
        var header = new ArrayList<String>();
        rows.forEach(
                r -> r.keySet().stream().filter(key -> !header.contains(key)).forEach(header::add));
        var text = new StringBuilder(String.join(",", header)).append('\n');
        for (var r : rows) {
            text.append(String.join(
                            ",",
                            header.stream().map(key -> r.getOrDefault(key, "")).toList()))
                    .append('\n');
        }
        AtomicFile.write(file, text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** Plots every loss-like column over the steps. */
    public void plot(Path png) {
        if (rows.size() < 2) {
            return;
        }
        var curves = new XYSeriesCollection();
        for (String column : rows.getLast().keySet()) {
            if (!column.contains("loss")) {
                continue;
            }
            var curve = new XYSeries(column);
            for (var row : rows) {
                String cell = row.getOrDefault(column, "");
                if (!cell.isEmpty()) {
                    curve.add(Double.parseDouble(row.get("step")), Double.parseDouble(cell));
                }
            }
            if (!curve.isEmpty()) {
                curves.addSeries(curve);
            }
        }
        AtomicFile.write(png, LossPlot.png(curves));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.6g", value);
    }
}
