package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.api.TinyCheckpoint;

/** Fifty prompts in a process that is killed five times. */
class KilledEvaluationTest {
    private static final int PROMPTS = 50;
    private static final int KILLS = 5;
    private static final List<String> DECODERS = List.of("ar", "sjd-exact");
    private static final List<String> IMAGES = IntStream.range(0, PROMPTS)
            .boxed()
            .flatMap(prompt -> DECODERS.stream()
                    .map(decoder -> String.format(Locale.ROOT, "images/%s/%05d-0.png", decoder, prompt)))
            .toList();

    @TempDir
    private Path directory;

    /**
     * The points are counts of events, not times, so that every process generates something. A gate lets each process begin few images more
     * than it takes to reach its point, so that none comes to its end.
     */
    @Test
    void whatIsKilledEndsAsIfNothingHadHappened() throws IOException, InterruptedException {
        long seed = System.nanoTime();
        System.out.println("KilledEvaluationTest seed " + seed);
        var random = new SplittableRandom(seed);
        TinyCheckpoint.write(directory.resolve("tiny"));
        Files.write(
                directory.resolve("prompts.txt"),
                IntStream.range(0, PROMPTS).mapToObj(i -> "apple " + i).toList());
        Path killed = directory.resolve("killed");
        int apart = 2 * IMAGES.size() * 3 / 4 / KILLS; // the last quarter is undisturbed
        for (int kill = 0; kill < KILLS; kill++) {
            long point = kill * apart + random.nextLong(1, apart + 1);
            int most = (kill + 1) * apart / 2 + 2; // two events each
            killAt(Math.max(point, events(killed) + 1), most, killed);
        }
        Path undisturbed = directory.resolve("undisturbed");
        Cli.run(command(killed)).succeeded();
        Cli.run(command(undisturbed)).succeeded();
        assertThat(lines(killed)).hasSize(IMAGES.size()).isEqualTo(lines(undisturbed));
        for (String image : IMAGES) {
            assertThat(killed.resolve(image)).hasSameBinaryContentAs(undisturbed.resolve(image));
        }
    }

    private List<String> command(Path out) {
        return List.of(
                "evaluate",
                "--out=" + out,
                "--model=" + directory.resolve("tiny"),
                "--prompts=" + directory.resolve("prompts.txt"),
                "--decoders=" + String.join(",", DECODERS));
    }

    /** Starts or goes on with so many images at most, and kills the process as soon as so many events have happened. */
    private void killAt(long point, int most, Path out) throws IOException, InterruptedException {
        Path log = directory.resolve("log");
        var gate = new GatedMain.Gate(directory.resolve("gate"));
        gate.open(DECODERS.size() + most - lineCount(out)); // each decoder warms up
        var process =
                Cli.process(gate, command(out)).redirectOutput(log.toFile()).start();
        try {
            while (events(out) < point) {
                assertThat(process.isAlive()).as(() -> read(log)).isTrue();
                Thread.sleep(1);
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThat(process.exitValue()).as(() -> read(log)).isNotZero();
    }

    /** How often something has happened in a directory: an image appears, and then its line. */
    private static long events(Path out) {
        long generated = IMAGES.stream()
                .filter(image -> Files.exists(out.resolve(image)))
                .count();
        return generated + lineCount(out);
    }

    private static int lineCount(Path out) {
        Path lines = out.resolve("images.jsonl");
        return Files.exists(lines) ? Math.toIntExact(read(lines).lines().count()) : 0;
    }

    /** The lines without what every run measures anew. */
    private static List<String> lines(Path out) {
        return read(out.resolve("images.jsonl"))
                .lines()
                .map(line -> line.replaceFirst("\"seconds\":\\{[^}]*},\"peak_memory_bytes\":\\w+", ""))
                .toList();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
