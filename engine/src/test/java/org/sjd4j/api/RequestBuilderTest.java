package org.sjd4j.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.decode.Decoders;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.tensor.ComputeDevice;

/** Requests of wishes and defaults. */
class RequestBuilderTest {
    @TempDir
    private static Path directory;

    private static ModelDescription description;

    @BeforeAll
    static void describe() {
        description = Families.describe(TinyCheckpoint.write(directory));
    }

    private static RequestBuilder builder() {
        return new RequestBuilder(description, description.defaults(ComputeDevice.CPU));
    }

    @Test
    void whatIsLeftOpenIsAsTheModelRecommends() {
        var defaults = description.defaults(ComputeDevice.CPU);
        var request = builder().build("red apple", 1).getFirst();
        assertThat(request)
                .isEqualTo(new Request(
                        "red apple", request.seed(), defaults.decoder(), defaults.settings(), defaults.sampling()));
        assertThat(request.seed()).isBetween(0L, Integer.MAX_VALUE - 1L);
    }

    @Test
    void laterWishesLieOverEarlierOnes() {
        var request = builder()
                .seed(5L)
                .seed(null)
                .decoder("sjd")
                .decoder(null)
                .decoder("ar")
                .negativePrompt("pear")
                .negativePrompt(null)
                .set("window", 4)
                .set("window", null)
                .set("guidance_scale", 2)
                .size(16, 16)
                .size(null, null)
                .build("red apple", 1)
                .getFirst();
        assertThat(request.seed()).isEqualTo(5);
        assertThat(request.decoder()).isEqualTo(Decoders.AR);
        assertThat(request.negativePrompt()).isEqualTo("pear");
        assertThat(request.settings().window()).isEqualTo(4);
        assertThat(request.sampling().guidanceScale()).isEqualTo(2);
        assertThat(request.size()).isEqualTo(new ImageSize(16, 16));
    }

    @Test
    void severalImagesHaveSeedsThatFollow() {
        assertThat(builder().seed(-1L).build("red apple", 3))
                .extracting(Request::seed)
                .containsExactly(-1L, 0L, 1L);
    }

    @Test
    void whatMakesNoSenseIsNamed() {
        assertThatThrownBy(() -> builder().build(" ", 1)).hasMessageStartingWith("the prompt is empty");
        assertThatThrownBy(() -> builder().build("red apple", 0))
                .hasMessage("the number of images is 0, expected at least 1");
        assertThatThrownBy(() -> builder().set("window", 0)).hasMessage("window is 0, expected at least 1 row");
        assertThatThrownBy(() -> builder().set("top_p", "much")).hasMessage("top-p is 'much', expected a number");
        assertThatThrownBy(() -> builder().set("steps", 3)).hasMessageStartingWith("there is no setting 'steps'");
        assertThatThrownBy(() -> builder().decoder("best")).hasMessageStartingWith("there is no decoder 'best'");
        assertThatThrownBy(() -> builder().size(512, null))
                .hasMessage("width x height is 512 x nothing, expected a size of this model: 16x16");
        assertThatThrownBy(() -> builder().decoder("sjd2").build("red apple", 1))
                .hasMessageStartingWith("decoder is 'sjd2'");
    }
}
