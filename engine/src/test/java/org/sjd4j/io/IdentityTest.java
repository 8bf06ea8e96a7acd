package org.sjd4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class IdentityTest {
    @Test
    void differencesNameWhatWasFoundAndWhatIsWanted() {
        assertThat(Identity.differences(Map.of("seed", "1", "rank", "16"), Map.of("seed", "2", "batch", "4")))
                .containsExactly("batch: absent -> 4", "rank: 16 -> absent", "seed: 1 -> 2");
    }

    @Test
    void formerSettingsCountWhereTheyChangedSomething() {
        var found = Map.of(
                "guided_rows", "all",
                "row_cleaning_threshold", "0",
                "entry_level", "3",
                "decoder sjd2",
                        "{window=16, guided_rows=all, denoising_steps=1, entry_level=all, row_cleaning_threshold=0.0}",
                "decoder sjd", "{window=16, guided_rows=8}");
        assertThat(Identity.differences(
                        found, Map.of("decoder sjd2", "{window=16, denoising_steps=1}", "decoder sjd", "{window=16}")))
                .containsExactly("decoder sjd: {window=16, guided_rows=8} -> {window=16}", "entry_level: 3 -> absent");
    }

    @Test
    void formerNamesCountAsThoseOfToday() {
        var found = Map.of("pictures", "12", "pictures_per_prompt", "2");
        assertThat(Identity.differences(found, Map.of("images", "12", "images_per_prompt", "2")))
                .isEmpty();
        assertThat(Identity.differences(found, Map.of("images", "13", "images_per_prompt", "2")))
                .containsExactly("images: 12 -> 13");
    }
}
