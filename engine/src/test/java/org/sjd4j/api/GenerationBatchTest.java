package org.sjd4j.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.MemoryGuard;
import org.sjd4j.family.emu3.Emu3Description;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;

/** Images that share passes. */
class GenerationBatchTest {
    @TempDir
    private static Path directory;

    /** An image that somebody waits for. */
    private static class Task implements GenerationTask {
        private final Request request;
        private @Nullable GeneratedImage image;
        private @Nullable Throwable failure;
        private final int mostSteps;
        private int steps;
        private boolean left;

        Task(Request request) {
            this(request, Integer.MAX_VALUE);
        }

        /** Nobody waits any longer after some steps. */
        Task(Request request, int mostSteps) {
            this.request = request;
            this.mostSteps = mostSteps;
        }

        @Override
        public Request request() {
            return request;
        }

        @Override
        public boolean cancelled() {
            return steps >= mostSteps;
        }

        @Override
        public void started() {}

        @Override
        public void stepped(Progress progress) {
            steps++;
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

    private static void generate(TextToImage model, List<Task> tasks, BatchLimits limits) {
        Queue<GenerationTask> waiting = new ConcurrentLinkedQueue<>(tasks);
        model.generateTogether(
                new GenerationSource() {
                    @Override
                    public Optional<GenerationTask> next(boolean idle) {
                        return Optional.ofNullable(waiting.poll());
                    }

                    @Override
                    public boolean ended() {
                        return waiting.isEmpty();
                    }
                },
                limits);
    }

    @Test
    void whoIsCancelledMakesNoFurtherStepAndChangesNothingForTheOthers() {
        try (var model = open(TinyCheckpoint.write(directory.resolve("cancelled")))) {
            var settings = model.defaults().settings();
            var stays = new Task(new Request("red apple", 1, Decoders.SJD_EXACT, settings, Sampling.PLAIN));
            var goes = new Task(new Request("red apple", 2, Decoders.AR, settings, Sampling.PLAIN), 2);
            generate(model, List.of(goes, stays), new BatchLimits(2, 64));
            assertThat(goes.steps).isEqualTo(2);
            assertThat(goes.left).isTrue();
            assertThat(goes.image).isNull();
            assertThat(Objects.requireNonNull(stays.image).tokens())
                    .isEqualTo(model.generate(stays.request).tokens());
        }
    }

    /** Images come and go, some are given up, one cannot be made: the others are what each is alone, whoever works on them. */
    @ParameterizedTest
    @EnumSource(TinyPublished.class)
    void workersGenerateWhatEachImageIsAlone(TinyPublished family) {
        try (var model = open(family.write(directory.resolve("workers-" + family)))) {
            var defaults = model.defaults();
            for (int workers = 2; workers <= 3; workers++) {
                var present = new Presence();
                var tasks = new ArrayList<Task>();
                for (int seed = 0; seed < 9; seed++) {
                    var decoder = seed % 2 == 0 ? Decoders.SJD_EXACT : Decoders.AR;
                    var sampling = seed % 3 == 0 ? Sampling.PLAIN : defaults.sampling();
                    var request = new Request("red apple " + seed, seed, decoder, defaults.settings(), sampling);
                    tasks.add(present.counted(new Task(request, seed == 4 ? 2 : Integer.MAX_VALUE)));
                }
                generate(model, tasks, new BatchLimits(5, 40, workers));
                assertThat(present.most).isPositive().isLessThanOrEqualTo(5);
                for (int seed = 0; seed < tasks.size(); seed++) {
                    var task = tasks.get(seed);
                    if (seed == 4) {
                        assertThat(task.left).isTrue();
                    } else {
                        assertThat(Objects.requireNonNull(task.image).tokens())
                                .as("%s workers, seed %s, failure %s", workers, seed, task.failure)
                                .isEqualTo(model.generate(task.request).tokens());
                    }
                }
            }
        }
    }

    /** How many images are in the making at most. */
    private static final class Presence {
        private int now;
        private int most;

        private synchronized void change(int by) {
            now += by;
            most = Math.max(most, now);
        }

        Task counted(Task task) {
            return new Task(task.request, task.mostSteps) {
                @Override
                public void started() {
                    change(1);
                }

                @Override
                public void finished(GeneratedImage finished) {
                    change(-1);
                    super.finished(finished);
                }

                @Override
                public void left() {
                    change(-1);
                    super.left();
                }
            };
        }
    }

    /** The workers wait for each other, which none could who has all the images. */
    @Test
    void workersShareOutTheImages() {
        try (var model = open(TinyCheckpoint.write(directory.resolve("shared-out")))) {
            var meeting = new CyclicBarrier(2);
            var threads = ConcurrentHashMap.<String>newKeySet();
            var tasks = new ArrayList<Task>();
            for (int seed = 0; seed < 4; seed++) {
                var request = new Request(
                        "red apple", seed, Decoders.AR, model.defaults().settings(), Sampling.PLAIN);
                tasks.add(new Task(request) {
                    @Override
                    public void finished(GeneratedImage finished) {
                        super.finished(finished);
                        threads.add(Thread.currentThread().getName());
                        meet(meeting);
                    }
                });
            }
            generate(model, tasks, new BatchLimits(2, 64, 2));
            assertThat(threads).containsExactlyInAnyOrder("sjd4j-model", "sjd4j-model-2");
            assertThat(tasks).allSatisfy(task -> assertThat(task.image).isNotNull());
        }
    }

    private static void meet(CyclicBarrier meeting) {
        try {
            meeting.await(1, TimeUnit.MINUTES);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a task itself throws ends all generation, whoever works on it. */
    @Test
    void aWorkerThatCannotGoOnEndsAll() {
        try (var model = open(TinyCheckpoint.write(directory.resolve("broken-task")))) {
            var settings = model.defaults().settings();
            var broken = new Task(new Request("red apple", 1, Decoders.AR, settings, Sampling.PLAIN)) {
                @Override
                public void failed(Throwable reason) {
                    throw new IllegalStateException("no more");
                }

                @Override
                public void finished(GeneratedImage finished) {
                    throw new IllegalStateException("no more");
                }
            };
            var tasks = new ArrayList<Task>(List.of(broken));
            for (int seed = 2; seed < 6; seed++) {
                tasks.add(new Task(new Request("red apple", seed, Decoders.AR, settings, Sampling.PLAIN)));
            }
            assertThatThrownBy(() -> generate(model, tasks, new BatchLimits(2, 64, 2)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("no more");
            var after = new Request("red apple", 9, Decoders.AR, settings, Sampling.PLAIN);
            assertThat(model.generate(after).tokens()).hasSize(model.imageTokens());
        }
    }

    private static TextToImage open(Path checkpoint) {
        return open(checkpoint, 0);
    }

    private static TextToImage open(Path checkpoint, int passRows) {
        return TextToImage.open(
                Families.describe(checkpoint), new LoadOptions(ComputeDevice.CPU, Precision.FLOAT32, passRows));
    }

    /** Prompts and negative prompts of all lengths. */
    @ParameterizedTest
    @EnumSource(TinyPublished.class)
    void unequalPromptsGenerateTogetherWhatEachGeneratesAlone(TinyPublished family) {
        Path checkpoint = family.write(directory.resolve("unequal-" + family));
        try (var model = open(checkpoint)) {
            unequalPrompts(family, model, model);
        }
    }

    /** The same in passes of a fixed number of rows, against passes of as many as the windows have. */
    @ParameterizedTest
    @EnumSource(TinyPublished.class)
    void unequalPromptsShareAPassOfAFixedShape(TinyPublished family) {
        Path checkpoint = family.write(directory.resolve("fixed-" + family));
        try (var model = open(checkpoint);
                var fixed = open(checkpoint, 12)) {
            unequalPrompts(family, fixed, model);
            unequalPrompts(family, fixed, fixed);
        }
    }

    /**
     * With guidance and without, of all sizes: branches and images stand at positions of their own, and the longest never
     * shifts the others.
     */
    private static void unequalPrompts(TinyPublished family, TextToImage model, TextToImage reference) {
        var requests = new ArrayList<Request>();
        var sizes = model.description().sizes();
        var prompts = List.of("red", "red box red disc red box", "blue disc", "red blue red blue red blue box", "box");
        for (int i = 0; i < prompts.size(); i++) {
            Decoder decoder = i == 2 ? Decoders.AR : Decoders.SJD_EXACT;
            requests.add(new Request(
                    prompts.get(i),
                    i % 2 == 0 ? "" : "blue box blue",
                    i,
                    decoder,
                    model.defaults().settings().withWindow(3 + i),
                    i == 3 ? Sampling.PLAIN : new Sampling(2.5, 1, 40, 0.95),
                    sizes.get(i % sizes.size())));
        }
        var together = model.generateAll(requests, new BatchLimits(4, 64));
        for (int i = 0; i < requests.size(); i++) {
            assertThat(together.get(i).tokens())
                    .as("%s, image %d", family, i)
                    .isEqualTo(reference.generate(requests.get(i)).tokens());
        }
    }

    /** All begin in the first pass, so that the longest one counts the passes. */
    @ParameterizedTest
    @ValueSource(doubles = {1, 3})
    void aPassHasNoMoreRowsThanItMay(double guidance) {
        try (var model = open(TinyCheckpoint.write(directory.resolve("rows-" + guidance)))) {
            var requests = new ArrayList<Request>();
            for (int seed = 0; seed < 4; seed++) {
                requests.add(new Request(
                        "red apple",
                        seed,
                        Decoders.SJD_EXACT,
                        model.defaults().settings().withWindow(12),
                        new Sampling(guidance, 1, 0, 1)));
            }
            assertThat(rowsPerPass(model.generateAll(requests, new BatchLimits(4, 1024)), guidance > 1))
                    .as("with room for all windows")
                    .isGreaterThan(16);
            assertThat(rowsPerPass(model.generateAll(requests, new BatchLimits(4, 16)), guidance > 1))
                    .isLessThanOrEqualTo(16);
        }
    }

    /** A window that an image filled when it was alone is read in parts once others join. */
    @ParameterizedTest
    @ValueSource(strings = {"sjd-exact", "sjd"})
    void anImageThatJoinsLateWidensNoPass(String decoder) {
        try (var model = open(TinyCheckpoint.write(directory.resolve("late-" + decoder)))) {
            var settings = model.defaults().settings().withWindow(12);
            var tasks = new ArrayList<Task>();
            for (int seed = 0; seed < 5; seed++) {
                tasks.add(new Task(new Request("red apple", seed, Decoders.named(decoder), settings, Sampling.PLAIN)));
            }
            Queue<GenerationTask> waiting = new ArrayDeque<>(tasks);
            var rowsOfPasses = new ArrayList<Integer>();
            model.generateTogether(
                    new GenerationSource() {
                        private int calls;

                        /** One image in every third pass. */
                        @Override
                        public Optional<GenerationTask> next(boolean idle) {
                            return idle || calls++ % 3 == 0 ? Optional.ofNullable(waiting.poll()) : Optional.empty();
                        }

                        @Override
                        public void passed(int images, int rows, long nanos) {
                            rowsOfPasses.add(rows);
                        }

                        @Override
                        public boolean ended() {
                            return waiting.isEmpty();
                        }
                    },
                    new BatchLimits(3, 12));
            assertThat(rowsOfPasses).contains(12).allMatch(rows -> rows <= 12);
            for (Task task : tasks) {
                var image = Objects.requireNonNull(task.image);
                if (!decoder.equals("sjd")) {
                    assertThat(image.tokens())
                            .isEqualTo(model.generate(task.request).tokens());
                }
            }
        }
    }

    /** One row of autoregression leaves the others more than equal shares. */
    @Test
    void whatNarrowWindowsLeaveGoesToWiderOnes() {
        try (var model = open(TinyCheckpoint.write(directory.resolve("shares")))) {
            var settings = model.defaults().settings();
            var narrow = new Request("red apple", 1, Decoders.AR, settings, Sampling.PLAIN);
            var wide = new Request("red apple", 2, Decoders.SJD_EXACT, settings.withWindow(12), Sampling.PLAIN);
            var alone = model.generate(
                    new Request("red apple", 2, Decoders.SJD_EXACT, settings.withWindow(9), Sampling.PLAIN));
            var together = model.generateAll(List.of(narrow, wide), new BatchLimits(2, 10))
                    .getLast();
            assertThat(together.tokens()).isEqualTo(alone.tokens());
            assertThat(together.statistics().acceptedPerStep())
                    .isEqualTo(alone.statistics().acceptedPerStep());
        }
    }

    /** Rows on average, both branches counted. */
    private static double rowsPerPass(List<GeneratedImage> images, boolean guided) {
        long rows = 0;
        int passes = 0;
        for (GeneratedImage image : images) {
            var statistics = image.statistics();
            rows += statistics.rows() * (guided ? 2 : 1);
            passes = Math.max(passes, statistics.steps());
        }
        return (double) rows / passes;
    }

    @Test
    void memoryDecidesHowManyAreGeneratedTogether() {
        assertThat(MemoryGuard.imagesTogether(1000, 100, 1000, 8)).isEqualTo(1);
        assertThat(MemoryGuard.imagesTogether(1000, 100, 500, 8)).isEqualTo(1);
        assertThat(MemoryGuard.imagesTogether(1000, 100, 1099, 8)).isEqualTo(1);
        assertThat(MemoryGuard.imagesTogether(1000, 100, 1300, 8)).isEqualTo(4);
        assertThat(MemoryGuard.imagesTogether(1000, 1, Long.MAX_VALUE, 8)).isEqualTo(8);
    }

    /** Two layers, both branches, keys and values of 64 channels in four bytes each. */
    @Test
    void aImageTakesItsKeysAndValues() {
        var tiny = Families.describe(TinyCheckpoint.write(directory.resolve("bytes")));
        var config = TinyCheckpoint.model();
        assertThat(tiny.bytesPerImage())
                .isEqualTo(
                        2L * 2 * config.llama().layers() * config.llama().keyWidth() * (16 + config.promptSlots()) * 4);
        var emu3 = (Emu3Description) Families.describe(TinyPublished.EMU3.write(directory.resolve("emu3-bytes")));
        assertThat(emu3.bytesPerImage())
                .as("prompt and image share its 512 positions")
                .isEqualTo(2L * 2 * emu3.llama().layers() * emu3.llama().keyWidth() * 512 * 4);
    }
}
