package org.sjd4j.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.decode.Decoders;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.MemoryGuard;
import org.sjd4j.family.TooLittleMemoryException;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.ComputeDevice;

class TextToImageTest {
    @TempDir
    private static Path directory;

    private static Path checkpoint;

    @BeforeAll
    static void write() {
        checkpoint = TinyCheckpoint.write(directory.resolve("tiny"));
    }

    private static Request request(TextToImage model, long seed) {
        var defaults = model.defaults();
        return new Request("red apple", seed, defaults.decoder(), defaults.settings(), defaults.sampling());
    }

    @Test
    void exactDecodingGeneratesWhatAutoregressionGenerates() {
        try (var model = TextToImage.open(checkpoint, "cpu")) {
            for (long seed = 0; seed < 20; seed++) {
                var fast = model.generate(request(model, seed));
                var slow = model.generate(request(model, seed)
                        .withDecoder(Decoders.AR, model.defaults().settings()));
                assertThat(fast.tokens()).as("seed %d", seed).isEqualTo(slow.tokens());
                assertThat(slow.statistics().steps()).isEqualTo(16);
            }
        }
    }

    @Test
    void aClosedModelLeavesNothingBehind() {
        long before = Pointer.totalCount();
        for (int i = 0; i < 3; i++) {
            try (var model = TextToImage.open(checkpoint, "cpu")) {
                model.generate(request(model, i));
            }
        }
        assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
    }

    @Test
    void generatingLeavesNothingBehind() {
        try (var model = TextToImage.open(checkpoint, "cpu")) {
            model.generate(request(model, 0));
            long before = Pointer.totalCount();
            for (int i = 0; i < 20; i++) {
                model.generate(request(model, i));
            }
            assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
        }
    }

    @Test
    void aDescriptionSaysWhatTheWeightsWillBe() {
        var description = Families.describe(checkpoint);
        var size = new ImageSize(TinyCheckpoint.IMAGE_SIZE, TinyCheckpoint.IMAGE_SIZE);
        assertThat(description.sizes()).containsExactly(size);
        assertThat(description.layout(size).length()).isEqualTo(16);
        assertThat(description.parameters()).isBetween(10_000L, 100_000L);
    }

    @Test
    void imageTokenizerAndModelMustFitTogether() {
        Path odd = TinyCheckpoint.write(directory.resolve("odd"));
        Map<String, Object> json = TinyCheckpoint.imageTokenizer().toJson();
        json.put("codebook_size", 33);
        TinyCheckpoint.json(odd.resolve("image_tokenizer/config.json"), json);
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> TextToImage.open(odd, "cpu"))
                .withMessageContaining("33 codes");
    }

    @Test
    void whatAnObserverThrowsEndsTheImage() {
        try (var model = TextToImage.open(checkpoint, "cpu")) {
            model.generate(request(model, 1));
            long before = Pointer.totalCount();
            int[] steps = {0};
            assertThatExceptionOfType(CancellationException.class)
                    .isThrownBy(() -> model.generate(request(model, 1), (step, accepted, tokens) -> {
                        steps[0] = step;
                        if (step == 2) {
                            throw new CancellationException();
                        }
                    }));
            assertThat(steps[0]).isEqualTo(2);
            assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
        }
    }

    @Test
    void anObserverMayAskTheModel() {
        try (var model = TextToImage.open(checkpoint, "cpu")) {
            var seen = new java.util.ArrayList<Integer>();
            model.generate(request(model, 1), (step, accepted, tokens) -> {
                int[] all = java.util.Arrays.copyOf(tokens, model.imageTokens());
                seen.add(
                        model.decodeImages(java.util.List.of(all), model.size()).size());
            });
            assertThat(seen).isNotEmpty().containsOnly(1);
        }
    }

    @Test
    void anInterruptedThreadStillClosesItsModel() throws InterruptedException {
        long before = Pointer.totalCount();
        var failure = new java.util.concurrent.atomic.AtomicReference<Throwable>();
        var thread = Thread.ofPlatform().start(() -> {
            var caller = Thread.currentThread();
            try (var model = TextToImage.open(checkpoint, "cpu")) {
                model.generate(request(model, 1), (step, accepted, tokens) -> {
                    caller.interrupt();
                    awaitInterrupt(); // so that the image cannot be finished first
                });
            } catch (IllegalStateException e) {
                failure.set(e);
            }
        });
        thread.join();
        assertThat(failure.get()).hasMessageContaining("interrupted");
        assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
    }

    private static void awaitInterrupt() {
        try {
            new java.util.concurrent.CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aModelThatDoesNotFitIsRefused() {
        MemoryGuard.require(1_000_000, 1L << 30, ComputeDevice.CPU);
        assertThatExceptionOfType(TooLittleMemoryException.class)
                .isThrownBy(() -> MemoryGuard.require(64_000_000_000L, 1L << 30, ComputeDevice.CPU))
                .withMessageContaining("61036 MiB")
                .withMessageContaining("1024 MiB")
                .withMessageContaining("close other programs");
        assertThatExceptionOfType(TooLittleMemoryException.class)
                .isThrownBy(() -> MemoryGuard.require(64_000_000_000L, 1L << 30, ComputeDevice.CUDA))
                .withMessageStartingWith("too little memory on the GPU: ")
                .withMessageContaining("stop the processes that use it");
        assertThat(MemoryGuard.available()).isPositive();
        assertThat(MemoryGuard.available(ComputeDevice.CPU)).isPositive();
    }
}
