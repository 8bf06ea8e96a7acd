package org.sjd4j.training.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContactSheetTest {
    @Test
    void laysImagesInRows(@TempDir Path folder) throws IOException {
        var sheet = new ContactSheet(2)
                .add(plain(Color.RED))
                .add(plain(Color.GREEN))
                .add(plain(Color.BLUE));
        var file = folder.resolve("new/sheet.png");
        sheet.write(file);
        var drawn = ImageIO.read(file.toFile());

        assertThat(drawn.getWidth()).isEqualTo(6 + 2 * (40 + 6));
        assertThat(drawn.getHeight()).isEqualTo(6 + 2 * (40 + 6));
        assertThat(colour(drawn, 20, 20)).isEqualTo(Color.RED);
        assertThat(colour(drawn, 66, 20)).isEqualTo(Color.GREEN);
        assertThat(colour(drawn, 20, 66)).isEqualTo(Color.BLUE);
        assertThat(colour(drawn, 66, 66)).isEqualTo(Color.WHITE);
    }

    @Test
    void writesCaptionsUnderImagesWithinTheirWidth() {
        var caption = "a very long caption with incomprehensibilities that cannot fit";
        var drawn = new ContactSheet(2)
                .add(plain(Color.RED), caption)
                .add(plain(Color.RED))
                .draw();

        assertThat(ink(drawn, 6, 46)).isPositive();
        assertThat(ink(drawn, 47, 52)).isZero();
    }

    @Test
    void ofAnEndlessCaptionTheBeginningIsWritten() {
        for (String part : new String[] {"x", "x "}) {
            var endless = new ContactSheet(1)
                    .add(plain(Color.RED), part.repeat(1_000_000))
                    .draw();
            var long300 =
                    new ContactSheet(1).add(plain(Color.RED), part.repeat(300)).draw();
            assertThat(ink(endless, 0, 46)).isPositive().isEqualTo(ink(long300, 0, 46));
        }
    }

    @Test
    void aSheetNeedsColumnsAndImages() {
        assertThatIllegalArgumentException().isThrownBy(() -> new ContactSheet(0));
        assertThatIllegalStateException()
                .isThrownBy(() -> new ContactSheet(1).draw())
                .withMessageContaining("add at least one");
    }

    /** Pixels under the images, between two columns, that are not white. */
    private static int ink(BufferedImage sheet, int from, int to) {
        var ink = 0;
        for (var y = 47; y < sheet.getHeight(); y++) {
            for (var x = from; x < to; x++) {
                ink += colour(sheet, x, y).equals(Color.WHITE) ? 0 : 1;
            }
        }
        return ink;
    }

    private static BufferedImage plain(Color colour) {
        var image = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB);
        for (var y = 0; y < 40; y++) {
            for (var x = 0; x < 40; x++) {
                image.setRGB(x, y, colour.getRGB());
            }
        }
        return image;
    }

    private static Color colour(BufferedImage image, int x, int y) {
        return new Color(image.getRGB(x, y));
    }
}
