package org.sjd4j.spark.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import javax.imageio.ImageIO;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.sql.Row;
import org.assertj.core.data.Offset;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.cli.CommandRunner;
import org.sjd4j.metrics.ClipScore;
import org.sjd4j.metrics.FrechetDistance;
import org.sjd4j.metrics.StreamingStatistics;
import org.sjd4j.metrics.TextImageMetric;
import org.sjd4j.metrics.scorer.Scorer;
import org.sjd4j.spark.TestCluster;
import org.sjd4j.spark.cluster.GatedFileSystem;
import org.sjd4j.spark.cluster.JobLock;
import org.sjd4j.spark.table.Captions;
import org.sjd4j.spark.table.ImageTableRow;
import tools.jackson.databind.json.JsonMapper;

/** Captions become the images of the command line on two real executors, whatever happens to these. */
class GenerateJobTest {
    private static final List<String> CAPTIONS = List.of(
            "red apple, noto style",
            "octopus, twemoji style, on a yellow background",
            "bus, noto style",
            "\"quoted\", überall",
            "rocket, noto style",
            "pizza, noto style");

    /** Few steps, so that the tests take seconds. */
    private static final List<String> GENERATION =
            List.of("--decoder", "jacobi", "--window", "64", "--dtype", "float32");

    @TempDir
    private static Path directory;

    private static TestCluster cluster;
    private static Map<String, byte[]> reference;

