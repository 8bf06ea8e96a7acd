package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.io.Excerpt;

/** Every mistake is answered by one line and exit code 2, and leaves nothing behind. */
class BadInputTest {
    @TempDir
    private static Path shared;

    private static Path model = Path.of("");
    private static Path outputs = Path.of("");

    @TempDir
    private Path directory;

    @BeforeAll
    static void write() throws IOException {
        model = TinyCheckpoint.write(shared.resolve("tiny"));
        outputs = Files.createDirectory(shared.resolve("outputs"));
    }

    @BeforeEach
    @AfterEach
    void nothingIsWritten() throws IOException {
        try (Stream<Path> files = Files.list(outputs)) {
            assertThat(files).isEmpty();
        }
    }

    private static Cli.Result generate(Path checkpoint, String prompt, String... options) {
        var arguments = List.of(
                "generate",
                "--model",
                checkpoint.toString(),
                "--out",
                outputs.resolve("p.png").toString(),
                "--",
                prompt);
        var all = new ArrayList<>(arguments);
        all.addAll(1, List.of(options));
        return Cli.run(all.toArray(String[]::new));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\t\n", "\u2003"})
    void emptyPrompt(String prompt) {
        generate(model, prompt).refused("the prompt is empty");
    }

    @Test
    void missingPromptOrTooManyWords() {
        Cli.run("generate").refused("PROMPT", "see sjd generate --help");
        Cli.run("generate", "red", "apple", "tree").refused("'apple' is one argument too many", "in quotes");
    }

    @Test
    void unknownModel() {
        Cli.run("generate", "red", "--model", "nonsense").refused("there is no model 'nonsense'");
        Cli.run("generate", "red", "--model", "").refused("there is no model ''");
        Cli.run("generate", "red", "--model", directory.toString()).refused("config.json");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    --decoder=nonsense          | there is no decoder 'nonsense'
                    --decoder=AR                | there is no decoder 'AR'
                    --decoder=sjd:window=8      | have options of their own here
                    --decoder=sjd2              | noisy
                    --window=0                  | window is 0
                    --window=-3                 | window is -3
                    --window=many               | 'many' is not a whole number
                    --window=99999999999        | '99999999999' is too large
                    --denoising-steps=-1        | denoising-steps is -1
                    --initialisation=below      | one of random, left, above, previous
                    --entry-level=0             | entry-level is 0
                    --entry-level=x             | does not exist any more
                    --guided-rows=8             | does not exist any more
                    --row-cleaning-threshold=2  | row-cleaning-threshold is 2
                    --guidance-scale=NaN        | guidance-scale is NaN
                    --guidance-scale=strong     | 'strong' is not a number
                    --temperature=0             | temperature is 0.0
                    --temperature=-1            | temperature is -1.0
                    --temperature=Infinity      | temperature is Infinity
                    --top-k=-1                  | top-k is -1
                    --top-p=0                   | top-p is 0.0
                    --top-p=1.5                 | top-p is 1.5
                    --seed=1.5                  | '1.5' is not a whole number
                    -n=0                        | -n is 0
                    -n=two                      | 'two' is not a whole number
                    --device=tpu                | there is no device 'tpu'
                    --device=cuda               | finds no CUDA device
                    --dtype=float8              | choose one of float32, bfloat16, float16, int8
                    --quantize=float16          | --quantize is 'float16', expected int8
                    --size=32x32                | this model makes images of 16x16 only
                    --size=32                   | this model makes images of 16x16 only
                    --size=16x                  | '16x' is no size such as 128x128
                    --size=0x0                  | is no size
                    --size=99999999999x1        | is no size
                    --nonsense                  | Unknown option: '--nonsense'
                    --trajectory=t.png          | trajectories are GIF files
                    """)
    void wrongOption(String option, String message) {
        generate(model, "red", option).refused(message);
    }

    @Test
    void trainingThatCannotBegin() throws IOException {
        String run = "--run=" + directory.resolve("run");
        Cli.run("train").refused("say what to train");
        Cli.run("train", "tokenizer", "--data=" + directory.resolve("none"), run)
                .refused("--data", "not a folder");
        Cli.run("train", "model", "--steps=100", run).refused("the cool-down at most as long");
        Cli.run("train", "model", "--image-tokenizer=" + directory, run).refused("config.json");
        Cli.run("train", "model", "--from=nonsense", run).refused("there is no model 'nonsense'");
        Cli.run("train", "denoising", "--model=" + model, "--tokens=" + directory.resolve("none"), run)
                .refused("none");
        Cli.run("train", "denoising", "--rank=0", run).refused("--rank is 0");
        Cli.run("train", "denoising", "--mode=half", run).refused("half");
        Cli.run("train", "model", "--learning-rate=0", run).refused("--learning-rate is 0", "between 0 and 1");
        Cli.run("train", "model", "--validate-every=0", run).refused("--validate-every is 0", "at least 1");
        Cli.run("train", "scorer", "--device=cuda", run).refused("--device cuda", "finds no CUDA device");
        Cli.run("train", "tokenizer", "--device=gpu", run).refused("there is no device 'gpu'");
        Path images = Files.createDirectories(directory.resolve("images"));
        Files.writeString(images.resolve("captions.jsonl"), "{\"file\": \"gone.png\", \"caption\": \"a cat\"}\n");
        Cli.run("train", "tokenizer", "--data=" + images, run).refused("--data", "gone.png");
    }

    @Test
    void outputThatCannotBeWritten() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        String at = model.toString();
        String missing = directory.resolve("missing").toString();
        Cli.run("generate", "red", "--model", at, "--out", missing + "/p.png")
                .refused("there is no directory " + missing);
        Cli.run("generate", "red", "--model", at, "--out", file + "/new").refused("cannot be made or written");
        Cli.run("generate", "red", "--model", at, "--out", file + "/p.png").refused("there is no directory " + file);
        Cli.run(
                        "generate",
                        "red",
                        "--model",
                        at,
                        "--out",
                        directory.resolve("p.jpg").toString())
                .refused("images are PNG files");
        Cli.run("generate", "red", "--model", at, "--out", "\0.png").refused("is no file name");
        Path folder = Files.createDirectory(directory.resolve("folder.gif"));
        Cli.run("generate", "red", "--model", at, "--out", directory.toString(), "--trajectory", folder.toString())
                .refused("is a directory");
        Path tooLong = directory.resolve("x".repeat(300) + ".png");
        Cli.run("generate", "red", "--model", at, "--out", tooLong.toString()).refused("cannot write");
    }

    @Test
    void malformedCheckpoint() throws IOException {
        Path broken = TinyCheckpoint.write(directory.resolve("broken"));
        Path weights = broken.resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);

        Files.write(weights, Arrays.copyOf(bytes, bytes.length / 2));
        generate(broken, "red").refused("model.safetensors");
        Files.write(weights, new byte[0]);
        Path unmade = directory.resolve("unmade");
        Cli.run("generate", "red", "--model", broken.toString(), "--out", unmade.toString())
                .refused("model.safetensors");
        assertThat(unmade).doesNotExist();
        Files.delete(weights);
        generate(broken, "red").refused("model.safetensors");
        Files.write(weights, bytes);

        Path vision = broken.resolve("image_tokenizer/model.safetensors");
        Files.copy(weights, vision, StandardCopyOption.REPLACE_EXISTING);
        generate(broken, "red").refused("image_tokenizer", "no tensor");
    }

    @ParameterizedTest
    @ValueSource(strings = {"config.json", "generation_config.json", "tokenizer.json", "image_tokenizer/config.json"})
    void malformedConfiguration(String name) throws IOException {
        Path broken = TinyCheckpoint.write(directory.resolve("broken"));
        Path file = broken.resolve(name);
        for (String content : new String[] {"", "{", "[]", "null", "{\"hidden_size\": ", "\0"}) {
            Files.writeString(file, content);
            generate(broken, "red").refused(file.getFileName().toString());
        }
        Files.delete(file);
        generate(broken, "red").refused(file.getFileName().toString());
    }

    @Test
    void configurationOfAnotherModel() {
        Path other = TinyCheckpoint.write(directory.resolve("other"));
        TinyCheckpoint.json(other.resolve("config.json"), Map.of("model_type", "stable_diffusion"));
        generate(other, "red").refused("stable_diffusion");

        Map<String, Object> wide = TinyCheckpoint.model().toJson();
        wide.put("hidden_size", 64);
        TinyCheckpoint.json(other.resolve("config.json"), wide);
        generate(other, "red").refused("expected shape");

        Map<String, Object> huge = TinyCheckpoint.model().toJson();
        huge.put("hidden_size", 1_000_000);
        huge.put("intermediate_size", 1_000_000);
        huge.put("num_hidden_layers", 1_000);
        TinyCheckpoint.json(other.resolve("config.json"), huge);
        generate(other, "red").refused("too little memory");
    }

    @Test
    void imageThatSaysNothing() throws IOException {
        Cli.run("show", directory.resolve("missing.png").toString()).refused("is no file");
        Path text = Files.writeString(directory.resolve("text.png"), "hello");
        Cli.run("show", text.toString()).refused("is no PNG file");
        Cli.run("show").refused("FILE.png");
    }

    @Test
    void noCommandOrAnUnknownOne() {
        Cli.run().refused("say what to do");
        Cli.run("paint").refused("there is no command 'paint'", "choose one of generate, ");
        Cli.run("models", "paint").refused("there is no command 'paint'", "choose one of inspect, ");
        Cli.run("doctor", "who").refused("'who' is one argument too many");
        Cli.run("--nonsense").refused("--nonsense");
    }

    @Test
    void onlyVerboseShowsWhere() {
        var result = generate(model, "red", "--window=0", "--verbose");
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).startsWith("sjd: window is 0").contains("\tat org.sjd4j");
    }

    @Test
    void messagesDoNotSteerTheTerminal() {
        assertThat(Cli.run("generate", "red", "--model", "a\033[31mb\nc").err())
                .contains("a\\u001b[31mb c")
                .hasLineCount(1);
    }

    /** Whatever was given, a message fits on a screen and says what to do. */
    @ParameterizedTest
    @ValueSource(strings = {"x", "\uD83C\uDF4E", "\u001b", "a ", "\u202e"})
    void messagesQuoteTheBeginningOfWhatIsLong(String part) {
        String endless = part.repeat(100_000);
        for (var result : List.of(
                generate(model, "red", "--decoder=" + endless),
                generate(model, "red", "--model=" + endless),
                generate(model, "red", "--seed=" + endless),
                generate(model, "red", "--size=" + endless),
                generate(model, "red", "--dtype=" + endless),
                generate(model, "red", "--" + endless),
                Cli.run("compare", "red", "--seeds=" + endless),
                Cli.run("compare", "red", "--decoders=sjd:window=" + endless),
                Cli.run("evaluate", "--out=x", "--prompts=" + endless),
                Cli.run("show", endless))) {
            result.refused("sjd: ");
            assertThat(result.err().length()).as(result.err()).isLessThan(5000);
            assertThat(result.err().strip().codePoints().noneMatch(Excerpt::isHidden))
                    .as(result.err())
                    .isTrue();
        }
        generate(model, "red", "--decoder=" + endless).refused("there is no decoder '", "choose one of", "see sjd");
        generate(model, "red", "--dtype=" + endless).refused("; choose one of float32");
    }
}
