package org.sjd4j.bundled;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.api.BatchLimits;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.GenerationSource;
import org.sjd4j.api.GenerationTask;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Sampling;

/** Images that share forward passes are the images that are generated alone. */
class SharedPassesTest {
    private static final List<String> PROMPTS =
            List.of("red apple, noto style", "octopus, twemoji style, on a yellow background", "bus, emojione style");

    private static TextToImage model;

    @BeforeAll
    static void load() {
        model = TextToImage.open(BundledModel.directory(), "cpu");
    }

    @AfterAll
    static void free() {
        model.close();
    }

    /** An image that arrives after so many calls of the source, and is cancelled after so many steps. */
    private static final class Task implements GenerationTask {
        private final Request request;
        private final int arrival;
        private final int patience;
        private boolean started;
        private int steps;
        private @Nullable GeneratedImage image;
        private @Nullable Throwable failure;
        private boolean left;

        Task(Request request, int arrival, int patience) {
            this.request = request;
            this.arrival = arrival;
            this.patience = patience;
        }

        GeneratedImage image() {
            return Objects.requireNonNull(image, "no image");
        }

        @Override
        public Request request() {
            return request;
        }

        @Override
        public boolean cancelled() {
            return steps >= patience;
        }

        @Override
        public void started() {
            started = true;
        }

        @Override
        public void stepped(int step, int accepted, int all, Preview preview) {
            assertThat(step).isEqualTo(++steps);
            if (step == 10) {
                assertThat(preview.image().getWidth()).isEqualTo(model.size().width());
            }
        }

        @Override
        public void finished(GeneratedImage finished) {
            image = finished;
        }

        @Override
        public void failed(Throwable reason) {
            failure = reason;
        }

        @Override
        public void left() {
            left = true;
        }
    }

    private static void generate(List<Task> tasks, BatchLimits limits) {
        var waiting = new ArrayDeque<>(tasks);
        model.generateTogether(
                new GenerationSource() {
                    private int calls;

                    @Override
                    public Optional<GenerationTask> next(boolean idle) {
                        calls++;
                        boolean now = !waiting.isEmpty() && (idle || waiting.peek().arrival <= calls);
                        return now ? Optional.of(waiting.pop()) : Optional.empty();
                    }

                    @Override
                    public boolean ended() {
                        return waiting.isEmpty();
                    }
                },
                limits);
    }

    private static Request request(Random random, String decoder) {
        var sampling = model.defaults().sampling();
        double[] guidance = {1, sampling.guidanceScale(), 3};
        int[] guided = {DecoderSettings.ALL, 4};
        return new Request(
                PROMPTS.get(random.nextInt(PROMPTS.size())),
                random.nextInt(1000),
                Decoders.named(decoder),
                model.defaults()
                        .settings()
                        .withWindow(1 + random.nextInt(24))
                        .withGuidedRows(guided[random.nextInt(2)]),
                new Sampling(guidance[random.nextInt(3)], sampling.temperature(), sampling.topK(), sampling.topP()));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void isTheSameAloneAndInAnyBatch(long seed) {
        var random = new Random(seed);
        var decoders = List.of("ar", "sjd-exact", "sjd2-exact");
        var tasks = new ArrayList<Task>();
        int arrival = 0;
        for (int i = 0; i < 8; i++) {
            arrival += random.nextInt(12);
            int patience = i == 3 || i == 5 ? random.nextInt(40) : Integer.MAX_VALUE;
            tasks.add(new Task(request(random, decoders.get(i % 3)), arrival, patience));
        }
        generate(tasks, new BatchLimits(4, 48));
        for (Task task : tasks) {
            assertThat(task.failure).isNull();
            if (task.patience < Integer.MAX_VALUE) {
                assertThat(task.left).isTrue();
                assertThat(task.steps).isEqualTo(task.patience);
            } else {
                var alone = model.generate(task.request);
                assertThat(task.image().tokens())
                        .as("seed %d, %s", seed, task.request)
                        .isEqualTo(alone.tokens());
                assertThat(task.steps).isEqualTo(task.image().statistics().steps());
            }
        }
    }

    @Test
    void freesWhatItTook() {
        var random = new Random(3);
        generate(List.of(new Task(request(random, "sjd2-exact"), 0, Integer.MAX_VALUE)), new BatchLimits(2, 32));
        long before = Pointer.totalCount();
        for (int round = 0; round < 3; round++) {
            generate(
                    List.of(
                            new Task(request(random, "sjd-exact"), 0, Integer.MAX_VALUE),
                            new Task(request(random, "sjd2-exact"), 0, 5)),
                    new BatchLimits(2, 32));
        }
        assertThat(Pointer.totalCount()).isEqualTo(before);
    }

    /** An image that cannot be generated fails alone, and at once. */
    @Test
    void brokenOnesDoNotDisturbTheOthers() {
        var random = new Random(4);
        var good = new Task(request(random, "sjd-exact"), 0, Integer.MAX_VALUE);
        var other = new Task(
                new Request(
                        "red apple",
                        "",
                        1,
                        Decoders.SJD_EXACT,
                        good.request.settings(),
                        Sampling.PLAIN,
                        new org.sjd4j.family.ImageSize(1, 1)),
                0,
                Integer.MAX_VALUE);
        generate(List.of(other, good), new BatchLimits(2, 32));
        assertThat(other.started).isTrue();
        assertThat(other.failure).isInstanceOf(IllegalArgumentException.class);
        assertThat(good.image().tokens()).isEqualTo(model.generate(good.request).tokens());
    }
}
