package org.sjd4j.training.proposal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.LoadedModel;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.family.raster.RasterDescription;
import org.sjd4j.llama.AdapterBase;
import org.sjd4j.proposal.NeighbourHead;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.training.data.Background;
import org.sjd4j.training.data.CaptionedImage;
import org.sjd4j.training.data.DataSet;
import org.sjd4j.training.data.FolderDataSet;
import org.sjd4j.training.data.Split;
import org.sjd4j.training.data.Variation;
import org.sjd4j.training.loop.CheckpointExport;
import org.sjd4j.training.loop.FileHash;
import org.sjd4j.training.loop.RunDirectory;
import org.sjd4j.training.loop.Splits;
import org.sjd4j.training.loop.Trainer;
import org.sjd4j.training.loop.TrainingException;
import org.sjd4j.training.loop.TrainingListener;
import org.sjd4j.training.loop.TrainingSettings;

/**
 * Trains a neighbour head for a model of any family, whose weights stay what they are: the model generates images of captions,
 * and the head learns from the rows of their passes.
 */
public final class NeighbourRun {
    /** Where a run directory holds its result. */
    public static final String RESULT = "model";

    private static final String ROWS = "rows";

    /** Images whose rows lie in one file. */
    private static final int SHARD = 8;

    /** Images that figures are measured on, at most. */
    private static final int VALIDATION = 48;

    /** Windows that images are generated with in turn: rows near the last accepted token matter most. */
    private static final List<Integer> WINDOWS = List.of(16, 16, 48);

    /**
     * How to train.
     *
     * @param head sizes
     * @param images to generate and learn from
     * @param batch rows of an update
     * @param size of the images
     * @param precision of the model's products
     */
    public record Options(NeighbourHead.Config head, int images, int batch, ImageSize size, Precision precision) {
        /** Sizes of the head that cost little beside a pass of any model. */
        public static final NeighbourHead.Config SIZES = new NeighbourHead.Config(128, 96);

        /** Rows of an update. */
        public static final int BATCH = 1024;

        /** Images to learn from. */
        public static final int IMAGES = 800;
    }

    private NeighbourRun() {}

    /** A schedule for some hundred images: more steps learn them by heart. */
    public static TrainingSettings settings(long steps) {
        return new TrainingSettings(steps, Math.min(50, steps), steps / 2, 1e-3, 0.1, 0.98, 1, 1, 100, 100, steps);
    }

    /**
     * Trains, or goes on training, and writes {@link #RESULT}: a copy of the model with the head, or for a published model the
     * head alone.
     *
     * @param data whose captions the model is asked for
     * @param directory of the run
     * @return the last validation's figures
     * @throws TrainingException if the directory holds another run, the data set has nothing to train or to validate on, or the
     *     model makes no images of that size
     */
    public static Map<String, Double> train(
            ModelDescription description,
            DataSet data,
            Options options,
            TrainingSettings settings,
            Path directory,
            TrainingListener listener) {
        if (!description.sizes().contains(options.size())) {
            throw new TrainingException("--size " + options.size() + ": this model makes no images of that size");
        }
        Splits.require(data);
        long seed = settings.seed();
        try (var model = description.load(settings.device(), options.precision());
                var scope = new PointerScope()) {
            var base = AdapterBase.of(description.family(), model.network());
            try (var run = RunDirectory.open(directory, identity(base, data, options, settings))) {
                Path rows = run.path(ROWS);
                var training = prompts(data, Split.TRAIN, options.images(), seed);
                var heldOut = prompts(data, Split.HELD_OUT, VALIDATION, seed);
                var harvest = new Harvest(
                        description, model, options.size(), settings, rows, training.size() + heldOut.size(), listener);
                var learned = harvest.of("train", training, 1_000_000, 0);
                var validated = harvest.of("held-out", heldOut, 2_000_000, training.size());
                var task = new NeighbourTraining(
                        model.network(),
                        options.head(),
                        learned,
                        validated,
                        description.layout(options.size()),
                        description.defaults(settings.device()).sampling(),
                        options.batch(),
                        seed,
                        LibTorch.device(settings.device()));
                var figures = Trainer.train(task, settings, run, listener);
                var trained = task.parameters().byName();
                Path result = run.path(RESULT);
                if (description instanceof RasterDescription) {
                    CheckpointExport.withNeighbour(description.directory(), trained, options.head(), base, result);
                } else {
                    CheckpointExport.neighbour(result, trained, options.head(), base);
                }
                return figures;
            }
        }
    }

