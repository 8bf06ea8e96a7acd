package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.checkpoint.Fixtures;

class EvaluationCommandsTest {
    @TempDir
    private static Path directory;

    private static String model = "";
    private static String prompts = "";

    @BeforeAll
    static void writeModel() throws IOException {
        model = "--model=" + TinyCheckpoint.write(directory.resolve("tiny"));
        Path file = Files.writeString(directory.resolve("prompts.txt"), "# two prompts\nred apple\n\n green pear \n");
        prompts = "--prompts=" + file;
    }

    @Test
    void comparesDecodersAsATableAndAReport() throws IOException {
        Path report = directory.resolve("report.html");
        var result = Cli.run(
                        "compare",
                        "red apple",
                        model,
                        "--seeds=1..2",
                        "--decoders=sjd,sjd-exact:window=3",
                        "--report=" + report)
                .succeeded();
        assertThat(result.out())
                .contains("| ar ", "| sjd ", "| sjd-exact:window=3 ", "report: " + report)
                .contains(" steps |", "latency, s", "speed-up", "identical to ar");
        assertThat(Files.readString(report)).startsWith("<!DOCTYPE html>").contains("red apple", "sjd-exact:");
    }

    /** As evaluations do, every prompt has seeds of its own. */
    @Test
    void printsOneJsonObjectAndNothingElse() {
        var command = List.of(
                "compare",
                "red apple",
                "a zebra",
                model,
                "--seeds=4",
                "--decoders=sjd-exact,sjd2",
                "--json",
                "--guidance-scale=1",
                "--window=5");
        var result = Cli.run(command, "--tokens").succeeded();
        assertThat(result.err()).contains("never saw: a, zebra", "left out sjd2: ");
        var json = result.json();
        var exact = json.at("/tables/0/rows/1");
        assertThat(exact.path("window").intValue()).isEqualTo(5);
        assertThat(exact.at("/identical_to_ar/share").doubleValue()).isEqualTo(1);
        assertThat(json.at("/conditions/guidance_scale").stringValue()).isEqualTo("1.0");
        assertThat(json.at("/conditions/left_out").stringValue()).isEqualTo("sjd2");
        assertThat(json.path("images")
                        .valueStream()
                        .map(image -> image.path("seed").intValue()))
                .containsExactly(4, 4, 5, 5);
        assertThat(json.at("/images/0/token_ids")).hasSize(TinyCheckpoint.GRID * TinyCheckpoint.GRID);
        var brief = Cli.run(command).succeeded().json();
        assertThat(brief.at("/images/3/prompt").stringValue()).isEqualTo("a zebra");
        assertThat(brief.at("/images/3").has("token_ids")).isFalse();
    }

    @Test
    void evaluatesIntoADirectoryWithAReport() throws IOException {
        Path out = directory.resolve("evaluated");
        Path report = out.resolve("report.html");
        var command = List.of("evaluate", model, prompts, "--out=" + out, "--decoders=sjd-exact");
        assertThat(Cli.run(command).succeeded().out()).contains("| sjd-exact ", "report: " + report);
        assertThat(Files.readString(report)).startsWith("<!DOCTYPE html>").contains("red apple", "green pear");
        Files.delete(report);
        var again = Cli.run(command, "--json").succeeded();
        assertThat(again.json().path("measurement").stringValue()).isEqualTo("evaluation");
        assertThat(again.out()).doesNotContain("report: ");
        assertThat(report).exists();
        var likely =
                Cli.run(command, "--json", "--likelihood").succeeded().json().at("/tables/0/rows");
        assertThat(likely.get(0).at("/log_likelihood/mean").doubleValue()).isNegative();
        assertThat(likely.get(1).at("/log_likelihood/mean"))
                .isEqualTo(likely.get(0).at("/log_likelihood/mean"));
    }

    @Test
    void aDirectoryOfAnotherEvaluationIsLeftAlone() throws IOException {
        Path out = directory.resolve("kept");
        var command = List.of("evaluate", model, prompts, "--out=" + out, "--decoders=sjd-exact");
        Cli.run(command).succeeded();
        String lines = Files.readString(out.resolve("images.jsonl"));
        Cli.run(command, "--window=3")
                .refused("holds another evaluation (decoder sjd-exact: ", "window=3", "--force to begin anew");
        assertThat(Files.readString(out.resolve("images.jsonl"))).isEqualTo(lines);
        Cli.run(command, "--window=3", "--force").succeeded();
        assertThat(Files.readString(out.resolve("images.jsonl"))).isNotEqualTo(lines);
        Path full = Files.createDirectories(directory.resolve("full"));
        Files.writeString(full.resolve("thesis.txt"), "precious");
        Path photo = Files.writeString(
                Files.createDirectories(full.resolve("images")).resolve("grandmother.png"), "precious, too");
        Cli.run("evaluate", model, prompts, "--out=" + full).refused("holds something else than an evaluation");
        Cli.run("evaluate", model, prompts, "--out=" + full, "--force").refused("holds something else");
        assertThat(photo).as("only an evaluation's own files are ever deleted").exists();
        assertThat(full.resolve("lock")).doesNotExist();
    }

