package org.sjd4j.spark.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.metrics.clip.ClipPreprocessing;

/** Images that cannot be read are counted, and the first of them is named; there are no networks here. */
class MetricRunTest {
    private static final byte[] WEBP = "RIFF\0\0\0\0WEBPVP8 ".getBytes(StandardCharsets.ISO_8859_1);

    private static SparkSession spark;

    @TempDir
    private Path directory;

    @BeforeAll
    static void begin() { // networks are kept per executor, so there has to be one
        spark = SparkSession.builder()
                .master("local[1]")
                .config("spark.ui.enabled", "false")
                .getOrCreate();
    }

    @AfterAll
    static void end() {
        spark.stop();
    }

    @Test
    void imagesInRowsAndFilesAreRead() throws IOException {
        byte[] png = Files.readAllBytes(Fixtures.folder().resolve("images/png-rgb8.png"));
        Files.write(directory.resolve("a.png"), png);
        var result = metric(row("inside", png, null), row("beside", null, "a.png"));
        assertThat(result.images()).isEqualTo(2);
        assertThat(result.unreadableCount()).isZero();
    }

    @Test
    void aBrokenImageIsCountedAndNamed() throws IOException {
        Files.write(directory.resolve("a.png"), WEBP);
        String problem =
                " should be an image (PNG, JPEG, GIF, BMP or TIFF), but is a WebP image: convert it to PNG or JPEG";
        assertProblem(row("inside", WEBP, null), "row 'inside': its image" + problem);
        assertProblem(row("beside", null, "a.png"), "row 'beside': " + directory.resolve("a.png") + problem);
        assertProblem(row("gone", null, "none.png"), "row 'gone': ");
        assertProblem(row("neither", null, null), "row 'neither': ");
    }

    private void assertProblem(Row row, String expected) {
        var result = metric(row);
        assertThat(result.unreadableCount()).isEqualTo(1);
        assertThat(result.images()).isZero();
        assertThat(result.problem()).startsWith(expected);
    }

    private MetricSums metric(Row... rows) {
        var plan = new MetricPlan(null, ClipPreprocessing.Variant.HUGGING_FACE, null, null, "none");
        var measuring = new MetricRun(
                plan, directory.toString(), new SerializableConfiguration(new Configuration()), new LongAccumulator());
        return measuring.call(List.of(rows).iterator()).next();
    }

    private static Row row(String id, byte @Nullable [] image, @Nullable String file) {
        return RowFactory.create(id, "a caption", image, file);
    }
}
