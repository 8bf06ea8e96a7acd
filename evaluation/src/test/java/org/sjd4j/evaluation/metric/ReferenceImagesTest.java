package org.sjd4j.evaluation.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.evaluation.run.EvaluationException;
import org.sjd4j.metrics.FeatureExtractor;

class ReferenceImagesTest {
    /** Sees the colour of a corner. */
    private static final FeatureExtractor CORNER = new FeatureExtractor() {
        @Override
        public String name() {
            return "corner";
        }

        @Override
        public int dimensions() {
            return 1;
        }

        @Override
        public List<float[]> features(List<BufferedImage> images) {
            return images.stream()
                    .map(image -> new float[] {image.getRGB(0, 0) & 0xff})
                    .toList();
        }

        @Override
        public void close() {}
    };

    private static final ReferenceImages.Listener NOBODY = (done, all) -> {};

    @TempDir
    private Path directory;

    private Path folder = Path.of("");
    private Path kept = Path.of("");

    @BeforeEach
    void draw() throws IOException {
        folder = Files.createDirectory(directory.resolve("folder"));
        kept = directory.resolve("judged");
        for (int i = 0; i < 12; i++) {
            var image = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB);
            for (int j = 0; j < 40 * 40; j++) {
                image.setRGB(j % 40, j / 40, 0x9E3779 * (i + j));
            }
            ImageIO.write(image, "png", folder.resolve(i + ".png").toFile());
        }
    }

    private void cut(String name) throws IOException {
        byte[] bytes = Files.readAllBytes(folder.resolve(name));
        Files.write(folder.resolve(name), Arrays.copyOf(bytes, bytes.length / 2));
    }

    @Test
    void aCheckReadsEveryImageToItsEnd() throws IOException {
        var read = new AtomicInteger();
        ReferenceImages.check(folder, kept, CORNER, (done, all) -> read.incrementAndGet());
        assertThat(read).hasValue(12);
        cut("7.png");
        assertThatThrownBy(() -> ReferenceImages.check(folder, kept, CORNER, NOBODY))
                .isInstanceOf(EvaluationException.class)
                .hasMessageStartingWith(folder.resolve("7.png") + " should be an image")
                .hasMessageContaining("damaged");
        cut("11.png");
        Files.writeString(folder.resolve("photo.jpg"), "RIFF\0\0\0\0WEBPVP8 ");
        assertThatThrownBy(() -> ReferenceImages.check(folder, kept, CORNER, NOBODY))
                .hasMessageStartingWith("3 of 13 reference images: the first, " + folder.resolve("11.png"));
        assertThat(kept).doesNotExist();
    }

    @Test
    void imagesWhoseStatisticsAreKeptAreNotReadAgain() {
        ReferenceImages.of(folder, kept, CORNER, NOBODY);
        var read = new AtomicInteger();
        ReferenceImages.check(folder, kept, CORNER, (done, all) -> read.incrementAndGet());
        assertThat(read).hasValue(0);
    }
}
