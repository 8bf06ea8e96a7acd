package org.sjd4j.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.sjd4j.decode.random.GumbelNoise;
import org.sjd4j.decode.random.PositionRandom;
import org.sjd4j.decode.random.Randomness;

class DenoiserTest {

    private static final RasterModel MODEL = RasterModel.plain();
    private static final Randomness RANDOMNESS = new Randomness(1);

    private static PositionRandom random() {
        return new PositionRandom(RANDOMNESS, 8, new GumbelNoise(RANDOMNESS, 8, 0, 1));
    }

    @Test
    void karrasLevelsRunFromCleanToPureNoise() {
        double[] levels = NoiseSchedule.KARRAS.levels(20);
        double[] expected = {
            0, .020, .042, .082, .146, .236, .347, .468, .585, .687, .768, .831, .877, .910, .934, .951, .964, .973,
            .979, .984, 1
        };
        assertThat(levels).containsExactly(expected, within(0.001));
        assertThat(NoiseSchedule.KARRAS.levels(0)).containsExactly(0);
        assertThat(NoiseSchedule.KARRAS.levels(1)).containsExactly(0, 1);
        assertThat(new NoiseSchedule(1, 9).levels(2)).containsExactly(new double[] {0, 0.5, 1}, within(1e-12));
        assertThatThrownBy(() -> new NoiseSchedule(2, 1)).hasMessageContaining("rMin 2.0 and rMax 1.0");
    }

    @Test
    void pureNoiseKnowsNothingOfTheGuess() {
        Denoiser denoiser = new Denoiser(MODEL, 3);
        Slot one = denoiser.start(Draft.certain(5), 3, random());
        Slot other = denoiser.start(Draft.certain(6), 3, random());
        assertThat(noisy(one).embedding()).isEqualTo(noisy(other).embedding()).isEqualTo(RANDOMNESS.gaussian(8, 6));
        assertThat(noisy(one).noiseLevel()).isEqualTo(1);
    }

    /** With one target all the way, every level is that target plus the very same noise, and level 0 is the token. */
    @Test
    void stepsFollowTheStraightPathToAConstantTarget() {
        int steps = 6;
        Denoiser denoiser = new Denoiser(MODEL, steps);
        Draft draft = Draft.certain(9);
        Slot slot = denoiser.start(draft, steps, random());
        for (int level = steps - 1; level > 0; level--) {
            slot = denoiser.step(noisy(slot), draft, level, slot.random());
            assertThat(noisy(slot).embedding())
                    .containsExactly(
                            noisy(denoiser.start(draft, level, random())).embedding(), within(1e-5f));
            assertThat(slot.level()).isEqualTo(level);
        }
        assertThat(denoiser.step(noisy(slot), draft, 0, slot.random()).row()).isEqualTo(new Row.Token(9));
    }

    private static Row.Noisy noisy(Slot slot) {
        return (Row.Noisy) slot.row();
    }
}
