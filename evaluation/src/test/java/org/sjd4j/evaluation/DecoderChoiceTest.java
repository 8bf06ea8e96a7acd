package org.sjd4j.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.Initialisation;

class DecoderChoiceTest {
    private static final DecoderSettings SHARED = DecoderSettings.DEFAULT.withWindow(24);

    @Test
    void settingsBelongToTheDecoderBeforeThem() {
        var choices =
                DecoderChoice.parse("ar, sjd2-exact:window=32, denoising-steps=2,initialisation=above,sjd", SHARED);
        assertThat(choices)
                .extracting(DecoderChoice::label)
                .containsExactly("ar", "sjd2-exact:window=32,denoising-steps=2,initialisation=above", "sjd");
        var denoising = choices.get(1);
        assertThat(denoising.decoder()).isSameAs(Decoders.SJD2_EXACT);
        assertThat(denoising.settings())
                .isEqualTo(SHARED.withWindow(32).withDenoisingSteps(2).withInitialisation(Initialisation.ABOVE));
        assertThat(denoising.shortLabel()).isEqualTo("sjd2-exact W32 K2 above");
        assertThat(choices.getFirst().window()).isEqualTo(1);
        assertThat(choices.getLast().window()).isEqualTo(24);
        assertThat(choices.getLast().denoisingSteps()).isZero();
    }

    @Test
    void allStandsForEveryDecoder() {
        assertThat(DecoderChoice.parse("all", SHARED))
                .extracting(DecoderChoice::decoder)
                .isEqualTo(Decoders.all());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "''; there is no decoder ''",
                "sjd3; there is no decoder 'sjd3'; choose one of ar,",
                "sjd:; has no value",
                "sjd:window; has no value",
                "sjd:window=x; window is 'x', expected a whole number",
                "sjd:window=0; expected at least 1 row",
                "sjd:speed=3; there is no decoder setting 'speed'",
                "sjd:initialisation=best; expected one of random, left, above, previous",
                "window=3; there is no decoder 'window=3'"
            })
    void errorsSayWhatIsPossible(String list, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DecoderChoice.parse(list, SHARED))
                .withMessageContaining(message.split("; choose")[0]);
    }
}
