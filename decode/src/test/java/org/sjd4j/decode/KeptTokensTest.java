package org.sjd4j.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.sjd4j.decode.StepObserver.NONE;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.decode.sampling.Layout;

/** Images of which some tokens are given. */
class KeptTokensTest {
    private static final int SEEDS = 20;
    private static final RasterLayout STRUCTURED = new RasterLayout(
            5, 4, List.of(100, 101, 102), 103, List.of(104, 105), RasterModel.FIRST_ID, RasterModel.CODES);

    /** Keeps tokens of an image, each with a chance. */
    private static KeptTokens some(int[] image, double share, Random random) {
        int[] ids = image.clone();
        Arrays.setAll(ids, position -> random.nextDouble() < share ? ids[position] : Layout.NONE);
        return KeptTokens.of(ids);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 16, 64})
    void exactDecodersSampleTheTokensOfAutoregression(int window) {
        for (RasterModel model : List.of(RasterModel.plain(), new RasterModel(STRUCTURED, 1))) {
            for (long seed = 0; seed < SEEDS; seed++) {
                var random = new Random(seed);
                int[] old = Decoders.AR
                        .decode(model, DecoderSettings.DEFAULT, 1000 + seed, NONE)
                        .tokens();
                var kept = some(old, random.nextDouble(), random);
                int[] expected = Decoders.AR
                        .decode(model, DecoderSettings.DEFAULT, seed, kept, NONE)
                        .tokens();
                for (Decoder decoder : Decoders.all()) {
                    var settings = DecoderSettings.DEFAULT
                            .withWindow(window)
                            .withDenoisingSteps((int) (seed % 4))
                            .withInitialisation(Initialisation.values()[(int) (seed % 4)]);
                    int[] tokens =
                            decoder.decode(model, settings, seed, kept, NONE).tokens();
                    for (int position = 0; position < tokens.length; position++) {
                        if (kept.at(position) != Layout.NONE) {
                            assertThat(tokens[position])
                                    .as("%s, seed %s", decoder, seed)
                                    .isEqualTo(old[position]);
                        }
                    }
                    if (decoder.seedExact()) {
                        assertThat(tokens).as("%s, seed %s", decoder, seed).isEqualTo(expected);
                    }
                }
            }
        }
    }

    /** Kept tokens before the first choice are read in one pass that is no step, those after the last one are not read at all. */
    @Test
    void onlyWhatIsChosenTakesSteps() {
        var model = RasterModel.plain();
        int[] old = Decoders.AR.decode(model, DecoderSettings.DEFAULT, 5, NONE).tokens();
        int[] ids = old.clone();
        Arrays.fill(ids, 40, 50, Layout.NONE);
        model.rowsPerStep().clear();
        var decoded = Decoders.AR.decode(model, DecoderSettings.DEFAULT, 6, KeptTokens.of(ids), NONE);
        assertThat(decoded.statistics().steps()).isEqualTo(10);
        assertThat(model.rowsPerStep()).hasSize(11).startsWith(40).endsWith(1, 1, 1);
        assertThat(Arrays.copyOf(decoded.tokens(), 40)).isEqualTo(Arrays.copyOf(old, 40));
        assertThat(Arrays.copyOfRange(decoded.tokens(), 50, old.length))
                .isEqualTo(Arrays.copyOfRange(old, 50, old.length));
        assertThat(decoded.tokens()).isNotEqualTo(old);
    }

    @Test
    void anImageThatIsKeptWholeTakesNoPass() {
        var model = new RasterModel(STRUCTURED, 1);
        int[] old = Decoders.AR.decode(model, DecoderSettings.DEFAULT, 5, NONE).tokens();
        model.rowsPerStep().clear();
        var decoded = Decoders.SJD_EXACT.decode(model, DecoderSettings.DEFAULT, 6, KeptTokens.of(old), NONE);
        assertThat(decoded.tokens()).isEqualTo(old);
        assertThat(decoded.statistics().steps()).isZero();
        assertThat(model.rowsPerStep()).isEmpty();
    }

    /** Every image is an edit that keeps nothing. */
    @Test
    void whoKeepsNothingDecodesAsEver() {
        int[] nothing = new int[RasterModel.plain().length()];
        Arrays.fill(nothing, Layout.NONE);
        assertThat(KeptTokens.of(nothing)).isEqualTo(KeptTokens.NONE);
        for (Decoder decoder : Decoders.all()) {
            var expected = decoder.decode(RasterModel.plain(), DecoderSettings.DEFAULT, 3, NONE);
            var found = decoder.decode(RasterModel.plain(), DecoderSettings.DEFAULT, 3, KeptTokens.of(nothing), NONE);
            assertThat(found.tokens()).isEqualTo(expected.tokens());
            assertThat(found.statistics().acceptedPerStep())
                    .isEqualTo(expected.statistics().acceptedPerStep());
        }
    }

    @Test
    void whatCannotStandThereIsRefused() {
        var model = new RasterModel(STRUCTURED, 1);
        int[] ids = new int[model.length()];
        Arrays.fill(ids, Layout.NONE);
        refused(model, ids, 0, 99, "token 99 cannot stand at position 0");
        refused(model, ids, 3, 100, "token 100 cannot stand at position 3");
        refused(model, ids, 8, 4, "token 4 cannot stand at position 8");
        assertThatThrownBy(() -> Decoders.AR.start(model, DecoderSettings.DEFAULT, 1, KeptTokens.of(new int[] {100})))
                .hasMessage("tokens to keep are given for 1 positions, but the image has " + model.length());
    }

    private static void refused(RasterModel model, int[] nothing, int position, int id, String message) {
        int[] ids = nothing.clone();
        ids[position] = id;
        assertThatThrownBy(() -> Decoders.AR.start(model, DecoderSettings.DEFAULT, 1, KeptTokens.of(ids)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
