package org.sjd4j.evaluation.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.run.Summary;

/**
 * Decoders that differ in one setting only.
 *
 * @param setting the one
 * @param lines one for each decoder that has it at three or more values
 */
record Sweep(Setting setting, List<Line> lines) {
    private static final int FEWEST_POINTS = 3;

    /** What can be swept. */
    enum Setting {
        WINDOW("window", "window, rows per step", "window", "windows"),
        DENOISING_STEPS("denoising-steps", "denoising steps K", "denoising steps", "denoising steps");

        private final String key;
        private final String axis;
        private final String title;
        private final String plural;

        Setting(String key, String axis, String title, String plural) {
            this.key = key;
            this.axis = axis;
            this.title = title;
            this.plural = plural;
        }

        String axis() {
            return axis;
        }

        String title() {
            return title;
        }

        String plural() {
            return plural;
        }

        /** Windows double, denoising steps add up. */
        boolean logarithmic() {
            return this == WINDOW;
        }

        private boolean matters(DecoderChoice choice) {
            return this == WINDOW ? !choice.isBaseline() : choice.decoder().denoises();
        }

        private int value(DecoderChoice choice) {
            return this == WINDOW ? choice.window() : choice.denoisingSteps();
        }

        private DecoderSettings without(DecoderSettings settings) {
            return this == WINDOW ? settings.withWindow(1) : settings.withDenoisingSteps(1);
        }

        /** The label of a choice without this setting. */
        private String family(DecoderChoice choice) {
            String[] parts = choice.label().split("[:,]");
            String others = Arrays.stream(parts)
                    .skip(1)
                    .filter(part -> !part.startsWith(key + "="))
                    .collect(Collectors.joining(","));
            return others.isEmpty() ? parts[0] : parts[0] + ":" + others;
        }
    }

    /**
     * A decoder at different values of the setting.
     *
     * @param label of the decoder, without the setting
     * @param index which gives its colour: of its first choice among all, or among the lines where there are more choices than
     *     colours
     * @param points by value, the smallest first
     */
    record Line(String label, int index, SequencedMap<Integer, Summary> points) {}

    private record Family(Decoder decoder, DecoderSettings otherSettings) {}

    /** The sweeps that there are among decoders, which may be none. */
    static List<Sweep> among(List<Summary> summaries) {
        return Arrays.stream(Setting.values())
                .map(setting -> new Sweep(setting, lines(setting, summaries)))
                .filter(sweep -> !sweep.lines().isEmpty())
                .toList();
    }

    private static List<Line> lines(Setting setting, List<Summary> summaries) {
        var families = new LinkedHashMap<Family, Line>();
        for (int i = 0; i < summaries.size(); i++) {
            var summary = summaries.get(i);
            var choice = summary.choice();
            if (setting.matters(choice)) {
                int index = i;
                families.computeIfAbsent(
                                new Family(choice.decoder(), setting.without(choice.settings())),
                                _ -> new Line(setting.family(choice), index, new TreeMap<>()))
                        .points()
                        .putIfAbsent(setting.value(choice), summary);
            }
        }
        var lines = new ArrayList<>(families.values());
        lines.removeIf(line -> line.points().size() < FEWEST_POINTS);
        if (summaries.size() > ChartStyle.distinctColours()) {
            for (int i = 0; i < lines.size(); i++) {
                lines.set(i, new Line(lines.get(i).label(), i + 1, lines.get(i).points()));
            }
        }
        return List.copyOf(lines);
    }
}
