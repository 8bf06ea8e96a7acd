package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.api.TinyPublished;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Tensors;

/** A published model learns to read noise and generates with its adapter; one line for whatever is wrong. */
class PublishedDenoisingCommandTest {
    @TempDir
    private static Path shared;

    private static Path model = Path.of("");
    private static Path images = Path.of("");
    private static Path adapter = Path.of("");

    @BeforeAll
    static void train() throws IOException {
        LibTorch.setThreads(1);
        model = TinyPublished.EMU3.write(shared.resolve("emu3"));
        images = Files.createDirectories(shared.resolve("images"));
        var captions = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            var image = new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB);
            image.setRGB(i, i, 0xFFFFFF);
            ImageIO.write(image, "png", images.resolve(i + ".png").toFile());
            captions.append(i).append(".png,a dot\n");
        }
        Files.writeString(images.resolve("captions.csv"), captions);
        Path run = shared.resolve("run");
        assertThat(train(model, run, "--steps=4", "--size=32x24", "--checkpoint-every=3", "--validate-every=2")
                        .succeeded()
                        .out())
                .contains(run.resolve("model").toString());
        adapter = run.resolve("model");
    }

    private static Cli.Result train(Path model, Path run, String... more) {
        var arguments = new ArrayList<>(List.of(
                "train", "denoising", "--model=" + model, "--data=" + images, "--run=" + run, "--rank=2", "--batch=2"));
        arguments.addAll(List.of(more));
        return Cli.run(arguments);
    }

    private static Cli.Result generate(Path model, String... more) {
        var arguments = new ArrayList<>(
                List.of("generate", "a dot", "--model=" + model, "--seed=3", "--out=" + shared.resolve("p.png")));
        arguments.addAll(List.of(more));
        return Cli.run(arguments);
    }

    @Test
    void theAdapterIsAllThatIsWritten() throws IOException {
        try (var files = Files.list(adapter)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("denoising_config.json", "denoising.safetensors");
        }
        assertThat(adapter.resolve("denoising_config.json")).content().contains("Emu3", "base_fingerprint");
    }

    @Test
    void checkpointsAndValidationsComeAsOftenAsAskedFor() throws IOException {
        assertThat(shared.resolve("run/checkpoints")).isDirectoryContaining("glob:**/step-00000003");
        assertThat(Files.readAllLines(shared.resolve("run/loss.csv")))
                .satisfiesExactly(
                        header -> assertThat(header).startsWith("step,"),
                        second -> assertThat(second).startsWith("2,"),
                        fourth -> assertThat(fourth).startsWith("4,"));
    }

    @Test
    void anAdapterIsFoundByItsOptionAndBesideTheModel() throws IOException {
        generate(model, "--decoder=sjd2-exact").refused("the model cannot read noisy embeddings");
        generate(model, "--decoder=sjd2-exact", "--adapter=" + adapter).succeeded();
        Path whole = TinyPublished.EMU3.write(shared.resolve("whole"));
        for (String name : List.of("denoising_config.json", "denoising.safetensors")) {
            Files.copy(adapter.resolve(name), whole.resolve(name));
        }
        generate(whole, "--decoder=sjd2-exact").succeeded();
    }

    @Test
    void anAdapterOfAnotherModelIsRefused() throws IOException {
        Path janus = TinyPublished.JANUS.write(shared.resolve("janus"));
        generate(janus, "--decoder=sjd2-exact", "--adapter=" + adapter)
                .refused(
                        "denoising_config.json",
                        "an adapter for Emu3 with rows of 64",
                        "one for multi_modality with rows of 32");
        generate(model, "--adapter=" + shared).refused("no denoising_config.json");

        Path broken = Files.createDirectories(shared.resolve("broken"));
        Files.copy(adapter.resolve("denoising_config.json"), broken.resolve("denoising_config.json"));
        Tensors.inference(() -> {
            Map<String, Tensor> tensors = new HashMap<>(TensorFiles.read(adapter.resolve("denoising.safetensors")));
            tensors.remove("denoising.time.weight");
            TensorFiles.write(broken.resolve("denoising.safetensors"), tensors, Map.of());
        });
        generate(model, "--adapter=" + broken).refused("denoising.safetensors", "no tensor 'denoising.time.weight'");
    }

    @Test
    void trainingThatCannotBegin() throws IOException {
        Path run = shared.resolve("none");
        train(model, run, "--size=40x40").refused("--size 40x40", "24x24, 32x24");
        train(model, run, "--mode=full").refused("--mode full", "--mode adapter leaves them as they are");
        Cli.run("train", "denoising", "--batch=0").refused("--batch is 0");
        train(model, run, "--tokens=" + images).refused("leave out --tokens");
        Cli.run("train", "denoising", "--model=" + model, "--run=" + run).refused("name it with --data");
        Cli.run("train", "denoising", "--model=" + model, "--run=" + run, "--data=" + shared.resolve("emu3"))
                .refused("--data", "captions.jsonl or captions.csv, but holds neither");
        train(TinyCheckpoint.write(shared.resolve("bundled")), run).refused("--data", "are for published models");
        assertThat(run).doesNotExist();
    }

    @Test
    void aRunOfAnotherModelIsNotContinued() {
        Path janus = TinyPublished.JANUS.write(shared.resolve("other"));
        train(janus, shared.resolve("run")).refused("another configuration", "model: Emu3 with rows of 64");
    }

    @Test
    void aRunWithAnotherImageTokenizerIsNotContinued() {
        Path other = TinyPublished.EMU3.write(shared.resolve("retrained")).resolve("image_tokenizer");
        Path weights = other.resolve("model.safetensors");
        Tensors.inference(() -> {
            var tensors = new HashMap<>(TensorFiles.read(weights));
            tensors.replaceAll((name, tensor) -> tensor.mul(new Scalar(2)));
            TensorFiles.write(weights, tensors, Map.of());
        });
        train(model, shared.resolve("run"), "--size=32x24", "--image-tokenizer=" + other)
                .refused("another configuration", "image_tokenizer");
    }

    @Test
    void anImageTokenizerWithoutEncoderIsTold() {
        Path half = TinyPublished.EMU3.write(shared.resolve("half"));
        Path weights = half.resolve("image_tokenizer/model.safetensors");
        Tensors.inference(() -> {
            var tensors = new HashMap<>(TensorFiles.read(weights));
            tensors.keySet().removeIf(name -> name.startsWith("encoder."));
            TensorFiles.write(weights, tensors, Map.of());
        });
        train(half, shared.resolve("half run")).refused("no tensor 'encoder.");
    }
}
