package org.sjd4j.evaluation.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.Request;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.StepObserver;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.FakeModel;
import org.sjd4j.tensor.Precision;

class EvaluationTest {
    @TempDir
    private Path directory;

    /** The process died. */
    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** Generates, and dies in the middle of some image. */
    private static final class Mortal implements Evaluation.Generator {
        private final FakeModel model = new FakeModel();
        private final int lives;

        Mortal(int lives) {
            this.lives = lives;
        }

        @Override
        public GeneratedImage generate(Request request, StepObserver observer) {
            if (model.requests.size() == lives) {
                throw new Killed();
            }
            observer.afterStep(1, 3, new int[] {1, 2, 3, 4, 5});
            return model.apply(request);
        }

        @Override
        public Recipe recipe(Request request) {
            return new Recipe("fake", Precision.FLOAT32, request);
        }
    }

    private static EvaluationPlan plan(int prompts, int images) {
        var texts = IntStream.range(0, prompts)
                .mapToObj(i -> new Prompt("plum " + i))
                .toList();
        var choices = DecoderChoice.parse("jacobi,sjd2,sjd-exact:window=5", DecoderSettings.DEFAULT);
        return new EvaluationPlan(texts, images, 1, choices, Sampling.PLAIN);
    }

    private Evaluation open(String name, EvaluationPlan plan) {
        return Evaluation.open(directory.resolve(name), plan, new LinkedHashMap<>(Map.of("model", "fake")), false);
    }

    private List<String> lines(String name) throws IOException {
        return Files.readAllLines(directory.resolve(name).resolve("images.jsonl")).stream()
                .map(line -> line.replaceAll("\"seconds\":\\{[^}]*},\"peak_memory_bytes\":\\w+", ""))
                .toList();
    }

    @Test
    void everyImageOfEveryPromptHasASeedOfItsOwnAndDecodersShareIt() throws IOException {
        try (var evaluation = open("seeds", plan(3, 2))) {
            evaluation.generate(
                    new Mortal(Integer.MAX_VALUE),
                    (done, all, left) -> assertThat(done).isLessThanOrEqualTo(all));
            assertThat(evaluation.leftOut()).containsOnlyKeys("sjd2");
            assertThat(evaluation.complete()).isTrue();
            assertThat(evaluation.images().stream().map(ImageRecord::seed).distinct())
                    .containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
            assertThat(evaluation.images().stream().map(ImageRecord::decoder).limit(3))
                    .containsExactly("ar", "jacobi", "sjd-exact:window=5");
            for (var image : evaluation.images()) {
                assertThat(evaluation.file(image)).isRegularFile();
                assertThat(image.identicalToAr()).isEqualTo(!image.decoder().equals("jacobi"));
            }
        }
        assertThat(lines("seeds")).hasSize(18).allMatch(line -> !line.contains("seconds"));
    }

    /**
     * Fifty prompts, killed five times: in the middle of an image, of a line, or between an image and its line, and once
     * with an image lost.
     */
    @Test
    void whatIsKilledGoesOnAsIfNothingHadHappened() throws IOException {
        long seed = System.nanoTime();
        System.out.println("EvaluationTest seed " + seed);
        var random = new SplittableRandom(seed);
        var plan = plan(50, 1);
        try (var evaluation = open("undisturbed", plan)) {
            evaluation.generate(new Mortal(Integer.MAX_VALUE), (done, all, left) -> {});
        }
        for (int kill = 0; kill < 5; kill++) {
            int lives = random.nextInt(1, 39); // five times fewer than the 200 images
            try (var evaluation = open("killed", plan)) {
                assertThatThrownBy(() -> evaluation.generate(new Mortal(lives), (done, all, left) -> {}))
                        .isInstanceOf(Killed.class);
            }
            Path file = directory.resolve("killed/images.jsonl");
            if (Files.exists(file) && Files.size(file) > 0) {
                try (var torn = new RandomAccessFile(file.toFile(), "rw")) {
                    torn.setLength(torn.length() - random.nextInt(Math.toIntExact(Math.min(600, torn.length()))));
                }
                if (kill == 2) {
                    Files.deleteIfExists(directory.resolve("killed/images/ar/00000-0.png"));
                }
            }
        }
        try (var evaluation = open("killed", plan)) {
            evaluation.generate(new Mortal(Integer.MAX_VALUE), (done, all, left) -> {});
            assertThat(evaluation.complete()).isTrue();
            evaluation
                    .images()
                    .forEach(image -> assertThat(evaluation.file(image)).isRegularFile());
        }
        assertThat(lines("killed")).hasSize(150).isEqualTo(lines("undisturbed"));
    }

