package org.sjd4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.Edit;
import org.sjd4j.api.EditMask;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.Decoders;

/**
 * Edits of a quarter of an image: {@code CAPTIONS-FILE EDITS}. Each image of a caption is edited as the next caption says, at one of five places
 * in turn. Prints, for each place, the steps of new images and of edits, and how many edits by {@code sjd-exact} have the tokens of {@code ar}.
 */
final class EditSteps {
    private EditSteps() {}

    /** Sums over the edits at one place. */
    private static final class Sums {
        private int edits;
        private int newSteps;
        private int steps;
        private double newSeconds;
        private double seconds;
        private int same;
    }

    public static void main(String[] arguments) throws IOException {
        List<String> captions = Files.readAllLines(Path.of(arguments[0])).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList();
        int edits = Integer.parseInt(arguments[1]);
        try (var model = TextToImage.open(BundledModel.directory(), "cpu")) {
            int side = model.size().width();
            int half = side / 2;
            var places = new LinkedHashMap<String, int[]>();
            places.put("upper left", new int[] {0, 0, half, half});
            places.put("upper right", new int[] {half, 0, half, half});
            places.put("lower left", new int[] {0, half, half, half});
            places.put("lower right", new int[] {half, half, half, half});
            places.put("middle", new int[] {half / 2, half / 2, half, half});
            var sums = new LinkedHashMap<String, Sums>();
            var order = List.copyOf(places.entrySet());
            for (int i = 0; i < edits; i++) {
                Map.Entry<String, int[]> place = order.get(i % order.size());
                var fresh = generate(model, captions.get(i % captions.size()), i, Decoders.SJD_EXACT, null);
                int[] at = place.getValue();
                var edit = Edit.of(
                        fresh.image(), EditMask.rectangle(at[0], at[1], at[2], at[3], side, side), model.description());
                String caption = captions.get((i + 1) % captions.size());
                var slow = generate(model, caption, i, Decoders.AR, edit);
                var fast = generate(model, caption, i, Decoders.SJD_EXACT, edit);
                Sums sum = sums.computeIfAbsent(place.getKey(), _ -> new Sums());
                sum.edits++;
                sum.newSteps += fresh.statistics().steps();
                sum.newSeconds += fresh.timing().total();
                sum.steps += fast.statistics().steps();
                sum.seconds += fast.timing().total();
                sum.same += Arrays.equals(slow.tokens(), fast.tokens()) ? 1 : 0;
            }
            sums.forEach((place, sum) -> System.out.printf(
                    Locale.ROOT,
                    "%-12s %3d edits: %.1f steps, new %.1f (%.2f); %.2f s, new %.2f s; %d have the tokens of ar%n",
                    place,
                    sum.edits,
                    (double) sum.steps / sum.edits,
                    (double) sum.newSteps / sum.edits,
                    (double) sum.steps / sum.newSteps,
                    sum.seconds / sum.edits,
                    sum.newSeconds / sum.edits,
                    sum.same));
        }
    }

    private static GeneratedImage generate(
            TextToImage model, String caption, long seed, Decoder decoder, @Nullable Edit edit) {
        var defaults = model.defaults();
        var request = new Request(caption, seed, decoder, defaults.settings(), defaults.sampling());
        return model.generate(edit == null ? request : request.editing(edit));
    }
}
