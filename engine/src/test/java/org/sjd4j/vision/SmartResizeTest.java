package org.sjd4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import org.junit.jupiter.api.Test;

class SmartResizeTest {
    private static final SmartResize EMU3 = new SmartResize(8, 512 * 512, 1024 * 1024);

    private static String resized(int width, int height) {
        var image = EMU3.apply(new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB));
        return image.getWidth() + "x" + image.getHeight();
    }

    @Test
    void sidesBecomeMultiplesOfAPatchWithinTheArea() {
        assertThat(resized(720, 720)).isEqualTo("720x720");
        assertThat(resized(604, 612)).as("half to even: 75.5 and 76.5 patches").isEqualTo("608x608");
        assertThat(resized(100, 100)).isEqualTo("512x512");
        assertThat(resized(2000, 1000)).as("rounded down").isEqualTo("1448x720");
        assertThat(resized(100, 300)).as("rounded up").isEqualTo("296x888");
    }

    @Test
    void imagesTooSmallOrTooLongAreRefused() {
        assertThatThrownBy(() -> resized(7, 20)).hasMessageContaining("7x20").hasMessageContaining("at least 8");
        assertThatThrownBy(() -> resized(501, 100)).hasMessageContaining("501x100");
        assertThat(resized(500, 100)).isNotEmpty();
    }
}
