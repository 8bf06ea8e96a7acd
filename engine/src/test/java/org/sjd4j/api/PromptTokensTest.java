package org.sjd4j.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sjd4j.decode.sampling.DecodingException;
import org.sjd4j.family.emu3.Emu3Description;

/** How many tokens prompts have, and how many they may have. */
class PromptTokensTest {
    @TempDir
    private static Path directory;

    private static Request request(TextToImage model, String prompt) {
        var defaults = model.defaults();
        return new Request(prompt, 1, defaults.decoder(), defaults.settings(), defaults.sampling());
    }

    @ParameterizedTest
    @EnumSource(value = TinyPublished.class, mode = EnumSource.Mode.EXCLUDE, names = "LLAMAGEN")
    void promptsAreCountedAsTheModelReadsThem(TinyPublished family) {
        try (var model = TextToImage.open(family.write(directory.resolve("count-" + family)), "cpu")) {
            int one = model.promptTokens("red box ");
            int two = model.promptTokens("red box red box red box");
            assertThat(one).isGreaterThan(1);
            assertThat(two).isBetween(2 * one, 3 * one + 2);
        }
    }

    /** What a user writes is text, also if it is spelt like a token that opens an image. */
    @ParameterizedTest
    @EnumSource(value = TinyPublished.class, mode = EnumSource.Mode.EXCLUDE, names = "LLAMAGEN")
    void specialTokensAreText(TinyPublished family) {
        String token = family.imageToken().orElseThrow();
        try (var model = TextToImage.open(family.write(directory.resolve("special-" + family)), "cpu")) {
            assertThat(model.promptTokens(token)).isGreaterThan(1);
            assertThat(model.generate(request(model, token)).tokens()).hasSize(model.imageTokens());
        }
    }

    /** Emu3's positions are those of its {@code config.json}: prompt, template and image share them. */
    @Test
    void aPromptMayHaveAllPositionsThatTheImageLeaves() {
        var description = (Emu3Description) Families.describe(TinyPublished.EMU3.write(directory.resolve("room")));
        try (var model = TextToImage.open(description.directory(), "cpu");
                var text = description.text()) {
            var size = model.size();
            int most = model.longestPrompt(size);
            String longest = "a".repeat(most);
            while (model.promptTokens(longest) < most) { // pairs of letters are tokens
                longest += "é ü";
            }
            while (model.promptTokens(longest) > most) {
                longest = longest.substring(1);
            }
            assertThat(model.promptTokens(longest)).isEqualTo(most);
            int rows = description.promptIds(text, longest, size).length;
            assertThat(rows + model.imageTokens() - 1).isEqualTo(512);
            assertThat(model.generate(request(model, longest)).tokens()).hasSize(model.imageTokens());
            String longer = longest + " z";
            assertThatExceptionOfType(DecodingException.class)
                    .isThrownBy(() -> model.generate(request(model, longer)))
                    .withMessageContaining(Integer.toString(most));
        }
    }

    @Test
    void modelsThatCutPromptsReadAny() {
        String endless = "red box ".repeat(1000);
        try (var model = TextToImage.open(TinyPublished.LLAMAGEN.write(directory.resolve("cut")), "cpu")) {
            assertThat(model.longestPrompt(model.size())).isEqualTo(Integer.MAX_VALUE);
            assertThat(model.promptTokens(endless))
                    .as("the rows of a caption")
                    .isGreaterThan(model.promptTokens("red"))
                    .isLessThan(100);
            assertThat(model.generate(request(model, endless)).tokens()).hasSize(model.imageTokens());
        }
        try (var model = TextToImage.open(TinyCheckpoint.write(directory.resolve("slots")), "cpu")) {
            assertThat(model.promptTokens("a red apple")).isEqualTo(3);
            assertThat(model.generate(request(model, endless)).tokens()).hasSize(model.imageTokens());
        }
    }
}
