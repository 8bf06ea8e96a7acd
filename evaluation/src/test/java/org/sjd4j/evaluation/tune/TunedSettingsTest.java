package org.sjd4j.evaluation.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.evaluation.DecoderChoice;

class TunedSettingsTest {
    @TempDir
    private Path directory;

    @Test
    void settingsAreKeptByKeyAndOthersStay() {
        Path file = directory.resolve("new/tuned.json");
        var choice = DecoderChoice.parse("sjd2-exact:window=24,denoising-steps=2", DecoderSettings.DEFAULT)
                .getFirst();
        TunedSettings.read(file).write(file, "one", TunedSettings.Tuned.of(choice, 2.5));
        var ar = DecoderChoice.parse("ar", DecoderSettings.DEFAULT).getFirst();
        TunedSettings.read(file).write(file, "other", TunedSettings.Tuned.of(ar, 1));
        var found = TunedSettings.read(file).get("one").orElseThrow();
        assertThat(found.decoder()).isEqualTo("sjd2-exact");
        assertThat(found.applied(DecoderSettings.DEFAULT)).isEqualTo(choice.settings());
        assertThat(TunedSettings.read(file).get("other").orElseThrow().window()).isEqualTo(1);
        assertThat(TunedSettings.read(file).get("unknown")).isEmpty();
        TunedSettings.forget(file);
        TunedSettings.forget(file);
        assertThat(TunedSettings.read(file).get("one")).isEmpty();
    }

    @Test
    void aDamagedFileHoldsNothing() throws IOException {
        Path file = Files.writeString(directory.resolve("tuned.json"), "{\"settings\": {\"a\": {\"window\"");
        assertThat(TunedSettings.read(file).settings()).isEmpty();
        Files.writeString(file, """
                {"settings": {"a": {"decoder": "warp", "window": 4, "denoising_steps": 0, "speed_up": 9},
                              "b": {"decoder": "sjd-exact", "window": 0, "denoising_steps": 0, "speed_up": 9}}}""");
        assertThat(TunedSettings.read(file).get("a")).isEmpty();
        assertThat(TunedSettings.read(file).get("b")).isEmpty();
    }

    @Test
    void costsOfRowsInBetweenLieOnALine() {
        var costs = new RowCosts(new TreeMap<>(Map.of(1, 2.0, 4, 5.0, 8, 6.0)));
        assertThat(costs.of(1)).isEqualTo(2);
        assertThat(costs.of(2)).isCloseTo(3, within(1e-12));
        assertThat(costs.of(6)).isCloseTo(5.5, within(1e-12));
        assertThat(costs.of(8)).isEqualTo(6);
        assertThat(costs.of(12)).isCloseTo(7, within(1e-12));
    }
}
