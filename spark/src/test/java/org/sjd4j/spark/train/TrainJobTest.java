package org.sjd4j.spark.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import javax.imageio.ImageIO;
import org.apache.spark.ExecutorLostFailure;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.assertj.core.data.Percentage;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.api.Families;
import org.sjd4j.api.TinyPublished;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.cli.CommandRunner;
import org.sjd4j.family.ImageSize;
import org.sjd4j.spark.TestCluster;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.training.data.DataSet;
import org.sjd4j.training.data.FolderDataSet;
import org.sjd4j.training.model.CutEncoder;
import org.sjd4j.training.model.ImageEncoder;
import org.sjd4j.training.model.TokenShards;
import org.sjd4j.training.model.TokenizedImages;
import org.sjd4j.training.model.VariationEncoder;

/** Executors that average their gradients train what one process trains, also when one of them is lost. */
class TrainJobTest {
    @TempDir
    private static Path directory;

    private static TestCluster cluster;

    @BeforeAll
    static void start() throws IOException {
        Path images = Files.createDirectories(directory.resolve("images"));
        var captions = new StringBuilder();
        for (int i = 0; i < 24; i++) {
            var image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
            var graphics = image.createGraphics();
            graphics.setColor(new Color(10 * i, 255 - 10 * i, 7 * i));
            graphics.fillOval(4, 4, 8 + i, 24);
            graphics.dispose();
            ImageIO.write(image, "png", images.resolve(i + ".png").toFile());
            captions.append("{\"file\": \"%s.png\", \"caption\": \"thing %s\"}%n".formatted(i, i % 5));
        }
        Files.writeString(images.resolve("captions.jsonl"), captions);
        cluster = TestCluster.start(directory);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    private static List<String> command(String run, int steps) {
        return List.of(
                "model",
                "--from",
                BundledModel.directory().toString(),
                "--data",
                directory.resolve("images").toString(),
                "--size",
                "32",
                "--batch",
                "4",
                "--backgrounds",
                "0",
                "--moved",
                "0",
                "--cooldown",
                "2",
                "--steps",
                Integer.toString(steps),
                "--validate-every",
                "1",
                "--run",
                directory.resolve(run).toString());
    }

    private static TestCluster.Result train(String run, int steps) {
        return train(command(run, steps), 2, 2);
    }

    private static TestCluster.Result train(List<String> command, int workers, int microBatches) {
        var arguments =
                new ArrayList<>(List.of("train", "--workers", "" + workers, "--micro-batches", "" + microBatches));
        arguments.addAll(command);
        return TestCluster.run(arguments.toArray(String[]::new));
    }

    @Test
    void twoExecutorsTrainWhatOneProcessTrains() throws IOException {
        train("two", 20).succeeded();
        CommandRunner.train(command("one", 20), "--micro-batches=2");

        assertSameCurves("one", "two");
        assertThat(distance("one", "two", 20)).isLessThan(1e-4);
        assertThat(directory.resolve("two").resolve("model")).isDirectoryContaining("glob:**/model.safetensors");
    }

    @Test
    void twoExecutorsTrainTheDenoisingThatOneProcessTrains() throws IOException {
        train("base", 2).succeeded();
        train(denoising("denoising-two"), 2, 2).succeeded();
        CommandRunner.train(denoising("denoising-one"), "--micro-batches=2");

        assertSameCurves("denoising-one", "denoising-two");
        assertThat(distance("denoising-one", "denoising-two", 20)).isLessThan(1e-4);
    }

    private static List<String> denoising(String run) {
        Path base = directory.resolve("base");
        return List.of(
                "denoising",
                "--model",
                base.resolve("model").toString(),
                "--tokens",
                base.resolve("tokens").toString(),
                "--batch",
                "4",
                "--steps",
                "20",
                "--validate-every",
                "1",
                "--run",
                directory.resolve(run).toString());
    }

    /** All losses after every step, those on training batches and those on held-out images. */
    private static void assertSameCurves(String one, String second) throws IOException {
        var expected = losses(one);
        var found = losses(second);
        assertThat(found.keySet())
                .isEqualTo(expected.keySet())
                .contains("train_loss")
                .hasSizeGreaterThan(1);
        expected.forEach((name, curve) -> {
            var other = Objects.requireNonNull(found.get(name));
            assertThat(curve).hasSize(20);
            for (int step = 0; step < curve.size(); step++) {
                assertThat(other.get(step))
                        .as("%s after step %d", name, step + 1)
                        .isCloseTo(curve.get(step), Percentage.withPercentage(0.01));
            }
        });
    }

    private static Map<String, List<Double>> losses(String run) throws IOException {
        var lines = Files.readAllLines(directory.resolve(run).resolve("loss.csv")).stream()
                .map(line -> List.of(line.split(",")))
                .toList();
        var curves = new TreeMap<String, List<Double>>();
        for (int column = 0; column < lines.getFirst().size(); column++) {
            int at = column;
            String name = lines.getFirst().get(column);
            if (name.contains("loss")) {
                curves.put(
                        name,
                        lines.stream()
                                .skip(1)
                                .map(line -> Double.valueOf(line.get(at)))
                                .toList());
            }
        }
        return curves;
    }

    private static double distance(String one, String other, int step) {
        return Tensors.inference(() -> {
            double apart = 0;
            var second = TensorFiles.read(parameters(other, step));
            for (var entry : TensorFiles.read(parameters(one, step)).entrySet()) {
                Tensor difference = entry.getValue().sub(second.get(entry.getKey()));
                apart = Math.max(apart, difference.abs().max().item_double());
            }
            return apart;
        });
    }

    private static Path parameters(String run, int step) {
        return directory
                .resolve(run)
                .resolve(String.format(Locale.ROOT, "checkpoints/step-%08d/parameters.safetensors", step));
    }

    @Test
    void aRunGoesOnFromItsLastCheckpointWhenAnExecutorIsLost() throws Exception {
        int steps = 60;
        while (!loses("lost-" + steps, steps)) {
            steps *= 3; // this machine had trained to the end before the executor was gone
        }
        train("whole", steps).succeeded();
        assertThat(parameters("lost-" + steps, steps)).hasSameBinaryContentAs(parameters("whole", steps));
    }

    /** Trains, kills an executor after the first checkpoint, and says whether a task was lost with it. */
    private static boolean loses(String run, int steps) throws Exception {
        var lost = new AtomicBoolean();
        var listener = new SparkListener() {
            @Override
            public void onTaskEnd(SparkListenerTaskEnd end) {
                lost.compareAndSet(false, end.reason() instanceof ExecutorLostFailure);
            }
        };
        var spark = cluster.session().sparkContext();
        spark.addSparkListener(listener);
        try {
            var job = CompletableFuture.supplyAsync(() -> train(run, steps));
            while (!Files.exists(parameters(run, 50)) && !job.isDone()) {
                Thread.sleep(10);
            }
            TestCluster.executors().getLast().destroyForcibly();
            job.get().succeeded();
            spark.listenerBus().waitUntilEmpty();
        } finally {
            spark.removeSparkListener(listener);
        }
        return lost.get();
    }

    @Test
    void imagesAreEncodedInShardsAsInOnePiece() {
        Path tokenizer = BundledModel.directory().resolve("image_tokenizer");
        Path shards = directory.resolve("tokens");
        for (String run : List.of("first", "again")) {
            tokenize(
                            shards,
                            "--image-tokenizer",
                            tokenizer.toString(),
                            "--size",
                            "32",
                            "--backgrounds",
                            "0",
                            "--moved",
                            "1")
                    .succeeded();
            assertThat(shards.resolve("shard-00004-of-00005")).as(run).isDirectory();
        }
        var data = FolderDataSet.open(directory.resolve("images"), 32);
        assertThat(TokenShards.read(shards).images())
                .usingRecursiveFieldByFieldElementComparator()
                .containsExactlyElementsOf(inOnePiece(data, () -> VariationEncoder.trained(data, tokenizer, 0, 1, 1)))
                .hasSize(48);
    }

    @Test
    void imagesAreEncodedForAPublishedModelsAdapter() throws IOException {
        Path model = TinyPublished.EMU3.write(directory.resolve("emu3"));
        Path run = directory.resolve("adapter");
        Path shards = run.resolve("tokens");
        tokenize(shards, "--model", model.toString(), "--size", "32x24").succeeded();
        var data = FolderDataSet.open(directory.resolve("images"), 24);
        var size = new ImageSize(32, 24);
        var description = Families.describe(model);
        assertThat(TokenShards.read(shards).images())
                .usingRecursiveFieldByFieldElementComparator()
                .containsExactlyElementsOf(inOnePiece(data, () -> CutEncoder.published(data, description, size)))
                .hasSize(24);

        var before = Files.getLastModifiedTime(shards.resolve("shards"));
        var command = List.of(
                "denoising",
                "--model=" + model,
                "--data=" + directory.resolve("images"),
                "--size=32x24",
                "--steps=2",
                "--rank=2",
                "--run=" + run);
        CommandRunner.train(command);
        assertThat(Files.getLastModifiedTime(shards.resolve("shards"))).isEqualTo(before);
    }

    private static TestCluster.Result tokenize(Path out, String... more) {
        var arguments = new ArrayList<>(List.of(
                "tokenize",
                "--data",
                directory.resolve("images").toString(),
                "--images-per-task",
                "5",
                "--out",
                out.toString()));
        arguments.addAll(List.of(more));
        return TestCluster.run(arguments.toArray(String[]::new));
    }

    private static List<TokenizedImages.Image> inOnePiece(DataSet data, Supplier<ImageEncoder> encoder) {
        return Tensors.scope(() -> encoder.get().encode(data.examples()));
    }

    @Test
    void whatCannotBeIsToldAtTheDriver() {
        train(command("three", 20), 3, 3).refused("--workers is 3", "has room for 2");
        train(command("few", 20), 2, 1).refused("--micro-batches is 1", "2 workers");
        TestCluster.run("train", "--workers", "2", "scorer").refused("scorer");
        TestCluster.run("train", "--workers", "2", "model", "--data", "/nowhere", "--from", "bundled")
                .refused("--data", "/nowhere");
        TestCluster.run("tokenize", "--data", "/nowhere", "--image-tokenizer", directory.toString(), "--out", "x")
                .refused("--data", "/nowhere");
        Path out = directory.resolve("none");
        tokenize(out).refused("--image-tokenizer", "--model");
        tokenize(out, "--model", BundledModel.directory().toString())
                .refused("--model is for published models", "--image-tokenizer");
        Path emu3 = TinyPublished.EMU3.write(directory.resolve("other"));
        tokenize(out, "--model", emu3.toString(), "--moved", "2").refused("--moved and --backgrounds");
        tokenize(out, "--model", emu3.toString(), "--size", "99").refused("--size 99x99", "32x24");
    }
}
