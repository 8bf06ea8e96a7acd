package org.sjd4j.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.api.ImageGenerator.Monitor;
import org.sjd4j.api.ImageGenerator.StepListener;
import org.sjd4j.decode.sampling.DecodingException;

/** Images for many threads at a time. */
class ImageGeneratorTest {
    private static final BatchLimits LIMITS = new BatchLimits(4, 64);

    @TempDir
    private static Path directory;

    private static TextToImage model;

    @BeforeAll
    static void open() {
        model = TextToImage.open(TinyCheckpoint.writeBroken(directory), "cpu");
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static List<Request> requests(String prompt, long seed, int images) {
        return new RequestBuilder(model.description(), model.defaults())
                .seed(seed)
                .build(prompt, images);
    }

    /** Counts what becomes of images. */
    private static final class Counts implements Monitor {
        private final AtomicInteger started = new AtomicInteger();
        private final AtomicInteger finished = new AtomicInteger();
        private final AtomicInteger failed = new AtomicInteger();
        private final AtomicInteger cancelled = new AtomicInteger();
        private final AtomicInteger abandoned = new AtomicInteger();
        private final AtomicLong waited = new AtomicLong();

        @Override
        public void started(long waitedNanos) {
            started.incrementAndGet();
            waited.addAndGet(waitedNanos);
        }

        @Override
        public void finished(GeneratedImage image) {
            finished.incrementAndGet();
        }

        @Override
        public void failed(Throwable reason) {
            failed.incrementAndGet();
        }

        @Override
        public void left(boolean byCaller) {
            (byCaller ? cancelled : abandoned).incrementAndGet();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void imagesOfManyThreadsAreThoseOfTheModel(int workers) throws Exception {
        var counts = new Counts();
        try (var generator = new ImageGenerator(model, new BatchLimits(4, 64, workers), counts);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var images = new ArrayList<Future<List<GeneratedImage>>>();
            for (int i = 0; i < 12; i++) {
                var requests = requests("red apple", 10L * i, 2);
                images.add(threads.submit(() -> generator.generate(requests, StepListener.NONE)));
            }
            for (int i = 0; i < images.size(); i++) {
                var found = images.get(i).get();
                var expected = requests("red apple", 10L * i, 2);
                assertThat(found).hasSize(2);
                for (int j = 0; j < 2; j++) {
                    assertThat(found.get(j).tokens())
                            .isEqualTo(model.generate(expected.get(j)).tokens());
                }
            }
            assertThat(generator.waiting()).isZero();
        }
        assertThat(counts.started).hasValue(24);
        assertThat(counts.finished).hasValue(24);
        assertThat(counts.waited.get()).isPositive();
    }

    @Test
    void imagesThatAreAskedForMeanwhileJoin() throws Exception {
        var begun = new CountDownLatch(1);
        var asked = new CountDownLatch(1);
        var joined = new AtomicInteger();
        try (var generator = new ImageGenerator(model, LIMITS, Monitor.NONE)) {
            var first = generator.submit(requests("red apple", 1, 1), (_, progress) -> {
                if (progress.steps() == 1) {
                    begun.countDown();
                    await(asked);
                }
                if (progress.steps() == 3) {
                    assertThat(joined).hasPositiveValue();
                }
            });
            await(begun);
            var others = generator.submit(requests("green apple", 2, 2), (_, _) -> joined.incrementAndGet());
            asked.countDown();
            assertThat(others.get())
                    .allSatisfy(other -> assertThat(other.tokens()).hasSize(model.imageTokens()));
            assertThat(first.get().getFirst().tokens())
                    .isEqualTo(model.generate(requests("red apple", 1, 1).getFirst())
                            .tokens());
        }
    }

    @Test
    void oneThatFailsDoesNotHarmTheOthers() throws Exception {
        var counts = new Counts();
        try (var generator = new ImageGenerator(model, LIMITS, counts)) {
            var good = generator.submit(requests("red apple", 1, 2), StepListener.NONE);
            assertThatThrownBy(() -> generator.generate(requests(TinyCheckpoint.BROKEN_WORD, 1, 1), StepListener.NONE))
                    .isInstanceOf(DecodingException.class);
            assertThat(good.get())
                    .allSatisfy(image -> assertThat(image.tokens()).hasSize(model.imageTokens()));
        }
        assertThat(counts.finished).hasValue(2);
        assertThat(counts.failed).hasValue(1);
    }

    @Test
    void oneThatFailsEndsThoseOfItsCall() {
        var counts = new Counts();
        try (var generator = new ImageGenerator(model, new BatchLimits(1, 64), counts)) {
            var requests = new ArrayList<>(requests(TinyCheckpoint.BROKEN_WORD, 1, 1));
            requests.addAll(requests("red apple", 1, 2));
            assertThatThrownBy(() -> generator.generate(requests, StepListener.NONE))
                    .isInstanceOf(DecodingException.class);
        }
        assertThat(counts.failed).hasValue(1);
        assertThat(counts.cancelled).hasValue(2);
    }

    @Test
    void whatAListenerThrowsEndsItsImage() {
        try (var generator = new ImageGenerator(model, LIMITS, Monitor.NONE)) {
            assertThatThrownBy(() -> generator.generate(requests("red apple", 1, 1), (_, _) -> {
                        throw new UnsupportedOperationException("enough");
                    }))
                    .hasMessage("enough");
        }
    }

    @Test
    void whatIsCancelledIsGivenUp() {
        var counts = new Counts();
        try (var generator = new ImageGenerator(model, LIMITS, counts)) {
            var asked = new CompletableFuture<CompletableFuture<List<GeneratedImage>>>();
            asked.complete(generator.submit(
                    requests("red apple", 1, 1), (_, _) -> asked.join().cancel(false)));
            assertThatThrownBy(() -> asked.join().join()).isInstanceOf(CancellationException.class);
            assertThat(generator.generate(requests("red apple", 2, 1), StepListener.NONE))
                    .hasSize(1);
        }
        assertThat(counts.cancelled).hasValue(1);
        assertThat(counts.finished).hasValue(1);
    }

    @Test
    void closingGivesUpWhatIsNotFinished() throws Exception {
        var counts = new Counts();
        var begun = new CountDownLatch(1);
        var closing = new CountDownLatch(1);
        var generator = new ImageGenerator(model, new BatchLimits(1, 64), counts);
        var images = generator.submit(requests("red apple", 1, 3), (_, progress) -> {
            if (progress.steps() == 1) {
                begun.countDown();
                await(closing);
            }
        });
        await(begun);
        var closer = Thread.ofPlatform().start(generator::close);
        while (submits(generator)) {
            Thread.onSpinWait();
        }
        closing.countDown();
        closer.join();
        assertThatThrownBy(() -> ImageGenerator.await(images))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("given up");
        assertThat(counts.finished).hasValue(0);
        assertThat(model.generate(requests("red apple", 1, 1).getFirst()).tokens())
                .hasSize(model.imageTokens());
    }

    private static boolean submits(ImageGenerator generator) {
        try {
            return generator.submit(List.of(), StepListener.NONE).isDone();
        } catch (IllegalStateException _) {
            return false;
        }
    }

    @Test
    void aModelThatIsClosedFailsImages() {
        var other = TextToImage.open(directory, "cpu");
        try (var generator = new ImageGenerator(other, LIMITS, Monitor.NONE)) {
            other.close();
            assertThatThrownBy(() -> generator.generate(requests("red apple", 1, 2), StepListener.NONE))
                    .isInstanceOf(RejectedExecutionException.class);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
