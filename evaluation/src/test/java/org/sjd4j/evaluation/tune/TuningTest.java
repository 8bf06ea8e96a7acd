package org.sjd4j.evaluation.tune;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.TextToImage;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.run.ModelGenerator;
import org.sjd4j.evaluation.run.Prompt;

class TuningTest {
    @TempDir
    private Path directory;

    /** The tiny model cannot read noise, and its images have 16 tokens. */
    @Test
    void everySettingThatIsPossibleIsTriedAndTheFastestAreTimed() {
        var heard = new ArrayList<String>();
        Tuning tuning;
        try (var model = TextToImage.open(TinyCheckpoint.write(directory.resolve("tiny")), "cpu")) {
            tuning = Tuning.of(
                    new ModelGenerator(model, "tiny", new Recipe.Parts(null, null)),
                    List.of(new Prompt("red apple"), new Prompt("green pear")),
                    DecoderSettings.DEFAULT,
                    Sampling.PLAIN,
                    directory.resolve("images"),
                    heard::add);
        }
        assertThat(tuning.costs().seconds().keySet()).containsExactly(1, 2, 4, 6, 8, 12, 16);
        assertThat(tuning.candidates())
                .isNotEmpty()
                .isSortedAccordingTo((a, b) -> Double.compare(
                        a.summary().seconds().mean(), b.summary().seconds().mean()))
                .allSatisfy(candidate -> {
                    assertThat(candidate.summary().choice().label()).startsWith("sjd-exact:window=");
                    assertThat(candidate.summary().identical().share()).isEqualTo(1);
                    assertThat(candidate.floor()).isPositive();
                });
        assertThat(tuning.timed()).hasSizeBetween(2, 4);
        assertThat(tuning.timed().getFirst().choice().isBaseline()).isTrue();
        assertThat(tuning.timed()).extracting(summary -> summary.images()).containsOnly(4);
        assertThat(tuning.speedUp()).isGreaterThanOrEqualTo(1);
        assertThat(tuning.timed()).extracting(summary -> summary.choice()).contains(tuning.best());
        assertThat(tuning.measurement().conditions()).containsKeys("model", "cpu", "fastest", "speed_up_at_most");
        assertThat(heard).contains("timing passes", "trying settings");
    }
}
