package org.sjd4j.options.train;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.Families;
import org.sjd4j.bundled.ModelCatalogue;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.family.raster.RasterDescription;
import org.sjd4j.options.Console;
import org.sjd4j.options.Converters;
import org.sjd4j.options.UserException;
import org.sjd4j.tensor.Precision;
import org.sjd4j.training.data.EmojiDataSet;
import org.sjd4j.training.data.FolderDataSet;
import org.sjd4j.training.denoising.DenoisingRun;
import org.sjd4j.training.denoising.PublishedDenoisingRun;
import org.sjd4j.training.loop.DataParallel;
import org.sjd4j.training.model.ModelRun;
import org.sjd4j.training.proposal.NeighbourRun;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sjd train denoising}: trains what makes better drafts, by reading noise or by correcting rows for their neighbours. */
@Command(
        name = "denoising",
        description =
                "Trains what makes better drafts for a trained model: reading noise, for the sjd2 decoders, or a neighbour"
                        + " head. Writes a copy of the model that has it, or, for a published model, the adapter alone.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
public final class TrainDenoisingCommand implements Callable<Integer> {
    private static final int PUBLISHED_BATCH = 4;
    private static final int RANK = 16;

    /** What is trained. */
    enum Proposal {
        /** Weights that read noisy embeddings. */
        NOISE,

        /** A head that corrects rows for tokens that changed on their left. */
        NEIGHBOUR
    }

    private final Console console;
    private final DataParallel parallel;

    @Option(
            names = "--proposal",
            paramLabel = "noise|neighbour",
            description =
                    "noise: drafts start as noise and are denoised, for the sjd2 decoders; neighbour: a small head"
                            + " corrects each draft for its left neighbour, for the neighbour decoders; it learns from images that the"
                            + " model generates of the captions of --data (default: ${DEFAULT-VALUE})")
    private Proposal proposal = Proposal.NOISE;

    @Option(names = "--model", paramLabel = "NAME|DIR", description = "a trained model (default: runs/model/model)")
    private String model = Path.of("runs", "model", ModelRun.RESULT).toString();

    @Option(
            names = "--tokens",
            paramLabel = "DIR",
            description = "the tokenized images that the model was trained on (default: runs/model/tokens)")
    private @Nullable Path tokens;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "published models, and neighbour heads: a folder of images with captions.jsonl or captions.csv;"
                            + " the bundled model's neighbour head has the emoji sets by default")
    private @Nullable Path data;

    @Option(
            names = "--images",
            paramLabel = "N",
            description = "neighbour heads: images to generate and learn from, at most one for each caption (default: "
                    + NeighbourRun.Options.IMAGES + ")")
    private @Nullable Integer images;

    @Option(
            names = "--size",
            paramLabel = "WxH",
            converter = Converters.SizeText.class,
            description = "published models: one of the model's sizes, that the images are cut to (default: its first)")
    private @Nullable ImageSize size;

    @Option(
            names = "--image-tokenizer",
            paramLabel = "DIR",
            description = "published models: the image tokenizer (default: inside the model's directory or beside it)")
    private @Nullable Path imageTokenizer;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "images of an update; those of published models are read one after the other (default: "
                    + DenoisingRun.BATCH + ", published models 4); rows, for a neighbour head (default: "
                    + NeighbourRun.Options.BATCH + ")")
    private @Nullable Integer batch;

    @Option(
            names = "--checkpoint-layers",
            paramLabel = "true|false",
            arity = "0..1",
            fallbackValue = "true",
            description =
                    "published models: compute every block a second time for its gradients instead of keeping what"
                            + " it computed (default: where that would be more than 2 GiB)")
    private @Nullable Boolean checkpointLayers;

    @Option(
            names = "--mode",
            paramLabel = "adapter|full",
            description = "adapter: new weights for noisy rows alone, the model generates what it generated;"
                    + " full: all weights, as in the paper, not for published models (default: ${DEFAULT-VALUE})")
    private DenoisingRun.Mode mode = DenoisingRun.Mode.ADAPTER;

    @Option(
            names = "--dtype",
            paramLabel = "float32|bfloat16",
            converter = Converters.TrainingPrecisionName.class,
            description = "dtype of the matrix products: bfloat16 is faster where the CPU multiplies it"
                    + " natively (default: float32, but bfloat16 for models of billions of weights)")
    private @Nullable Precision precision;

    @Option(names = "--rank", paramLabel = "R", description = "rank of the adapter (default: " + RANK + ")")
    private @Nullable Integer rank;

    @Option(names = "--run", paramLabel = "DIR", description = "directory of the run (default: runs/denoising)")
    private Path run = Path.of("runs", "denoising");

    @Option(names = "--steps", paramLabel = "N", description = "updates in all (default: ${DEFAULT-VALUE})")
    private long steps = 600;

    @Mixin
    private ScheduleOptions schedule = new ScheduleOptions();

    @Mixin
    private TrainingDevice device = new TrainingDevice();

    @Option(names = "--verbose", description = "print a stack trace on failure")
    private boolean verbose;

    public TrainDenoisingCommand(Console console, DataParallel parallel) {
        this.console = console;
        this.parallel = parallel;
    }

    @Override
    public Integer call() {
        requirePositive("--rank", rank);
        requirePositive("--batch", batch);
        requirePositive("--images", images);
        var description = Families.describe(ModelCatalogue.ofUser().find(model).directory(), imageTokenizer);
        if (proposal == Proposal.NEIGHBOUR) {
            trainNeighbourHead(description);
        } else if (images != null) {
            throw new UserException("--images is for --proposal neighbour; reading noise is learned from all of them");
        } else if (description instanceof RasterDescription) {
            trainBundled(description.directory());
        } else {
            trainPublished(description);
        }
        console.out().println(run.resolve(DenoisingRun.RESULT));
        return 0;
    }

    private void trainBundled(Path directory) {
        if (data != null || size != null || imageTokenizer != null || checkpointLayers != null) {
            throw new UserException(
                    "--data, --size, --image-tokenizer and --checkpoint-layers are for published models; this one learns"
                            + " from the --tokens of its own training");
        }
        var options = new DenoisingRun.Options(
                mode,
                rank == null ? RANK : rank,
                batch == null ? DenoisingRun.BATCH : batch,
                precision == null ? Precision.FLOAT32 : precision);
        Path read = tokens == null ? Path.of("runs", "model", "tokens") : tokens;
        try (var progress = new TrainingProgress(console, "denoising")) {
            var settings = device.settings(schedule.over(DenoisingRun.settings(mode, steps)));
            DenoisingRun.train(directory, read, options, settings, run, progress, schedule.pieces(parallel));
        }
    }

    private void trainPublished(ModelDescription description) {
        if (mode == DenoisingRun.Mode.FULL) {
            throw new UserException("--mode full: with gradients and averages, all weights of a published model take"
                    + " sixteen bytes each; --mode adapter leaves them as they are");
        }
        if (data == null || tokens != null) {
            throw new UserException("a published model learns from a folder of images with captions: "
                    + (data == null ? "name it with --data" : "leave out --tokens"));
        }
        var chosen = size == null ? description.sizes().getFirst() : size;
        var options = new PublishedDenoisingRun.Options(
                rank == null ? RANK : rank,
                batch == null ? PUBLISHED_BATCH : batch,
                chosen,
                precision == null ? description.trainingPrecision() : precision,
                checkpointLayers);
        var images = images(data, chosen);
        try (var progress = new TrainingProgress(console, "denoising")) {
            var settings = device.settings(schedule.over(PublishedDenoisingRun.settings(steps)));
            PublishedDenoisingRun.train(
                    description, images, options, settings, run, progress, schedule.pieces(parallel));
        }
    }

    private static void requirePositive(String option, @Nullable Integer value) {
        if (value != null && value < 1) {
            throw new UserException(option + " is " + value + ", expected at least 1");
        }
    }

    private void trainNeighbourHead(ModelDescription description) {
        if (parallel != DataParallel.NONE) {
            throw new UserException("a neighbour head is trained by one process; use sjd train denoising");
        }
        if (tokens != null || checkpointLayers != null || rank != null || mode == DenoisingRun.Mode.FULL) {
            throw new UserException(
                    "--tokens, --checkpoint-layers, --rank and --mode full are for --proposal noise; a neighbour head"
                            + " learns from images that the model generates, and leaves the model as it is");
        }
        if (data == null && !(description instanceof RasterDescription)) {
            throw new UserException(
                    "a published model generates images of captions to learn from: name a folder that has some with --data");
        }
        var chosen = size == null ? description.sizes().getFirst() : size;
        var settings = device.settings(schedule.over(NeighbourRun.settings(steps)));
        var options = new NeighbourRun.Options(
                NeighbourRun.Options.SIZES,
                images == null ? NeighbourRun.Options.IMAGES : images,
                batch == null ? NeighbourRun.Options.BATCH : batch,
                chosen,
                precision == null ? description.defaultPrecision(settings.device()) : precision);
        var captions =
                data == null ? EmojiDataSet.load(Math.min(chosen.width(), chosen.height())) : images(data, chosen);
        try (var progress = new TrainingProgress(console, "neighbour head")) {
            NeighbourRun.train(description, captions, options, settings, run, progress);
        }
    }

    private static FolderDataSet images(Path folder, ImageSize size) {
        try {
            return FolderDataSet.open(folder, Math.min(size.width(), size.height()));
        } catch (IllegalArgumentException e) {
            throw new UserException("--data: " + e.getMessage(), e);
        }
    }
}