    @BeforeAll
    static void start() throws IOException {
        cluster = TestCluster.start(directory);
        var lines = new StringBuilder("caption,name\n");
        for (int i = 0; i < CAPTIONS.size(); i++) {
            lines.append('"')
                    .append(CAPTIONS.get(i).replace("\"", "\"\""))
                    .append("\",r")
                    .append(i)
                    .append('\n');
        }
        lines.append(",empty\n");
        Files.writeString(directory.resolve("captions.csv"), lines);
        run("reference", "--rows-per-task", "2").succeeded();
        reference = images("reference");
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    private static TestCluster.Result run(String out, String... more) {
        return runAt(directory.resolve(out).toString(), more);
    }

    private static TestCluster.Result run(Path out, String... more) {
        return runAt(out.toString(), more);
    }

    private static TestCluster.Result runAt(String out, String... more) {
        var arguments = new ArrayList<>(List.of(
                "generate",
                "--captions",
                directory.resolve("captions.csv").toString(),
                "--id-column",
                "name",
                "--seed",
                "7",
                "--out",
                out));
        arguments.addAll(GENERATION);
        arguments.addAll(List.of(more));
        return TestCluster.run(arguments.toArray(String[]::new));
    }

    private static List<Row> rows(String out) {
        return cluster.session()
                .read()
                .parquet(directory.resolve(out).resolve("rows").toString())
                .orderBy(Captions.ID)
                .collectAsList();
    }

    private static Map<String, byte[]> images(String out) {
        var images = new TreeMap<String, byte[]>();
        for (Row row : rows(out)) {
            if (!row.isNullAt(row.fieldIndex(ImageTableRow.PNG))) {
                images.put(row.getString(row.fieldIndex(Captions.ID)), row.getAs(ImageTableRow.PNG));
            }
        }
        return images;
    }

    @Test
    void imagesAreThoseOfTheCommandLineByteForByte() throws IOException {
        assertThat(reference).hasSize(CAPTIONS.size());
        for (Row row : rows("reference")) {
            String id = row.getAs(Captions.ID);
            byte[] generated = reference.get(id);
            if (generated != null) {
                Path file = directory.resolve("cli-" + id + ".png");
                var arguments = new ArrayList<>(List.of(
                        "generate",
                        row.<String>getAs(Captions.CAPTION),
                        "--seed",
                        row.<Long>getAs("seed").toString(),
                        "--out",
                        file.toString()));
                arguments.addAll(GENERATION);
                CommandRunner.run(arguments.toArray(String[]::new));
                assertThat(generated).as(id).isEqualTo(Files.readAllBytes(file));
            }
        }
    }

    @Test
    void aCaptionThatCannotBeGeneratedLeavesAnErrorInItsRow() {
        var failed = rows("reference").stream()
                .filter(row -> row.getAs(ImageTableRow.ERROR) != null)
                .toList();
        assertThat(failed).hasSize(1);
        assertThat(failed.getFirst().<String>getAs(Captions.ID)).isEqualTo("empty");
        assertThat(failed.getFirst().<String>getAs(ImageTableRow.ERROR)).isEqualTo("the caption is empty");
    }

    @Test
    void anExecutorThatIsKilledInTheMiddleChangesNothing() throws Exception {
        Path out = directory.resolve("killed");
        String gated = GatedFileSystem.SCHEME + ":" + out;
        var job = CompletableFuture.supplyAsync(() -> runAt(gated, "--rows-per-task", "1"));
        while (finished(out.resolve("rows")) == 0 && !job.isDone()) {
            Thread.sleep(10);
        }
        assertThat(finished(out.resolve("rows")))
                .as("one of each executor at most")
                .isBetween(1, 2);
        assertThat(job).isNotDone();
        TestCluster.executors().getFirst().destroyForcibly();
        Files.createFile(TestCluster.gate(directory));
        job.get().succeeded();
        assertThat(images("killed")).containsExactlyEntriesOf(reference);
        assertThat(rows("killed")).hasSize(CAPTIONS.size() + 1);
    }

    private static int finished(Path rows) {
        try (var files = Files.list(rows)) {
            return Math.toIntExact(
                    files.filter(file -> file.toString().endsWith(".parquet")).count());
        } catch (IOException e) {
            return 0; // not there yet
        }
    }

    @Test
    void aJobGoesOnWithTheRowsThatAreMissing() throws IOException {
        Path table = directory.resolve("resumed").resolve("rows");
        copy(directory.resolve("reference"), directory.resolve("resumed"));
        var whole = files(table);
        run("resumed", "--rows-per-task", "2").succeeded();
        assertThat(files(table)).isEqualTo(whole); // nothing was missing
        Files.delete(table.resolve(whole.getFirst()));
        run("resumed", "--rows-per-task", "2").succeeded();
        assertThat(files(table)).containsAll(whole.subList(1, whole.size()));
        assertThat(images("resumed")).containsExactlyEntriesOf(reference);
        assertThat(rows("resumed")).hasSize(CAPTIONS.size() + 1);
    }

    private static List<String> files(Path table) throws IOException {
        try (var files = Files.list(table)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".parquet") && !name.startsWith("."))
                    .sorted()
                    .toList();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            files.filter(file -> !file.toString().endsWith(".crc")).forEach(file -> {
                try {
                    Files.copy(file, to.resolve(from.relativize(file)));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    @Test
    void aCaptionThatChangedIsNoRowThatIsFinished() throws IOException {
        Path captions = directory.resolve("captions.csv");
        String whole = Files.readString(captions);
        try {
            Files.writeString(captions, whole.replace(",empty\n", "A caption,empty\n"));
            run("reference", "--rows-per-task", "2")
                    .refused("row 'empty' was generated as", "its caption is now 'A caption'");
        } finally {
            Files.writeString(captions, whole);
        }
    }

    @Test
    void aDirectoryThatAnotherDriverUsesIsLeftAlone() throws IOException {
        var files = FileSystem.getLocal(cluster.session().sparkContext().hadoopConfiguration());
        try (var _ = JobLock.take(
                files,
                new org.apache.hadoop.fs.Path(directory.resolve("reference").toString()))) {
            run("reference", "--rows-per-task", "2").refused("is in use by another job");
        }
        Path left =
                Files.writeString(directory.resolve("reference").resolve(JobLock.FILE), "of a driver that was killed");
        Files.setLastModifiedTime(left, FileTime.from(Instant.now().plusSeconds(3600)));
        run("reference", "--rows-per-task", "2").refused("is in use by another job", "try again in");
        Files.setLastModifiedTime(left, FileTime.from(Instant.now().minusSeconds(150)));
        run("reference", "--rows-per-task", "2").succeeded();
        assertThat(left).doesNotExist();
    }

    @Test
    void imagesGoIntoAFolderIfAsked() throws IOException {
        Path here = Path.of("").toAbsolutePath(); // which is another place to executors
        run(here.relativize(directory.toAbsolutePath()).resolve("folder"), "--out-format", "png")
                .succeeded();
        TestCluster.run("evaluate", "--images", directory.resolve("folder").toString())
                .succeeded();
        var files = new TreeMap<String, byte[]>();
        try (var images = Files.list(directory.resolve("folder").resolve(ImageFolder.NAME))) {
            for (Path image :
                    images.filter(file -> file.toString().endsWith(".png")).toList()) {
                files.put(image.getFileName().toString().replace(".png", ""), Files.readAllBytes(image));
            }
        }
        assertThat(files).containsExactlyEntriesOf(reference);
        assertThat(rows("folder").getFirst().<String>getAs(ImageTableRow.FILE)).isNull(); // the empty caption's
        assertThat(rows("folder").get(1).<String>getAs(ImageTableRow.FILE)).isEqualTo("images/r0.png");
    }

    @Test
    void imagesAreMeasuredOverTheClusterAsInOneProcess() {
        var figures = JsonMapper.shared()
                .readTree(TestCluster.run(
                                "evaluate",
                                "--images",
                                directory.resolve("reference").toString())
                        .succeeded()
                        .out());
        int measured = 0;
        float[] cosines = new float[reference.size()];
        try (var scorer = Scorer.open(BundledModel.scorer())) {
            var all = new StreamingStatistics(scorer);
            for (Row row : rows("reference")) {
                byte[] png = row.getAs(ImageTableRow.PNG);
                if (png != null) {
                    var image = read(png);
                    all.add(scorer.features(image));
                    cosines[measured++] =
                            TextImageMetric.cosine(scorer.image(image), scorer.text(row.getAs(Captions.CAPTION)));
                }
            }
            var distance = FrechetDistance.between(all.statistics(), scorer.reference(BundledModel.scorer()));
            assertThat(figures.get("images").asInt()).isEqualTo(CAPTIONS.size());
            assertThat(figures.get("scorer_score").asDouble())
                    .isCloseTo(ClipScore.CLAMPED_PAIRS.of(cosines, scorer.scale()), Offset.offset(1e-4));
            assertThat(figures.get("scorer_distance").asDouble())
                    .isCloseTo(distance.distance(), Percentage.withPercentage(0.01));
        }
    }

    private static BufferedImage read(byte[] png) {
        try {
            return ImageIO.read(new ByteArrayInputStream(png));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void anotherJobInTheDirectoryIsRefused() {
        run("reference", "--temperature", "0.7").refused("holds another job", "temperature: 0.5 -> 0.7");
    }
}
