package org.sjd4j.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import org.junit.jupiter.api.Test;

class RgbTest {
    private static final int[] LEVELS = {1, 77, 128, 200, 254};

    @Test
    void anRgbImageIsReturnedItself() {
        var image = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
        assertThat(Rgb.of(image)).isSameAs(image);
    }

    @Test
    void levelsCountAsTheyAreStoredInEveryTypeOfEightBits() {
        int[] types = {
            BufferedImage.TYPE_INT_ARGB,
            BufferedImage.TYPE_INT_ARGB_PRE,
            BufferedImage.TYPE_INT_BGR,
            BufferedImage.TYPE_3BYTE_BGR,
            BufferedImage.TYPE_4BYTE_ABGR,
            BufferedImage.TYPE_4BYTE_ABGR_PRE
        };
        for (int type : types) {
            var image = new BufferedImage(LEVELS.length, 1, type);
            for (int i = 0; i < LEVELS.length; i++) {
                image.setRGB(i, 0, 0xff000000 | LEVELS[i] << 16 | (255 - LEVELS[i]) << 8 | LEVELS[i] / 2);
            }
            for (int i = 0; i < LEVELS.length; i++) {
                assertThat(Rgb.of(image).getRGB(i, 0)).as("type %d", type).isEqualTo(image.getRGB(i, 0));
            }
        }
    }

    @Test
    void greyIsNotTakenForLinearLight() {
        for (int level : LEVELS) {
            var grey = new BufferedImage(1, 1, BufferedImage.TYPE_BYTE_GRAY);
            grey.getRaster().setSample(0, 0, 0, level);
            var deep = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_GRAY);
            deep.getRaster().setSample(0, 0, 0, level << 8 | 0xaa);

            assertThat(Rgb.of(grey).getRGB(0, 0) & 0xffffff).isEqualTo(level * 0x010101);
            assertThat(Rgb.of(deep).getRGB(0, 0) & 0xffffff).isEqualTo(level * 0x010101);
        }
    }

    @Test
    void aPartOfAnImageIsThatPart() {
        var grey = new BufferedImage(4, 4, BufferedImage.TYPE_BYTE_GRAY);
        grey.getRaster().setSample(2, 1, 0, 99);
        assertThat(Rgb.of(grey.getSubimage(2, 1, 2, 2)).getRGB(0, 0) & 0xffffff).isEqualTo(0x636363);
    }

    @Test
    void fewBitsAreStretchedAndRoundedDown() {
        var image = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_555_RGB);
        image.getRaster().setPixel(0, 0, new int[] {31, 3, 0});
        assertThat(Rgb.of(image).getRGB(0, 0) & 0xffffff).isEqualTo(0xff1800);
    }

    @Test
    void coloursAreNotMultipliedByAlpha() {
        var image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB_PRE);
        image.getRaster().setPixel(0, 0, new int[] {50, 25, 0, 100});
        assertThat(Rgb.of(image).getRGB(0, 0) & 0xffffff).isEqualTo(0x7f3f00);
        image.getRaster().setPixel(0, 0, new int[] {0, 0, 0, 0});
        assertThat(Rgb.of(image).getRGB(0, 0) & 0xffffff).isZero();
    }

    @Test
    void anImageWithoutLevelsIsConvertedByItsColourModel() {
        var model = new ComponentColorModel(
                ColorSpace.getInstance(ColorSpace.CS_sRGB), false, false, 1, DataBuffer.TYPE_FLOAT);
        var image = new BufferedImage(model, model.createCompatibleWritableRaster(1, 1), false, null);
        image.getRaster().setPixel(0, 0, new float[] {1, 0.5f, 0});
        assertThat(Rgb.of(image).getRGB(0, 0)).isEqualTo(image.getRGB(0, 0));
    }

    /** Numbers of Pillow 12.3: {@code Image.new("CMYK", (1, 1), inks).convert("RGB")}. */
    @Test
    void cmykIsInkOnWhitePaper() {
        assertThat(Rgb.cmyk(0, 0, 0, 0)).isEqualTo(0xffffff);
        assertThat(Rgb.cmyk(0, 0, 0, 127)).isEqualTo(0x808080);
        assertThat(Rgb.cmyk(255, 0, 10, 0)).isEqualTo(0x00fff5);
        assertThat(Rgb.cmyk(10, 77, 200, 55)).isEqualTo(0xc08c2b);
    }
}