    /** Autoregression's tokens, which the other decoders are compared with, are in the file only. */
    @Test
    void aPromptGoesOnInTheMiddle() throws IOException {
        var plan = plan(2, 1);
        int warmUps = plan.choices().size();
        int generated = 1;
        try (var evaluation = open("middle", plan)) {
            assertThatThrownBy(() -> evaluation.generate(new Mortal(warmUps + generated), (done, all, left) -> {}))
                    .isInstanceOf(Killed.class);
            assertThat(evaluation.images()).hasSize(generated);
        }
        try (var evaluation = open("middle", plan)) {
            evaluation.generate(new Mortal(Integer.MAX_VALUE), (done, all, left) -> {});
            assertThat(evaluation.images().stream().map(ImageRecord::identicalToAr))
                    .containsExactly(true, false, true, true, false, true);
        }
        assertThat(lines("middle")).allMatch(line -> line.contains("\"token_ids\":["));
    }

    @Test
    void finishedImagesAreNotGeneratedAgain() {
        var plan = plan(4, 1);
        try (var evaluation = open("twice", plan)) {
            evaluation.generate(new Mortal(Integer.MAX_VALUE), (done, all, left) -> {});
        }
        try (var evaluation = open("twice", plan)) {
            assertThat(evaluation.complete()).isTrue();
            assertThat(evaluation.images()).hasSize(12);
        }
    }

    @Test
    void onlyAImageThatIsGoneIsGeneratedAgain() throws IOException {
        var plan = plan(4, 1);
        try (var evaluation = open("gone", plan)) {
            evaluation.generate(new Mortal(Integer.MAX_VALUE), (done, all, left) -> {});
        }
        var lines = Files.readAllLines(directory.resolve("gone/images.jsonl"));
        Path gone = directory.resolve("gone/images/jacobi/00001-0.png");
        byte[] before = Files.readAllBytes(gone);
        Files.delete(gone);
        try (var evaluation = open("gone", plan)) {
            assertThat(evaluation.complete()).isFalse();
            var mortal = new Mortal(Integer.MAX_VALUE);
            evaluation.generate(mortal, (done, all, left) -> {});
            assertThat(mortal.model.requests).hasSize(plan.choices().size() + 1);
            assertThat(evaluation.complete()).isTrue();
        }
        assertThat(gone).hasBinaryContent(before);
        assertThat(Files.readAllLines(directory.resolve("gone/images.jsonl"))).isEqualTo(lines);
    }

    /** Another evaluation is deleted when the new one can be generated, and not before. */
    @Test
    void nothingIsDeletedForAModelThatCannotGenerate() throws IOException {
        try (var evaluation = open("anew", plan(2, 1))) {
            evaluation.generate(new Mortal(Integer.MAX_VALUE), (done, all, left) -> {});
        }
        var lines = lines("anew");
        var identity = new LinkedHashMap<>(Map.of("model", "broken"));
        try (var evaluation = Evaluation.open(directory.resolve("anew"), plan(1, 1), identity, true)) {
            assertThat(evaluation.complete()).isFalse();
            assertThatThrownBy(() -> evaluation.generate(new Mortal(0), (done, all, left) -> {}))
                    .isInstanceOf(Killed.class);
        }
        assertThat(lines("anew")).isEqualTo(lines);
        try (var evaluation = open("anew", plan(2, 1))) {
            assertThat(evaluation.complete()).isTrue();
        }
        try (var evaluation = Evaluation.open(directory.resolve("anew"), plan(1, 1), identity, true)) {
            evaluation.generate(new Mortal(Integer.MAX_VALUE), (done, all, left) -> {});
            assertThat(evaluation.complete()).isTrue();
        }
        assertThat(lines("anew")).hasSize(3);
    }

    @Test
    void aLineThatLacksSomethingDoesNotCount() throws IOException {
        var plan = plan(2, 1);
        try (var evaluation = open("edited", plan)) {
            evaluation.generate(new Mortal(Integer.MAX_VALUE), (done, all, left) -> {});
        }
        Path file = directory.resolve("edited/images.jsonl");
        var lines = Files.readAllLines(file);
        String third = lines.get(2);
        for (String edited : List.of(
                "",
                "{}",
                "null",
                third.replaceFirst("\"prompt\":\"[^\"]*\",", ""),
                third.replaceFirst(",\"token_ids\":[^]]*]", ""),
                third.replaceFirst("\"token_ids\":\\[\\d+,", "\"token_ids\":["))) {
            lines.set(2, edited);
            Files.write(file, lines);
            try (var evaluation = open("edited", plan)) {
                assertThat(evaluation.images()).as(edited).hasSize(2);
            }
            assertThat(file).hasContent(String.join("\n", lines.subList(0, 2)));
        }
    }

    @Test
    void aDirectoryBelongsToOneEvaluationAndOneProcess() {
        try (var evaluation = open("mine", plan(2, 1))) {
            evaluation.generate(new Mortal(Integer.MAX_VALUE), (done, all, left) -> {});
            assertThatThrownBy(() -> open("mine", plan(2, 1)))
                    .isInstanceOf(EvaluationException.class)
                    .hasMessageContaining("in use by another evaluation");
        }
        assertThatThrownBy(() -> open("mine", plan(2, 2)))
                .isInstanceOf(EvaluationException.class)
                .hasMessageContaining("images_per_prompt: 1 -> 2")
                .hasMessageContaining("--force");
        try (var evaluation = open("mine", plan(2, 1))) {
            assertThat(evaluation.complete()).isTrue();
        }
    }
}