    @Test
    void badInputOfEvaluationsIsOneLine() throws IOException {
        String out = "--out=" + directory.resolve("never");
        Path captions = Files.writeString(directory.resolve("captions.json"), "{\"images\": []}");
        Cli.run("evaluate", model, out, "--prompts=" + captions).refused("has no list 'annotations'");
        Path table = Files.writeString(directory.resolve("parti.tsv"), "Text\tCategory\na cat\tAnimals\n");
        Cli.run("evaluate", model, out, "--prompts=" + table).refused("has no column 'Prompt'");
        Cli.run("evaluate", model, out, prompts, "--images=0").refused("at least one image per prompt");
        Cli.run("evaluate", model, out, prompts, "--pictures=0").refused("at least one image per prompt");
        assertThat(Cli.run("evaluate", "--help").out()).contains("--images=N").doesNotContain("--pictures");
        Cli.run("evaluate", model, out, prompts, "--inception=x.pth").refused("FID compares with --reference");
        Cli.run("evaluate", model, out, prompts, "--reference=x.npz").refused("name --inception");
        Cli.run("evaluate", model, out, prompts, "--clip-score=best").refused("no CLIP score is called 'best'");
        assertThat(directory.resolve("never")).doesNotExist();
        Path done = directory.resolve("measured badly");
        var small = List.of("evaluate", model, prompts, "--out=" + done, "--decoders=sjd-exact");
        Cli.run(small, "--scorer=" + directory).refused("config.json");
        Cli.run(small, "--clip=" + directory.resolve("tiny")).refused("model_type");
        assertThat(done).as("metrics are tried before anything is generated").doesNotExist();
        Path folder = Files.createDirectories(directory.resolve("photos"));
        var noise = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 64 * 64; i++) {
            noise.setRGB(i % 64, i / 64, 0x9E3779 * i);
        }
        ImageIO.write(noise, "png", directory.resolve("whole.png").toFile());
        Path weights = Fixtures.folder().resolve("tiny-inception-fid");
        Cli.run(small, "--inception=" + weights, "--reference=" + folder).refused("has 0 images");
        for (String name : List.of("a.png", "b.png")) {
            Files.writeString(folder.resolve(name), "no image");
        }
        Cli.run(small, "--inception=" + weights, "--reference=" + folder)
                .refused("2 of 2 reference images: the first, ", "a.png", "should be an image");
        Files.copy(directory.resolve("whole.png"), folder.resolve("a.png"), StandardCopyOption.REPLACE_EXISTING);
        byte[] photo = Files.readAllBytes(folder.resolve("a.png"));
        Files.write(folder.resolve("b.png"), Arrays.copyOf(photo, photo.length * 2 / 3));
        Cli.run(small, "--inception=" + weights, "--reference=" + folder)
                .refused("--reference: " + folder.resolve("b.png") + " should be an image", "or delete it");
        assertThat(done)
                .as("reference images are read before anything is generated")
                .doesNotExist();
        Cli.run(small, "--scorer=none").succeeded();
        Cli.run(small, "--inception=" + directory.resolve("tiny"), "--reference=" + folder)
                .refused("no tensor of InceptionV3");
        Path image = done.resolve("images/sjd-exact/00000-0.png");
        byte[] whole = Files.readAllBytes(image);
        Files.write(image, Arrays.copyOf(whole, whole.length / 2));
        Cli.run(small, "--scorer=none").refused("00000-0.png should be an image", "or delete it");
        Files.delete(image);
        Cli.run(small, "--scorer=none").succeeded();
        assertThat(image).hasBinaryContent(whole);
    }

    /** All judges on real files, however small: columns, a warning that names the bias, and statistics that are kept. */
    @Test
    void metricsGiveColumns() throws IOException {
        Path out = directory.resolve("metrics");
        var command = List.of("evaluate", model, prompts, "--out=" + out, "--decoders=sjd-exact");
        Cli.run(command).succeeded();
        var measured = Cli.run(
                        command,
                        "--json",
                        "--scorer=bundled",
                        "--clip=" + Fixtures.folder().resolve("tiny-clip"),
                        "--inception=" + Fixtures.folder().resolve("tiny-inception-fid"),
                        "--reference=" + out.resolve("images"))
                .succeeded();
        assertThat(measured.err()).contains("warning: FID: ", "biased");
        var row = measured.json().at("/tables/0/rows/1");
        assertThat(row.propertyNames()).contains("fid", "clip_score", "scorer_distance", "scorer_score");
        assertThat(row.at("/fid/mean").doubleValue()).isNotNegative();
        assertThat(row.at("/clip_score/mean").doubleValue()).isBetween(0.0, 100.0);
        assertThat(Files.readString(out.resolve("summary.csv"))).contains("fid,fid_standard_error,clip_score");
        try (var kept = Files.list(out.resolve("metrics"))) {
            assertThat(kept.map(file -> file.getFileName().toString())).anyMatch(name -> name.startsWith("reference-"));
        }
    }

    @Test
    void tuningIsRememberedByGenerate() {
        System.setProperty("sjd4j.cache", directory.resolve("cache").toString());
        try {
            tuneAndGenerate();
        } finally {
            System.clearProperty("sjd4j.cache");
        }
    }

    private static void tuneAndGenerate() {
        Path image = directory.resolve("tuned.png");
        Cli.run("tune", model, prompts, "--window=8").refused("are what tune finds");
        String fastest = Cli.run("tune", model, prompts, "--json")
                .succeeded()
                .json()
                .at("/conditions/fastest")
                .stringValue();
        var tuned = Cli.run("generate", "red apple", model, "--seed=1", "--json", "--out=" + image)
                .succeeded()
                .json();
        assertThat(fastest).startsWith(tuned.path("decoder").stringValue());
        if (fastest.contains("window=")) {
            assertThat(fastest).contains("window=" + tuned.path("window").asInt());
        }
        var chosen = Cli.run("generate", "red apple", model, "--seed=1", "--json", "--window=5", "--out=" + image)
                .succeeded()
                .json();
        assertThat(chosen.path("window").asInt()).isEqualTo(5);
        Cli.run("tune", "--forget").succeeded();
        var plain = Cli.run("generate", "red apple", model, "--seed=1", "--json", "--out=" + image)
                .succeeded()
                .json();
        assertThat(plain.path("decoder").stringValue()).isEqualTo("sjd-exact");
    }

    @Test
    void generatesSheets() throws IOException {
        Path named = directory.resolve("named.png");
        Path hidden = directory.resolve("hidden.png");
        Cli.run("sheet", model, prompts, "--out=" + named, "--hidden=" + hidden, "--columns=2")
                .succeeded();
        var sheet = ImageIO.read(named.toFile());
        var numbers = ImageIO.read(hidden.toFile());
        int images = TinyCheckpoint.IMAGE_SIZE;
        assertThat(sheet.getWidth()).isEqualTo(numbers.getWidth()).isGreaterThan(2 * images);
        assertThat(sheet.getRGB(6, 6, images, images, null, 0, images))
                .isEqualTo(numbers.getRGB(6, 6, images, images, null, 0, images));
        assertThat(Files.readAllBytes(named)).isNotEqualTo(Files.readAllBytes(hidden));

        Cli.run("sheet", model, prompts, "--out=sheet.jpg").refused("is no .png file");
        Cli.run("sheet", model, prompts, "--out=" + named, "--columns=0").refused("1 or more");
    }

    @Test
    void mistakesAreOneLine() {
        Cli.run("compare", " ", model).refused("a prompt is empty");
        Cli.run("compare", "red", model, "--decoders=sjd,fast").refused("there is no decoder 'fast'", "sjd-exact");
        Cli.run("compare", "red", model, "--decoders=sjd:window=0").refused("window is 0, expected at least 1");
        Cli.run("compare", "red", model, "--seeds=9..1").refused("write a number such as 7 or a range");
        Cli.run("compare", "red", model, "--temperature=0").refused("temperature is 0");
        Cli.run("compare", "red", model, "--report=" + directory).refused("is a directory");
        Cli.run("compare", "red", model, "--report=" + directory.resolve("none/r.html"))
                .refused("there is no directory");
        Cli.run("sheet", model, "--out=sheet.png", "--prompts=" + directory.resolve("none.txt"))
                .refused("there is no file");
        Cli.run("sheet", model, "--out=sheet.png", prompts, "--limit=0").refused("1 or more");
    }
}
