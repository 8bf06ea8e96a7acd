package org.sjd4j.evaluation.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.sjd4j.evaluation.Proportion;
import org.sjd4j.metrics.TextImageMetric;

class AttributeCheckTest {
    private static final CaptionGrammar GRAMMAR =
            new CaptionGrammar(List.of("red apple", "cat"), List.of("noto", "fluent"), backgrounds());

    private static LinkedHashMap<String, Integer> backgrounds() {
        var colours = new LinkedHashMap<String, Integer>();
        colours.put("", 0xffffff);
        colours.put("blue", 0x8fb8f0);
        colours.put("orange", 0xfbbb78);
        return colours;
    }

    /** Sees what the blue channel of the first inner pixel says: thing in bit 0, style in bit 1. */
    private static final class Eye implements TextImageMetric {
        @Override
        public String name() {
            return "eye";
        }

        @Override
        public float[] image(BufferedImage image) {
            int bits = image.getRGB(8, 8) & 3;
            return vector((bits & 1) == 0, (bits & 2) == 0);
        }

        @Override
        public float[] text(String text) {
            return vector(text.startsWith("red apple"), text.contains("noto style"));
        }

        private static float[] vector(boolean thing, boolean style) {
            float[] vector = new float[4];
            vector[thing ? 0 : 1] = 0.7071f;
            vector[style ? 2 : 3] = 0.7071f;
            return vector;
        }

        @Override
        public double scale() {
            return 1;
        }

        @Override
        public void close() {}
    }

    private static BufferedImage image(int edge, int bits) {
        var image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 256; i++) {
            image.setRGB(i % 16, i / 16, edge);
        }
        image.setRGB(8, 8, bits);
        image.setRGB(0, 0, 0x000000); // one odd pixel does not make a colour
        return image;
    }

    @Test
    void captionsAreTakenApart() {
        assertThat(GRAMMAR.parse("red apple, noto style"))
                .contains(new CaptionGrammar.Asked("red apple", "noto", "", ""));
        assertThat(GRAMMAR.parse("cat, fluent style, small, on an orange background"))
                .contains(new CaptionGrammar.Asked("cat", "fluent", ", small, on an orange background", "orange"));
        assertThat(GRAMMAR.parse("dog, noto style")).isEmpty();
        assertThat(GRAMMAR.parse("cat, oil style")).isEmpty();
        assertThat(GRAMMAR.parse("cat, noto style, on a plaid background")).isEmpty();
        assertThat(GRAMMAR.parse("cat")).isEmpty();
    }

    @Test
    void thingStyleAndBackgroundAreFoundApart() {
        var check = new AttributeCheck(GRAMMAR, new Eye());
        String caption = "red apple, noto style, on a blue background";
        assertThat(check.find(caption, image(0x90b0ee, 0)))
                .contains(new AttributeCheck.Found(caption, true, true, true, true));
        assertThat(check.find(caption, image(0xfffdfd, 1)))
                .contains(new AttributeCheck.Found(caption, false, true, false, true));
        assertThat(check.find("red apple, noto style", image(0xfffdfd, 2)))
                .contains(new AttributeCheck.Found("red apple, noto style", true, false, true, false));
        assertThat(check.find("a sunset", image(0, 0))).isEmpty();
    }

    /** Values of Wilson's interval from Brown, Cai and DasGupta 2001 and by hand. */
    @Test
    void proportionsHaveWilsonsInterval() {
        assertThat(Proportion.of(8, 10).text()).isEqualTo("80 % [49, 94]");
        assertThat(Proportion.of(0, 10).text()).isEqualTo("0 % [0, 28]");
        assertThat(Proportion.of(10, 10).high()).isCloseTo(1, within(1e-12));
        assertThat(Proportion.of(0, 0).text()).isEqualTo("–");
    }

    @Test
    void imagesOfACaptionAreNoIndependentTrials() {
        var alone = List.of(List.of(true), List.of(true), List.of(false), List.of(true));
        assertThat(Proportion.ofGroups(alone)).isEqualTo(Proportion.of(3, 4));
        var fourTimesTheSame = alone.stream()
                .map(group -> Collections.nCopies(4, group.getFirst()))
                .toList();
        var same = Proportion.ofGroups(fourTimesTheSame);
        assertThat(same.trials()).isEqualTo(16);
        assertThat(same.low()).isCloseTo(Proportion.of(3, 4).low(), within(1e-12));
        assertThat(same.high()).isCloseTo(Proportion.of(3, 4).high(), within(1e-12));
        var mixed = Collections.nCopies(4, List.of(true, true, false, true));
        assertThat(Proportion.ofGroups(mixed).low())
                .isBetween(Proportion.of(3, 4).low(), 0.75);
        assertThat(Proportion.ofGroups(Collections.nCopies(5, List.of(true, true))))
                .isEqualTo(new Proportion(1, Proportion.of(5, 5).low(), 1, 10));
        assertThat(Proportion.ofGroups(List.of()).text()).isEqualTo("–");
    }
}
