package org.sjd4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.imageio.ImageIO;
import org.assertj.core.data.Percentage;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.cli.CommandRunner;
import org.sjd4j.tensor.TensorFiles;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.training.TokenShards;
import org.sjd4j.training.TokenizedPictures;
import org.sjd4j.training.Workers;
import org.sjd4j.training.data.FolderDataSet;

/** Executors that average their gradients train what one process trains, also when one of them is lost. */
class TrainJobTest {
    @TempDir
    private static Path directory;

    private static TestCluster cluster;

    @BeforeAll
    static void start() throws IOException {
        Path pictures = Files.createDirectories(directory.resolve("pictures"));
        var captions = new StringBuilder();
        for (int i = 0; i < 24; i++) {
            var picture = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
            var graphics = picture.createGraphics();
            graphics.setColor(new Color(10 * i, 255 - 10 * i, 7 * i));
            graphics.fillOval(4, 4, 8 + i, 24);
            graphics.dispose();
            ImageIO.write(picture, "png", pictures.resolve(i + ".png").toFile());
            captions.append("{\"file\": \"%d.png\", \"caption\": \"thing %d\"}%n".formatted(i, i % 5));
        }
        Files.writeString(pictures.resolve("captions.jsonl"), captions);
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
                directory.resolve("pictures").toString(),
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
                "--run",
                directory.resolve(run).toString());
    }

    private static TestCluster.Result train(String run, int steps) {
        return train(run, steps, 2, 2);
    }

    private static TestCluster.Result train(String run, int steps, int workers, int microBatches) {
        var arguments =
                new ArrayList<>(List.of("train", "--workers", "" + workers, "--micro-batches", "" + microBatches));
        arguments.addAll(command(run, steps));
        return TestCluster.run(arguments.toArray(String[]::new));
    }

    @Test
    void twoExecutorsTrainWhatOneProcessTrains() throws IOException {
        train("two", 20).succeeded();
        CommandRunner.train(command("one", 20), Workers.ALONE, 2);

        assertThat(loss("two")).isCloseTo(loss("one"), Percentage.withPercentage(0.01));
        assertThat(distance("one", "two", 20)).isLessThan(1e-4);
        assertThat(directory.resolve("two").resolve("model")).isDirectoryContaining("glob:**/model.safetensors");
    }

    /** The average loss of the steps since the last line but one. */
    private static double loss(String run) throws IOException {
        var lines = Files.readAllLines(directory.resolve(run).resolve("loss.csv"));
        int column = List.of(lines.getFirst().split(",")).indexOf("train_loss");
        return Double.parseDouble(lines.getLast().split(",")[column]);
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
        return directory.resolve(run).resolve("checkpoints/step-%08d/parameters.safetensors".formatted(step));
    }

    @Test
    void aRunGoesOnFromItsLastCheckpointWhenAnExecutorIsLost() throws Exception {
        var job = CompletableFuture.supplyAsync(() -> train("lost", 60));
        while (!Files.exists(parameters("lost", 50)) && !job.isDone()) {
            Thread.sleep(10);
        }
        TestCluster.executors().getLast().destroyForcibly();
        job.get().succeeded();
        train("whole", 60).succeeded();
        assertThat(parameters("lost", 60)).hasSameBinaryContentAs(parameters("whole", 60));
    }

    @Test
    void picturesAreEncodedInShardsAsInOnePiece() {
        Path tokenizer = BundledModel.directory().resolve("image_tokenizer");
        Path shards = directory.resolve("tokens");
        for (String run : List.of("first", "again")) {
            TestCluster.run(
                            "tokenize",
                            "--data",
                            directory.resolve("pictures").toString(),
                            "--image-tokenizer",
                            tokenizer.toString(),
                            "--size",
                            "32",
                            "--backgrounds",
                            "0",
                            "--moved",
                            "1",
                            "--pictures-per-task",
                            "5",
                            "--out",
                            shards.toString())
                    .succeeded();
            assertThat(shards.resolve("shard-00004")).as(run).isDirectory();
        }
        Path whole = directory.resolve("whole-tokens");
        var options = new TokenShards.Options(tokenizer, 0, 1, 1);
        TokenShards.encode(FolderDataSet.open(directory.resolve("pictures"), 32), options, whole, 0, 1);
        TokenShards.finish(whole, 1);
        var expected = TokenizedPictures.read(whole).pictures();
        assertThat(TokenizedPictures.read(shards).pictures())
                .usingRecursiveFieldByFieldElementComparator()
                .containsExactlyElementsOf(expected)
                .hasSize(48);
    }

    @Test
    void whatCannotBeIsToldAtTheDriver() {
        train("three", 20, 3, 3).refused("--workers is 3", "has room for 2");
        train("few", 20, 2, 1).refused("--micro-batches is 1", "2 workers");
        TestCluster.run("train", "--workers", "2", "scorer").refused("scorer");
        TestCluster.run("train", "--workers", "2", "model", "--data", "/nowhere", "--from", "bundled")
                .refused("--data", "/nowhere");
        TestCluster.run("tokenize", "--data", "/nowhere", "--image-tokenizer", "/tmp", "--out", "x")
                .refused("--data", "/nowhere");
    }
}
