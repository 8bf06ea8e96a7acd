package org.sjd4j.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.sjd4j.api.BatchLimits;
import org.sjd4j.api.Families;
import org.sjd4j.api.LoadOptions;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.LoadedModel;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.generate.FixedPasses;
import org.sjd4j.generate.ImageSession;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.OwnerThread;
import org.sjd4j.tensor.Precision;
import tools.jackson.databind.json.JsonMapper;

/**
 * What {@code benchmarks/cuda} measures besides the commands of {@code sjd}: one JSON object a line.
 *
 * <ul>
 *   <li>{@code bits DEVICE}: whether a token's distribution has the same bits wherever it stands in a window, in each dtype.
 *   <li>{@code families DEVICE DIR}: whether each model below a directory generates on the device what it generates on the
 *       CPU.
 *   <li>{@code batch DEVICE DTYPE IMAGES}: images of the bundled model one by one and together.
 *   <li>{@code passes DEVICE MODEL [LAYERS HIDDEN]}: passes through true dimensions with random weights.
 * </ul>
 */
public final class OnDevice {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String PROMPT = "red apple, noto style";
    private static final int PASS_ROWS = 64;

    private OnDevice() {}

    /** Measures. */
    public static void main(String[] arguments) {
        var device = ComputeDevice.named(arguments[1]);
        switch (arguments[0]) {
            case "bits" -> bits(device);
            case "families" -> families(device, Path.of(arguments[2]));
            case "batch" -> batch(device, Precision.named(arguments[2]), Integer.parseInt(arguments[3]));
            case "passes" ->
                RandomModel.of(arguments[2], Arrays.copyOfRange(arguments, 3, arguments.length))
                        .measure(device, OnDevice::say);
            default -> throw new IllegalArgumentException("there is no measurement '" + arguments[0] + "'");
        }
    }

    /** Prints a line. */
    private static void say(String step, Map<String, Object> figures) {
        var line = new LinkedHashMap<String, Object>();
        line.put("step", step);
        line.putAll(figures);
        System.out.println(JSON.writeValueAsString(line));
    }

    private static void bits(ComputeDevice device) {
        var description = Families.describe(BundledModel.directory());
        for (Precision precision : Precision.values()) {
            attempt(
                    "bits",
                    Map.of("dtype", precision.toString()),
                    () -> onModel(device, precision, description, model -> {
                        int[] image = new Random(1)
                                .ints(
                                        description
                                                .layout(description.sizes().getFirst())
                                                .length(),
                                        0,
                                        1000)
                                .toArray();
                        var sampling = description.defaults(device).sampling();
                        try (var passes = new FixedPasses(PASS_ROWS)) {
                            Distribution[] alone = new Distribution[image.length];
                            walk(model, description, passes, sampling, image, 1, 1, alone);
                            return Map.of(
                                    "rows", image.length,
                                    "equal_window_16", walk(model, description, passes, sampling, image, 16, 7, alone),
                                    "equal_window_64",
                                            walk(model, description, passes, sampling, image, PASS_ROWS, 23, alone));
                        }
                    }));
        }
    }

    /**
     * Reads an image in windows, which begin {@code stride} tokens behind each other.
     *
     * @param alone is filled if it is empty; otherwise what is compared with
     * @return how many distributions are equal to the bit
     */
    private static int walk(
            LoadedModel model,
            ModelDescription description,
            FixedPasses passes,
            Sampling sampling,
            int[] image,
            int window,
            int stride,
            Distribution[] alone) {
        int equal = 0;
        int compared = 0;
        try (ImageSession session =
                model.begin(PROMPT, "", sampling, description.sizes().getFirst())) {
            passes.admit(session);
            for (int position = 0; position < image.length; position += stride) {
                var rows = new ArrayList<Row>();
                for (int i = position; i < Math.min(image.length, position + window); i++) {
                    rows.add(Row.before(i, image));
                }
                Distribution[] p = session.step(position, rows);
                for (int i = 0; i < p.length; i++) {
                    if (window == 1) {
                        alone[position + i] = p[i];
                    } else if (i < stride) {
                        compared++;
                        equal += p[i].totalVariation(alone[position + i]) == 0 ? 1 : 0;
                    }
                }
            }
        }
        return window == 1 || compared == image.length ? equal : -1;
    }

