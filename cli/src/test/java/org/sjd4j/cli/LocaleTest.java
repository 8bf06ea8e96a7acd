package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.sjd4j.OddLocales;
import org.sjd4j.api.TinyCheckpoint;

/** The same files, names, fingerprints and digits under every locale. */
class LocaleTest {
    private static final List<Locale> LOCALES = OddLocales.ALL;
    private static final Pattern FOREIGN_DIGITS = Pattern.compile("[\\p{Nd}&&[^0-9]]");

    /** What differs between two runs of the same command, under any locale. */
    private static final Pattern CLOCK = Pattern.compile("\"seconds\":\\{[^}]*}|\"peak_memory_bytes\":\\w+");

    @TempDir
    private static Path shared;

    @TempDir
    private Path directory;

    private static String tiny = "";

    @BeforeAll
    static void write() {
        OddLocales.requireOdd();
        tiny = "--model=" + TinyCheckpoint.write(shared.resolve("tiny"));
    }

    private static Cli.Result under(Locale locale, List<String> command) {
        var result = OddLocales.under(locale, () -> Cli.run(command));
        assertThat(result.out() + result.err()).doesNotContainPattern(FOREIGN_DIGITS);
        return result;
    }

    private static List<String> names(Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            return paths.map(path -> root.relativize(path).toString()).sorted().toList();
        }
    }

    private static String lines(Path evaluation) throws IOException {
        return CLOCK.matcher(Files.readString(evaluation.resolve("images.jsonl")))
                .replaceAll("");
    }

    @ParameterizedTest
    @FieldSource("LOCALES")
    void theSameImageIsGenerated(Locale locale) throws IOException {
        Path image = directory.resolve("image.png");
        var command = List.of("generate", "RED I apple, NOTO STYLE", tiny, "--seed=48", "--out=" + image);
        Cli.run(command).succeeded();
        byte[] expected = Files.readAllBytes(image);
        String shown = Cli.run("show", image.toString()).succeeded().out();
        under(locale, command).succeeded();
        assertThat(image).hasBinaryContent(expected);
        assertThat(under(locale, List.of("show", image.toString())).out()).isEqualTo(shown);
    }

    @ParameterizedTest
    @FieldSource("LOCALES")
    void anEvaluationHasTheSameFiles(Locale locale) throws IOException {
        Path prompts = Files.writeString(directory.resolve("prompts.txt"), "RED I apple\ngreen pear\n");
        var command = new ArrayList<>(List.of(
                "evaluate", tiny, "--prompts=" + prompts, "--decoders=sjd,sjd-exact:window=3", "--scorer=none"));
        Path expected = directory.resolve("expected");
        Path found = directory.resolve("found");
        Cli.run(command, "--out=" + expected).succeeded();
        command.add("--out=" + found);
        under(locale, command).succeeded();
        assertThat(names(found)).isEqualTo(names(expected)).contains("images/ar/00001-0.png", "report.html");
        assertThat(lines(found)).isEqualTo(lines(expected));
        assertThat(Files.readString(found.resolve("report.html"))).doesNotContainPattern(FOREIGN_DIGITS);
    }

    @ParameterizedTest
    @FieldSource("LOCALES")
    void whatIsPrintedHasAsciiDigits(Locale locale) {
        for (String command : List.of(
                "--help",
                "generate",
                "generate red --seed 7 8 --window",
                "generate red --window 1,5",
                "generate red --window ۷ --out " + directory.resolve("seven.png"),
                "models",
                "models inspect " + shared.resolve("tiny"),
                "compare red --seeds 1..2 --decoders sjd " + tiny,
                "doctor")) {
            var result = OddLocales.under(locale, () -> Cli.run(command.split(" ")));
            assertThat(result.out() + result.err().replace("۷", ""))
                    .as(command)
                    .isNotBlank()
                    .doesNotContainPattern(FOREIGN_DIGITS)
                    .doesNotContainPattern("\\d,\\d+ ");
        }
    }
}
