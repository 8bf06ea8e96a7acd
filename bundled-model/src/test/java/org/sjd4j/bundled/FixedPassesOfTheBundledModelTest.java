package org.sjd4j.bundled;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.sjd4j.api.Families;
import org.sjd4j.api.LoadOptions;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.Decoders;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;

/** Passes of a fixed number of rows, as on a GPU, make the images of passes of as many rows as the windows have. */
class FixedPassesOfTheBundledModelTest {
    private static TextToImage model;
    private static TextToImage fixed;

    @BeforeAll
    static void load() {
        model = open(0);
        fixed = open(16);
    }

    @AfterAll
    static void free() {
        model.close();
        fixed.close();
    }

    private static TextToImage open(int passRows) {
        return TextToImage.open(
                Families.describe(BundledModel.directory()),
                new LoadOptions(ComputeDevice.CPU, Precision.forSmallModels(ComputeDevice.CPU), passRows));
    }

    private static Request request(Decoder decoder, long seed) {
        var defaults = model.defaults();
        return new Request(
                "red apple, noto style", seed, decoder, defaults.settings().withWindow(16), defaults.sampling());
    }

    @Test
    void everyDecoderMakesTheSameImage() {
        int seed = 0;
        for (Decoder decoder : Decoders.all()) {
            if (!model.description().supports(decoder, model.defaults().settings())) {
                continue;
            }
            var request = request(decoder, seed++);
            var found = fixed.generate(request);
            var expected = model.generate(request);
            assertThat(found.tokens()).as("%s, seed %d", decoder.name(), seed).isEqualTo(expected.tokens());
            assertThat(found.statistics().steps())
                    .isEqualTo(expected.statistics().steps());
        }
    }

    @Test
    void nativeMemoryStaysFlat() {
        fixed.generate(request(Decoders.SJD2_EXACT, 1));
        long before = Pointer.totalCount();
        for (int seed = 2; seed < 5; seed++) {
            fixed.generate(request(Decoders.SJD2_EXACT, seed));
            assertThat(Pointer.totalCount()).as("seed %d", seed).isEqualTo(before);
        }
    }
}