    private static void families(ComputeDevice device, Path folder) {
        for (Path directory : models(folder)) {
            attempt("family", Map.of("family", directory.getFileName().toString()), () -> {
                var description = Families.describe(directory);
                int same = 0;
                int exact = 0;
                int images = 3;
                try (var cpu = TextToImage.open(description, ComputeDevice.CPU, Precision.FLOAT32);
                        var other = TextToImage.open(description, device, Precision.FLOAT32)) {
                    for (int seed = 0; seed < images; seed++) {
                        int[] expected = tokens(cpu, Decoders.AR, seed);
                        int[] found = tokens(other, Decoders.AR, seed);
                        same += Arrays.equals(expected, found) ? 1 : 0;
                        exact += Arrays.equals(found, tokens(other, Decoders.SJD_EXACT, seed)) ? 1 : 0;
                    }
                }
                return Map.of("images", images, "as_on_cpu", same, "sjd_exact_as_ar", exact);
            });
        }
    }

    private static List<Path> models(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(entry -> Files.exists(entry.resolve("config.json"))
                            || entry.toString().contains("llamagen"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int[] tokens(TextToImage model, Decoder decoder, long seed) {
        var defaults = model.defaults();
        return model.generate(new Request("red box", seed, decoder, defaults.settings(), defaults.sampling()))
                .tokens();
    }

    private static void batch(ComputeDevice device, Precision precision, int images) {
        var description = Families.describe(BundledModel.directory());
        try (var model = TextToImage.open(description, LoadOptions.of(device, precision))) {
            var defaults = model.defaults();
            var requests = new ArrayList<Request>();
            for (int seed = 0; seed < images; seed++) {
                requests.add(new Request(PROMPT, seed, Decoders.SJD_EXACT, defaults.settings(), defaults.sampling()));
            }
            for (int round = 0; round < 3; round++) {
                long begin = System.nanoTime();
                var alone = requests.stream().map(model::generate).toList();
                long middle = System.nanoTime();
                var together = model.generateAll(requests, new BatchLimits(images, Integer.MAX_VALUE));
                long end = System.nanoTime();
                int same = 0;
                for (int i = 0; i < images; i++) {
                    same += Arrays.equals(alone.get(i).tokens(), together.get(i).tokens()) ? 1 : 0;
                }
                say(
                        "batch",
                        Map.of(
                                "dtype",
                                precision.toString(),
                                "images",
                                images,
                                "round",
                                round,
                                "seconds_one_by_one",
                                (middle - begin) / 1e9,
                                "seconds_together",
                                (end - middle) / 1e9,
                                "same_tokens",
                                same));
            }
        }
    }

    /** What is done with a loaded model on its own thread. */
    @FunctionalInterface
    private interface OnModel {
        Map<String, Object> figures(LoadedModel model);
    }

    private static Map<String, Object> onModel(
            ComputeDevice device, Precision precision, ModelDescription description, OnModel work) {
        var owner = new OwnerThread("benchmark");
        try {
            return owner.call(() -> {
                try (var model = description.load(device, precision)) {
                    return work.figures(model);
                }
            });
        } finally {
            owner.close();
        }
    }

    /** Figures of something that may fail. */
    @FunctionalInterface
    private interface Attempt {
        Map<String, Object> figures();
    }

    /** What fails is a line, too, and stops nothing. */
    private static void attempt(String step, Map<String, Object> what, Attempt attempt) {
        var line = new LinkedHashMap<>(what);
        try {
            line.putAll(attempt.figures());
        } catch (RuntimeException | LinkageError e) {
            line.put("error", String.valueOf(e.getMessage()));
        }
        say(step, line);
    }
}
