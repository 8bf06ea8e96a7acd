package org.sjd4j.spark.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CaptionsTest {
    private static final String AWKWARD = "a \"red\" bus, wet";

    @TempDir
    private static Path directory;

    private static SparkSession session;

    @BeforeAll
    static void start() throws IOException {
        session = SparkSession.builder()
                .master("local[1]")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.shuffle.partitions", "1")
                .getOrCreate();
        Files.writeString(
                directory.resolve("table.csv"),
                "n,text\n1,bus\n2,\"a \"\"red\"\" bus, wet\"\n3,bus\n4,\"two\nlines\"\n5,\n");
        Files.writeString(
                directory.resolve("table.jsonl"),
                "{\"n\":1,\"text\":\"bus\"}\n{\"n\":2,\"text\":\"a \\\"red\\\" bus, wet\"}\n"
                        + "{\"n\":3,\"text\":\"bus\"}\n{\"n\":4,\"text\":\"two\\nlines\"}\n{\"n\":5,\"text\":null}\n");
        session.read()
                .json(directory.resolve("table.jsonl").toString())
                .write()
                .parquet(directory.resolve("table").toString());
    }

    @AfterAll
    static void stop() {
        session.stop();
    }

    private static List<String> read(String file, String... more) {
        var arguments = new ArrayList<>(List.of("--captions=" + directory.resolve(file), "--caption-column=text"));
        arguments.addAll(List.of(more));
        return CommandLine.populateCommand(new Captions(), arguments.toArray(String[]::new))
                .read(session)
                .orderBy(Captions.ID)
                .collectAsList()
                .stream()
                .map(Object::toString)
                .toList();
    }

    @Test
    void everyFormatGivesTheSameRows() {
        var rows = read("table.csv", "--id-column=n");
        assertThat(rows).containsExactly("[1,bus]", "[2," + AWKWARD + "]", "[3,bus]", "[4,two\nlines]", "[5,null]");
        assertThat(read("table.jsonl", "--id-column=n")).isEqualTo(rows);
        assertThat(read("table", "--id-column=n")).isEqualTo(rows);
    }

    @Test
    void aByteOrderMarkIsNoPartOfATable() throws IOException {
        for (String name : List.of("table.csv", "table.jsonl")) {
            String text = Files.readString(directory.resolve(name));
            Files.writeString(directory.resolve("marked-" + name), "\uFEFF" + text);
            assertThat(read("marked-" + name, "--id-column=n")).as(name).isEqualTo(read(name, "--id-column=n"));
        }
    }

    /** The names of rows are part of what seeds mean: others would be other images. */
    @Test
    void aCaptionWithoutANameIsNamedByItsHashAndWhichOfItsRepetitionsItIs() {
        var rows = read("table.csv");
        assertThat(rows).isEqualTo(read("table")).hasSize(5);
        assertThat(rows).contains("[04e027e4990a203f-1,bus]", "[04e027e4990a203f-2,bus]", "[e3b0c44298fc1c14-1,null]");
    }
}