    private static Map<String, String> identity(
            AdapterBase base, DataSet data, Options options, TrainingSettings settings) {
        var identity = new LinkedHashMap<String, String>();
        identity.put("model", base.toString());
        identity.put("options", options.toString());
        identity.put("data", FileHash.sha256(data));
        identity.put("seed", Long.toString(settings.seed()));
        identity.put("learning_rate", Double.toString(settings.learningRate()));
        return identity;
    }

    /**
     * Captions of examples in a random order: two in three name a thing in another example's style, which the model may never have
     * seen, for a model is surest of the images that it learned from, and users ask for others. The rest are as people type them.
     */
    private static List<String> prompts(DataSet data, Split split, int count, long seed) {
        var examples = new ArrayList<>(data.examples(split));
        Collections.shuffle(examples, new Random(seed));
        var forbidden = split == Split.TRAIN ? Set.copyOf(data.captions(Split.HELD_OUT)) : Set.<String>of();
        var prompts = new ArrayList<String>();
        for (int i = 0; i < count && i < examples.size(); i++) {
            var random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + i);
            var example = examples.get(i);
            String mixed = i % 3 == 2 || split == Split.HELD_OUT
                    ? ""
                    : mixed(example, examples.get(random.nextInt(examples.size())));
            prompts.add(mixed.isEmpty() || forbidden.contains(mixed) ? prompt(data, example, random) : mixed);
        }
        return prompts;
    }

    /** The thing of one example in the style of another; nothing where the data set does not say what these are. */
    private static String mixed(CaptionedImage thing, CaptionedImage other) {
        int at = thing.style().isEmpty() ? -1 : thing.caption().indexOf(thing.style());
        return at < 0
                ? ""
                : thing.caption().substring(0, at)
                        + other.style()
                        + thing.caption().substring(at + thing.style().length());
    }

    private static String prompt(DataSet data, CaptionedImage example, SplittableRandom random) {
        var named = Background.named();
        boolean plain = data instanceof FolderDataSet || random.nextInt(3) > 0;
        var variation = plain ? Variation.PLAIN : Variation.on(named.get(random.nextInt(named.size())));
        var typed = random.nextBoolean() ? data.otherCaptions(example, variation, 1, random) : List.<String>of();
        return typed.isEmpty() ? data.caption(example, variation) : typed.getFirst();
    }

    /** Generates images shard by shard, so that a run that is stopped goes on with the next. */
    private record Harvest(
            ModelDescription description,
            LoadedModel model,
            ImageSize size,
            TrainingSettings settings,
            Path directory,
            int all,
            TrainingListener listener) {

        NeighbourRows of(String name, List<String> prompts, long firstSeed, int before) {
            var files = new ArrayList<Path>();
            create(directory);
            for (int from = 0; from < prompts.size(); from += SHARD) {
                Path file = directory.resolve(String.format(Locale.ROOT, "%s-%05d.safetensors", name, from));
                files.add(file);
                if (!Files.exists(file)) {
                    var some = prompts.subList(from, Math.min(prompts.size(), from + SHARD));
                    write(file, some, firstSeed + from);
                    listener.encoded(before + from + some.size(), all);
                }
                if (listener.stopRequested()) {
                    throw new TrainingException(
                            "stopped after images were generated: the same command goes on with the others");
                }
            }
            return NeighbourRows.read(files);
        }

        private static void create(Path directory) {
            try {
                Files.createDirectories(directory);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot create " + directory, e);
            }
        }

        private void write(Path file, List<String> prompts, long firstSeed) {
            Tensors.inference(() -> {
                var rows = new ArrayList<NeighbourRows>();
                for (int i = 0; i < prompts.size(); i++) {
                    rows.add(rows(prompts.get(i), firstSeed + i));
                }
                NeighbourRows.joined(rows).write(file);
            });
        }

        private NeighbourRows rows(String prompt, long seed) {
            var defaults = description.defaults(settings.device());
            int number = Math.toIntExact(seed % 1_000_000);
            try (var session = model.begin(prompt, "", defaults.sampling(), size)) {
                DecoderSettings window = defaults.settings()
                        .withWindow(WINDOWS.get(number % WINDOWS.size()))
                        .withDenoisingSteps(1);
                var decoder = NeighbourHarvest.decoder(number / WINDOWS.size(), session.embeddingSize() > 0);
                return NeighbourHarvest.of(session, decoder, window, seed);
            }
        }
    }
}
