package org.sjd4j.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sjd4j.decode.StepObserver.NONE;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.decode.sampling.Layout;
import org.sjd4j.decode.sampling.Sampling;

/** The same seed gives the same image, token for token, one at a time or many. */
class SeedExactTest {

    private static final int SEEDS = 20;

    private static final List<Decoder> EXACT = Decoders.all().stream()
            .filter(decoder -> decoder.seedExact() && decoder != Decoders.AR)
            .toList();

    static Stream<DecoderSettings> settings() {
        DecoderSettings plain = DecoderSettings.DEFAULT;
        return Stream.of(1, 2, 7, 16, 64, 256)
                .flatMap(window -> Stream.of(
                                plain,
                                plain.withInitialisation(Initialisation.LEFT).withDenoisingSteps(1),
                                plain.withInitialisation(Initialisation.ABOVE).withDenoisingSteps(8),
                                plain.withInitialisation(Initialisation.PREVIOUS)
                                        .withDenoisingSteps(5),
                                plain.withDenoisingSteps(6))
                        .map(settings -> settings.withWindow(window)));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void exactDecodersSampleTheTokensOfAutoregression(DecoderSettings settings) {
        RasterModel model = RasterModel.plain();
        for (Decoder decoder : EXACT) {
            for (long seed = 0; seed < SEEDS; seed++) {
                int[] expected = autoregression(model, seed);
                Decoded decoded = decoder.decode(model, settings, seed, NONE);
                assertThat(decoded.tokens()).as("%s, seed %d", decoder, seed).isEqualTo(expected);
                if (settings.window() == 1) {
                    assertThat(decoded.statistics().steps()).isEqualTo(model.length());
                }
            }
        }
    }

    private static int[] autoregression(ImageModel model, long seed) {
        return Decoders.AR.decode(model, DecoderSettings.DEFAULT, seed, NONE).tokens();
    }

    /** NaN noise would make everything above true, and all images alike. */
    @Test
    void differentSeedsGiveDifferentImages() {
        Set<List<Integer>> images = new HashSet<>();
        for (long seed = 0; seed < 100; seed++) {
            images.add(Arrays.stream(autoregression(RasterModel.plain(), seed))
                    .boxed()
                    .toList());
        }
        assertThat(images).hasSize(100);
    }

    /** Also where structural tokens stand inside the window, and past the end. */
    @ParameterizedTest
    @ValueSource(ints = {2, 5, 6, 13, 30, 64})
    void structuralTokensStandWhereTheyMust(int window) {
        RasterLayout layout = new RasterLayout(
                5, 3, List.of(100, 101, 102), 103, List.of(104, 105), RasterModel.FIRST_ID, RasterModel.CODES);
        RasterModel model = new RasterModel(layout, 1);
        DecoderSettings settings = DecoderSettings.DEFAULT.withWindow(window).withInitialisation(Initialisation.ABOVE);
        for (Decoder decoder : Decoders.all()) {
            for (long seed = 0; seed < SEEDS; seed++) {
                int[] tokens = decoder.decode(model, settings, seed, NONE).tokens();
                assertThat(tokens).as("%s, seed %d", decoder, seed).hasSize(3 + 3 * 6 + 2);
                assertThat(tokens).startsWith(100, 101, 102).endsWith(103, 104, 105);
                for (int position = 0; position < tokens.length; position++) {
                    int forced = layout.forcedAt(position);
                    if (forced == Layout.NONE) {
                        assertThat(tokens[position]).isBetween(4, 35);
                    } else {
                        assertThat(tokens[position]).isEqualTo(forced);
                    }
                }
                if (decoder.seedExact()) {
                    assertThat(tokens).isEqualTo(autoregression(model, seed));
                }
            }
        }
    }

    @Test
    void withoutNoiseSjd2IsSjd() {
        RasterModel model = RasterModel.plain();
        List<Decoder> denoising =
                Decoders.all().stream().filter(Decoder::denoises).toList();
        assertThat(denoising).contains(Decoders.SJD2, Decoders.SJD2_EXACT);
        for (Decoder decoder : denoising) {
            Decoder plain = Decoders.named(decoder.name().replace("sjd2", "sjd"));
            for (long seed = 0; seed < SEEDS; seed++) {
                DecoderSettings settings = DecoderSettings.DEFAULT.withDenoisingSteps(0);
                Decoded without = plain.decode(model, settings, seed, NONE);
                Decoded with = decoder.decode(model, settings, seed, NONE);
                assertThat(with.tokens()).isEqualTo(without.tokens());
                assertThat(with.statistics().acceptedPerStep())
                        .isEqualTo(without.statistics().acceptedPerStep());
            }
        }
    }

    @Test
    void exactDecodersAreKnownByTheirNames() {
        assertThat(EXACT)
                .contains(Decoders.SJD_EXACT, Decoders.SJD2_EXACT)
                .allMatch(decoder -> decoder.name().endsWith("-exact"))
                .allMatch(decoder -> decoder.description().startsWith("seed-exact"));
    }

    @Test
    void jacobiIsGreedyAutoregression() {
        RasterModel sampling = RasterModel.plain();
        RasterModel greedy = new RasterModel(
                new RasterLayout(12, 9, RasterModel.FIRST_ID, RasterModel.CODES), 1.5, new Sampling(1, 1, 1, 1));
        int[] expected = autoregression(greedy, 0);
        for (int window : new int[] {1, 2, 16, 256}) {
            assertThat(Decoders.JACOBI
                            .decode(sampling, DecoderSettings.DEFAULT.withWindow(window), window, NONE)
                            .tokens())
                    .isEqualTo(expected);
        }
    }

    /** Several times fewer steps, and the better couplings need the fewest. */
    @Test
    void stepsAreFewer() {
        DecoderSettings settings = DecoderSettings.DEFAULT.withWindow(32);
        double autoregression = RasterModel.plain().length();
        double sjd = meanSteps(Decoders.SJD, settings);
        double exact = meanSteps(Decoders.SJD_EXACT, settings);
        double coupled = meanSteps(Decoders.SJD_COUPLED, settings);
        double denoised = meanSteps(Decoders.SJD2_EXACT, settings);
        assertThat(sjd).isBetween(autoregression / 6, autoregression / 1.05);
        assertThat(exact).isBetween(autoregression / 16, sjd / 1.2);
        assertThat(coupled).isBetween(autoregression / 16, sjd / 1.2);
        assertThat(denoised).isBetween(autoregression / 16, autoregression / 1.5);
    }

    private static double meanSteps(Decoder decoder, DecoderSettings settings) {
        RasterModel model = RasterModel.plain();
        return LongStream.range(0, 100)
                .mapToInt(seed ->
                        decoder.decode(model, settings, seed, NONE).statistics().steps())
                .average()
                .orElseThrow();
    }
}
