package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.api.PngFile;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.tensor.Precision;
import tools.jackson.databind.JsonNode;

class GenerateCommandTest {
    private static final String[] KEYS = {
        "prompt",
        "model",
        "decoder",
        "lossless",
        "seed",
        "window",
        "denoising_steps",
        "guidance_scale",
        "image_tokens",
        "steps",
        "step_compression",
        "seconds",
        "files"
    };

    @TempDir
    private static Path shared;

    @TempDir
    private Path directory;

    private static String model = "";

    @BeforeAll
    static void write() {
        model = TinyCheckpoint.write(shared.resolve("tiny model")).toString();
    }

    private JsonNode generate(String prompt, String... more) {
        String[] arguments = {
            "generate",
            prompt,
            "--model",
            model,
            "--json",
            "--out",
            directory.resolve("p.png").toString()
        };
        return Cli.run(Stream.of(arguments, more).flatMap(Stream::of).toArray(String[]::new))
                .succeeded()
                .json();
    }

    @Test
    void jsonHasExactlyTheNamedMembers() {
        JsonNode json = generate("red apple", "--seed", "7");
        assertThat(json.propertyNames()).containsExactly(KEYS);
        assertThat(json.get("seconds").propertyNames())
                .containsExactly("load", "prefill", "model", "sampling", "image_decode", "total");
        assertThat(json.get("prompt").stringValue()).isEqualTo("red apple");
        assertThat(json.get("model").stringValue()).isEqualTo(model);
        assertThat(json.get("decoder").stringValue()).isEqualTo("sjd-exact");
        assertThat(json.get("lossless").booleanValue()).isTrue();
        assertThat(json.get("seed").longValue()).isEqualTo(7);
        assertThat(json.get("window").intValue()).isEqualTo(6);
        assertThat(json.get("guidance_scale").doubleValue()).isEqualTo(3);
        assertThat(json.get("image_tokens").intValue()).isEqualTo(16);
        assertThat(json.get("steps").intValue()).isBetween(1, 16);
        assertThat(json.get("step_compression").doubleValue())
                .isCloseTo(16.0 / json.get("steps").intValue(), within(1e-3));
        assertThat(json.get("files").valueStream().map(JsonNode::stringValue))
                .containsExactly(directory.resolve("p.png").toString());
    }

    @Test
    void secondsArePartsOfTheTotal() {
        JsonNode seconds = generate("red apple").get("seconds");
        double sum = 0;
        for (String part : new String[] {"load", "prefill", "model", "sampling", "image_decode"}) {
            assertThat(seconds.get(part).doubleValue()).isNotNegative();
            sum += seconds.get(part).doubleValue();
        }
        double rounding = 6 * 0.5e-4;
        assertThat(sum)
                .as("what is left of the total is between the parts")
                .isLessThanOrEqualTo(seconds.get("total").doubleValue() + rounding);
    }

