package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sjd4j.pipeline.TinyCheckpoint;
import tools.jackson.databind.json.JsonMapper;

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
        assertThat(result.out()).contains("| ar ", "| sjd ", "| sjd-exact:window=3 ", "report: " + report);
        assertThat(Files.readString(report)).startsWith("<!DOCTYPE html>").contains("red apple", "sjd-exact:");
    }

    @Test
    void printsOneJsonObjectAndNothingElse() {
        var result = Cli.run(
                        "compare",
                        "red apple",
                        "a zebra",
                        model,
                        "--seeds=4",
                        "--decoders=sjd-exact,sjd2",
                        "--json",
                        "--tokens",
                        "--guidance-scale=1",
                        "--window=5")
                .succeeded();
        assertThat(result.err()).contains("never saw: a, zebra", "left out sjd2: ");
        var json = result.json();
        assertThat(json.path("runs")).hasSize(4);
        assertThat(json.at("/sampling/guidance_scale").doubleValue()).isEqualTo(1);
        assertThat(json.at("/decoders/1/window").intValue()).isEqualTo(5);
        assertThat(json.at("/decoders/1/identical_to_ar").doubleValue()).isEqualTo(1);
        assertThat(json.at("/runs/0/token_ids")).hasSize(TinyCheckpoint.GRID * TinyCheckpoint.GRID);
    }

    @ParameterizedTest
    @EnumSource(MeasureCommand.Kind.class)
    void measuresEverything(MeasureCommand.Kind kind) throws IOException {
        Path out = directory.resolve("measured/anew");
        var command = List.of("measure", kind.toString(), model, prompts, "--seeds=1..2", "--out=" + out);
        var decoders = kind == MeasureCommand.Kind.EXACTNESS ? "--decoders=sjd-exact:window=2" : "--decoders=sjd-exact";
        String printed = Cli.run(command, decoders, "--repetitions=1", "--generations=4", "--limit=3", "--sweeps=none")
                .succeeded()
                .out();
        assertThat(printed).startsWith("## " + kind).contains("| ", "model: tiny");
        assertThat(Files.readString(out.resolve(kind + ".md"))).isEqualTo(printed);
        var json = new JsonMapper().readTree(Files.readString(out.resolve(kind + ".json")));
        assertThat(json.propertyNames()).containsExactly("measurement", "conditions", "tables");
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
    }

    @Test
    void theBundledModelKnowsCaptionsApart() {
        var json = Cli.run("measure", "following", "--limit=8", "--json")
                .succeeded()
                .json();
        var trained = json.at("/tables/0/rows/1");
        assertThat(trained.path("count").intValue()).isEqualTo(8);
        assertThat(trained.path("first").doubleValue()).as("chance is 1/16").isGreaterThan(0.5);
        assertThat(trained.at("/gain/mean").doubleValue()).isPositive();
    }

    @Test
    void drawsSheets() throws IOException {
        Path named = directory.resolve("named.png");
        Path hidden = directory.resolve("hidden.png");
        Cli.run("sheet", model, prompts, "--out=" + named, "--hidden=" + hidden, "--columns=2")
                .succeeded();
        var sheet = ImageIO.read(named.toFile());
        var numbers = ImageIO.read(hidden.toFile());
        int pictures = TinyCheckpoint.IMAGE_SIZE;
        assertThat(sheet.getWidth()).isEqualTo(numbers.getWidth()).isGreaterThan(2 * pictures);
        assertThat(sheet.getRGB(6, 6, pictures, pictures, null, 0, pictures))
                .isEqualTo(numbers.getRGB(6, 6, pictures, pictures, null, 0, pictures));
        assertThat(Files.readAllBytes(named)).isNotEqualTo(Files.readAllBytes(hidden));

        Cli.run("sheet", model, prompts, "--out=sheet.jpg").refused("is no .png file");
        Cli.run("sheet", model, "--out=" + named).refused("--prompts is missing");
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
        Cli.run("measure", "steps", model, "--prompts=" + directory.resolve("none.txt"))
                .refused("cannot be read");
        Cli.run("measure", "beauty", model, prompts).refused("beauty");
        Cli.run("measure", "steps", model, prompts, "--sweeps=colour").refused("nothing called 'colour'", "window");
        Cli.run("measure", "steps", model, prompts, "--limit=0").refused("1 or more");
    }

    @Test
    void measureIsForThoseWhoKnow() {
        assertThat(Cli.run("--help").succeeded().out()).contains("compare").doesNotContain("measure");
    }
}
