package org.sjd4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user does wrong is told in one line, before anything is generated. */
class BadInputTest {
    @TempDir
    private static Path directory;

    private static SparkSession session;

    @BeforeAll
    static void start() throws IOException {
        session = SparkSession.builder()
                .master("local[1]")
                .config("spark.ui.enabled", "false")
                .config("spark.scheduler.maxRegisteredResourcesWaitingTime", "1s")
                .config("spark.sql.shuffle.partitions", "1")
                .getOrCreate();
        write("good.csv", "caption\nbus\n");
        write("repeated.csv", "name,caption\na,bus\na,apple\n");
        write("unnamed.csv", "name,caption\n,bus\nb,apple\n");
        write("slash.csv", "name,caption\na/b,bus\n");
        write("broken.jsonl", "{\"caption\": \"bus\"}\n{\"capt\n");
    }

    @AfterAll
    static void stop() {
        session.stop();
    }

    private static void write(String name, String text) throws IOException {
        Files.writeString(directory.resolve(name), text);
    }

    private static TestCluster.Result generate(String captions, String... more) {
        String[] arguments = new String[more.length + 5];
        arguments[0] = "generate";
        arguments[1] = "--captions";
        arguments[2] = directory.resolve(captions).toString();
        arguments[3] = "--out";
        arguments[4] = directory.resolve("out").toString();
        System.arraycopy(more, 0, arguments, 5, more.length);
        return TestCluster.run(arguments);
    }

    @Test
    void aMissingColumnIsNamedWithThoseThatAreThere() {
        generate("repeated.csv", "--caption-column", "text").refused("has no column 'text' but name, caption");
    }

    @Test
    void namesMustBeThereAndDiffer() {
        generate("repeated.csv", "--id-column", "name").refused("1 different names for 2 rows");
        generate("unnamed.csv", "--id-column", "name").refused("'name' is empty in 1 of 2 rows");
        generate("slash.csv", "--id-column", "name", "--out-format", "png").refused("'a/b' cannot name a file");
    }

    @Test
    void captionsThatCannotBeReadAreTold() {
        generate("nothing.csv").refused("--captions", "nothing.csv");
        generate("broken.jsonl").refused("broken.jsonl", "end-of-input");
        generate("good.csv", "--captions-format", "xml").refused("'xml', expected parquet, csv or json");
    }

    @Test
    void aDirectoryWithOtherFilesIsLeftAlone() throws IOException {
        Files.createDirectories(directory.resolve("out2"));
        write("out2/letter.txt", "mine");
        TestCluster.run(
                        "generate",
                        "--captions",
                        directory.resolve("good.csv").toString(),
                        "--out",
                        directory.resolve("out2").toString())
                .refused("holds other files");
    }

    @Test
    void modelsAndSettingsAreCheckedAtTheDriver() {
        generate("good.csv", "--model", "nowhere").refused("there is no model 'nowhere'");
        generate("good.csv", "--size", "7x7").refused("--size 7x7", "128x128");
        generate("good.csv", "--rows-per-task", "0").refused("--rows-per-task is 0");
        generate("good.csv", "--decoder", "fast").refused("fast");
    }

    @Test
    void workersNeedExecutorsOfTheirOwn() {
        TestCluster.run("train", "--workers", "2", "model").refused("--workers is 2, but the cluster has room for 1");
    }

    @Test
    void fidComparesWithStatisticsThatAreNamed() {
        String there = directory.toString();
        TestCluster.run("evaluate", "--images", there, "--inception", there)
                .refused("--inception: FID compares with --reference");
        TestCluster.run("evaluate", "--images", there, "--inception", there, "--reference", there)
                .refused("is a folder", "a file of statistics");
        TestCluster.run("evaluate", "--images", there, "--clip-score", "best").refused("--clip-score", "best");
    }

    @Test
    void formerNamesOfOptionsAreStillRead() {
        String there = directory.toString();
        TestCluster.run("evaluate", "--pictures", there, "--inception", there)
                .refused("--inception: FID compares with --reference");
        assertThat(TestCluster.run("evaluate", "--help").out())
                .contains("--images")
                .doesNotContain("--pictures");
    }
}
