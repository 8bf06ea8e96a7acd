package org.sjd4j.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.sjd4j.api.Families;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.training.data.EmojiDataSet;
import org.sjd4j.training.data.Split;

class PromptFollowingTest {
    @Test
    void theBundledModelKnowsCaptionsApart() {
        var checkpoint = BundledModel.directory();
        var data = EmojiDataSet.load(
                Families.describe(checkpoint).sizes().getFirst().width());
        try (var following = PromptFollowing.of(checkpoint, data)) {
            var trained = following.metric(Split.TRAIN, 8);
            assertThat(trained).hasSize(8);
            assertThat(trained.stream().filter(image -> image.rank() == 0).count())
                    .as("chance is 1/16")
                    .isGreaterThan(4);
            assertThat(trained.stream()
                            .mapToDouble(PromptFollowing.Measured::gain)
                            .average()
                            .orElseThrow())
                    .isPositive();
        }
    }
}
