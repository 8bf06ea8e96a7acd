package org.sjd4j.bundled;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;

/** The bundled model in float32: seed-exact decoders generate, token for token, what autoregression generates. */
class SeedExactTest {
    private static final List<String> PROMPTS = List.of(
            "red apple, noto style",
            "octopus, twemoji style, on a yellow background",
            "bus, emojione style",
            "a cat",
            "house, noto style",
            "sunflower, fluent style");

    private static TextToImage model;

    @BeforeAll
    static void load() {
        model = TextToImage.open(BundledModel.directory(), "cpu");
    }

    @AfterAll
    static void free() {
        model.close();
    }

    private static int[] generate(String prompt, String decoder, DecoderSettings settings, long seed) {
        var sampling = model.defaults().sampling();
        return model.generate(new Request(prompt, seed, Decoders.named(decoder), settings, sampling))
                .tokens();
    }

    static Stream<String> exactDecoders() {
        return Decoders.all().stream()
                .filter(decoder -> decoder.seedExact() && decoder != Decoders.AR)
                .filter(decoder ->
                        model.description().supports(decoder, model.defaults().settings()))
                .map(Decoder::name);
    }

    @ParameterizedTest
    @MethodSource("exactDecoders")
    void everyWindowGeneratesTheImageOfAutoregression(String decoder) {
        var defaults = model.defaults().settings();
        var images = new HashSet<List<Integer>>();
        int generated = 0;
        for (int window : new int[] {1, 2, 7, 16, 64, 256}) {
            String prompt = PROMPTS.get(generated);
            long seed = 100 + generated++;
            int[] expected = generate(prompt, "ar", defaults, seed);
            assertThat(generate(prompt, decoder, defaults.withWindow(window), seed))
                    .as("window %d, seed %d, %s", window, seed, prompt)
                    .isEqualTo(expected);
            images.add(Arrays.stream(expected).boxed().toList());
        }
        assertThat(images).as("other prompts and seeds, other images").hasSize(generated);
    }
}
