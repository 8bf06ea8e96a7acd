package org.sjd4j.metrics.clip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.sjd4j.metrics.clip.ClipPreprocessing.Variant;
import org.sjd4j.tensor.CheckpointException;

class ClipPreprocessingTest {
    private static final String COLOURS =
            "\"image_mean\": [0.5, 0.25, 0.125], \"image_std\": [0.5, 0.25, 0.125], \"resample\": 3";

    @TempDir
    private Path directory = Path.of("");

    @ParameterizedTest
    @CsvSource({"32,0,0", "33,0,0", "34,1,1", "35,1,2", "36,2,2", "37,2,2", "39,3,4", "41,4,4", "43,5,6"})
    void halfAPixelIsRoundedDownOrToTheEvenNumber(int length, int huggingFace, int openAi) {
        assertThat(Variant.HUGGING_FACE.offset(length, 32)).isEqualTo(huggingFace);
        assertThat(Variant.OPENAI.offset(length, 32)).isEqualTo(openAi);
    }

    @ParameterizedTest
    @EnumSource
    void theMiddleOfAImageIsSeenInTheNetworksColours(Variant variant) {
        var image = new BufferedImage(4, 2, BufferedImage.TYPE_INT_RGB);
        image.setRGB(1, 0, 0xff0000);
        image.setRGB(2, 1, 0x0000ff);
        image.setRGB(0, 0, 0xffffff);
        var seen = new ClipPreprocessing(variant, 2, 2, List.of(0.5, 0.25, 0.125), List.of(0.5, 0.25, 0.125));
        assertThat(seen.values(image)).containsExactly(1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 7);
        assertThat(Variant.named(variant.toString())).isEqualTo(variant);
    }

    /** Java takes grey for linear light; here its levels count, as in Pillow. */
    @ParameterizedTest
    @CsvSource({"10,8", "11,16"}) // TYPE_BYTE_GRAY, TYPE_USHORT_GRAY
    void greyIsSeenAsItsRgbCopy(int type, int bits) {
        var seen = new ClipPreprocessing(
                Variant.HUGGING_FACE,
                8,
                8,
                List.of(0.48145466, 0.4578275, 0.40821073),
                List.of(0.26862954, 0.26130258, 0.27577711));
        for (int level : new int[] {1, 77, 128, 200, 254}) {
            var grey = new BufferedImage(9, 8, type);
            var colour = new BufferedImage(9, 8, BufferedImage.TYPE_INT_RGB);
            for (int i = 0; i < 72; i++) {
                int other = i % 3 == 0 ? 255 - level : level;
                grey.getRaster().setSample(i % 9, i / 9, 0, other << bits - 8);
                colour.setRGB(i % 9, i / 9, other * 0x010101);
            }
            assertThat(seen.values(grey)).as("level %d", level).isEqualTo(seen.values(colour));
        }
        assertThat(BufferedImage.TYPE_BYTE_GRAY).isEqualTo(10);
        assertThat(BufferedImage.TYPE_USHORT_GRAY).isEqualTo(11);
    }

    @Test
    void sizesAreNumbersOrObjects() throws IOException {
        var numbers = read("\"size\": 40, \"crop_size\": 32, " + COLOURS);
        var objects =
                read("\"size\": {\"shortest_edge\": 40}, \"crop_size\": {\"height\": 32, \"width\": 32}, " + COLOURS);
        assertThat(numbers).isEqualTo(objects);
        assertThat(numbers.shortestEdge()).isEqualTo(40);
        assertThat(numbers.mean()).containsExactly(0.5, 0.25, 0.125);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'size': 32, 'crop_size': 32, 'do_normalize': false | do_normalize",
                "'size': 32, 'crop_size': 32, 'rescale_factor': 1 | rescale_factor",
                "'size': 32, 'crop_size': 16 | crop_size",
                "'size': 16, 'crop_size': 32 | size",
                "'size': {'height': 32, 'width': 32}, 'crop_size': 32 | shortest_edge",
                "'size': 32, 'crop_size': {'height': 32, 'width': 24} | crop_size"
            },
            quoteCharacter = '`')
    void otherStepsAreRefused(String json, String key) {
        assertThatThrownBy(() -> read(json.replace('\'', '"') + ", " + COLOURS))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("'" + key + "'");
    }

    @Test
    void otherFiltersAndColoursAreRefused() {
        String sizes = "\"size\": 32, \"crop_size\": 32, ";
        assertThatThrownBy(() -> read(sizes + COLOURS.replace("\"resample\": 3", "\"resample\": 2")))
                .hasMessageContaining("'resample' 2");
        assertThatThrownBy(() -> read(sizes + COLOURS.replace("0.25, 0.125", "0.25")))
                .hasMessageContaining("'image_mean'");
        assertThatThrownBy(() -> read(sizes + COLOURS.replace("0.125]", "\"x\"]")))
                .hasMessageContaining("'image_mean'");
        assertThatThrownBy(() -> Variant.named("pillow")).hasMessageContaining("hugging-face, openai");
    }

    private ClipPreprocessing read(String members) throws IOException {
        Files.writeString(directory.resolve("preprocessor_config.json"), "{" + members + "}");
        return ClipPreprocessing.read(directory, Variant.HUGGING_FACE, 32);
    }
}