    @Test
    void tokensAreGivenOnRequest() {
        JsonNode ids = generate("red apple", "--tokens").get("token_ids");
        assertThat(ids.valueStream().map(JsonNode::intValue))
                .hasSize(16)
                .allMatch(id -> id >= 0 && id < TinyCheckpoint.CODES);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 16, 64})
    void exactDecodingGivesTheTokensOfAutoregression(int window) {
        for (int seed = 0; seed < 5; seed++) {
            JsonNode slow = generate("green pear", "--tokens", "--seed=" + seed, "--decoder", "ar");
            JsonNode fast = generate(
                    "green pear", "--tokens", "--seed=" + seed, "--decoder", "sjd-exact", "--window=" + window);
            assertThat(fast.get("token_ids")).isEqualTo(slow.get("token_ids"));
            assertThat(slow.get("steps").intValue()).isEqualTo(16);
        }
    }

    @Test
    void theSameSeedGivesTheSameBytesAndAnotherSeedAnotherImage() throws IOException {
        generate("red apple", "--seed", "1");
        byte[] first = Files.readAllBytes(directory.resolve("p.png"));
        generate("red apple", "--seed", "1");
        assertThat(Files.readAllBytes(directory.resolve("p.png"))).isEqualTo(first);
        assertThat(generate("red apple", "--seed", "1", "--tokens").get("token_ids"))
                .isNotEqualTo(generate("red apple", "--seed", "2", "--tokens").get("token_ids"));
    }

    @Test
    void withoutASeedOneIsChosenAndTold() {
        assertThat(generate("red apple").get("seed"))
                .isNotEqualTo(generate("red apple").get("seed"));
    }

    @Test
    void severalImagesAreAnArrayOfConsecutiveSeedsInNumberedFiles() throws IOException {
        JsonNode json = generate("red apple", "-n", "3", "--seed", "10", "--tokens");
        assertThat(json.isArray()).isTrue();
        assertThat(json.valueStream().map(image -> image.get("seed").intValue()))
                .containsExactly(10, 11, 12);
        assertThat(json.valueStream().map(image -> image.get("files").get(0).stringValue()))
                .containsExactly(
                        directory.resolve("p-1.png").toString(),
                        directory.resolve("p-2.png").toString(),
                        directory.resolve("p-3.png").toString());
        assertThat(json.get(1).get("seconds").get("load").doubleValue()).isZero();
        assertThat(json.get(2).get("token_ids"))
                .isEqualTo(generate("red apple", "--seed", "12", "--tokens").get("token_ids"));
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).hasSize(4);
        }
    }

    @Test
    void aDirectoryGetsFilesNamedAfterThePrompt() {
        Path anew = directory.resolve("made/anew");
        Cli.run("generate", "Red apple, NOTO style!", "--model", model, "--seed", "4", "--out", anew.toString())
                .succeeded();
        assertThat(anew.resolve("red-apple-noto-style-4.png")).isRegularFile();
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "BFLOAT16", "INT8"})
    void everyFormatGeneratesAndSaysSo(Precision precision) {
        var image = generate("red apple", "--seed", "5", "--dtype=" + precision);
        assertThat(image.path("steps").intValue()).isPositive();
        assertThat(PngFile.read(directory.resolve("p.png")).precision()).isEqualTo(precision);
        assertThat(Cli.run("show", directory.resolve("p.png").toString())
                        .succeeded()
                        .out())
                .contains("--dtype=" + precision);
    }

    @Test
    void aImageHasTheModelsSize() throws IOException {
        generate("red apple", "--size", "16x16");
        BufferedImage image = ImageIO.read(directory.resolve("p.png").toFile());
        assertThat(image.getWidth()).isEqualTo(TinyCheckpoint.IMAGE_SIZE);
        assertThat(image.getHeight()).isEqualTo(TinyCheckpoint.IMAGE_SIZE);
    }

    @Test
    void optionsReachTheRequestAndTheFile() {
        generate(
                "red apple",
                "--negative-prompt=green",
                "--decoder=sjd-coupled",
                "--window=9",
                "--denoising-steps=2",
                "--initialisation=above",
                "--entry-level=1",
                "--guided-rows=4",
                "--row-cleaning-threshold=0.5",
                "--guidance-scale=1.5",
                "--temperature=0.75",
                "--top-k=20",
                "--top-p=0.9",
                "--seed=-5");
        var request = PngFile.read(directory.resolve("p.png")).request();
        assertThat(request.toString())
                .contains("prompt=red apple", "negativePrompt=green", "seed=-5", "decoder=sjd-coupled")
                .contains("window=9", "initialisation=ABOVE", "denoisingSteps=2", "entryLevel=1", "guidedRows=4")
                .contains("rowCleaningThreshold=0.5", "guidanceScale=1.5", "temperature=0.75", "topK=20", "topP=0.9");
    }

    @Test
    void unknownWordsAreAWarning() {
        var result = Cli.run(
                "generate",
                "red xyzzy",
                "--model",
                model,
                "--json",
                "--out",
                directory.resolve("p.png").toString());
        assertThat(result.code()).isZero();
        assertThat(result.err()).isEqualTo("sjd: warning: the model never saw: xyzzy\n");
        assertThat(result.json().get("prompt").stringValue()).isEqualTo("red xyzzy");
    }

    @Test
    void ofEndlessWordsTheBeginningsAreNamed() {
        String word = "y".repeat(100_000);
        String words = IntStream.range(0, 30).mapToObj(i -> word + i).collect(Collectors.joining(" "));
        var result = Cli.run("generate", "red " + words, "--model", model, "--out", directory.toString())
                .succeeded();
        assertThat(result.err())
                .startsWith("sjd: warning: the model never saw: " + "y".repeat(40) + "..., yyy")
                .contains(" and 20 more\n");
        assertThat(result.err().length()).isLessThan(1000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xyzzy plugh", "\uD83C\uDF4E", "!!!"})
    void aPromptWithoutAnyKnownWordIsAWarning(String prompt) {
        var result = Cli.run(
                "generate",
                prompt,
                "--model",
                model,
                "--out",
                directory.resolve("p.png").toString());
        assertThat(result.code()).isZero();
        assertThat(result.err()).contains("sjd: warning: the model knows no word of the prompt");
    }

    @Test
    void aPromptThatIsTooLongIsAWarning() {
        var result = Cli.run(
                "generate",
                "red ".repeat(10),
                "--model",
                model,
                "--out",
                directory.resolve("p.png").toString());
        assertThat(result.code()).isZero();
        assertThat(result.err()).contains("its last 3 words are left out");
    }

    @Test
    void aPromptMayBeginWithAnything() {
        for (String prompt : new String[] {"@red", "-red", "${red}", "'red'"}) {
            Cli.run(
                            "generate",
                            "--model",
                            model,
                            "--out",
                            directory.resolve("p.png").toString(),
                            "--",
                            prompt)
                    .succeeded();
            assertThat(PngFile.read(directory.resolve("p.png")).request().prompt())
                    .isEqualTo(prompt);
        }
    }

    @Test
    void peopleGetALineAboutEachImage() {
        Path file = directory.resolve("p.png");
        var result = Cli.run("generate", "red", "--model", model, "--seed", "3", "--out", file.toString());
        assertThat(result.out()).startsWith(file + ": seed 3, sjd-exact, 16 tokens in ");
        assertThat(result.err()).isEmpty();
        var verbose = Cli.run("generate", "red", "--model", model, "--verbose", "--out", file.toString());
        assertThat(verbose.out()).contains("image decode");
        var lossy = Cli.run("generate", "red", "--model", model, "--decoder=jacobi", "--out", file.toString());
        assertThat(lossy.out()).contains("jacobi (lossy)");
    }

    @Test
    void onlyATerminalSeesProgress() {
        String file = directory.resolve("p.png").toString();
        assertThat(Cli.run(true, "generate", "red", "--model", model, "--out", file)
                        .err())
                .contains("loading model", "16 of 16 tokens")
                .endsWith("\r\033[K");
    }
}
