package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.api.TinyCheckpoint;

class TrajectoryTest {
    @TempDir
    private static Path shared;

    private static String model = "";

    @TempDir
    private Path directory;

    @BeforeAll
    static void write() {
        model = TinyCheckpoint.write(shared.resolve("tiny")).toString();
    }

    /**
     * An animation as a viewer sees it.
     *
     * @param frames the images
     * @param delays how long each is shown, in hundredths of a second
     */
    private record Animation(List<BufferedImage> frames, List<Integer> delays) {
        static Animation read(Path file) throws IOException {
            ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
            try (var input = ImageIO.createImageInputStream(file.toFile())) {
                reader.setInput(input);
                var frames = new ArrayList<BufferedImage>();
                var delays = new ArrayList<Integer>();
                for (int i = 0; i < reader.getNumImages(true); i++) {
                    frames.add(reader.read(i));
                    var root = (IIOMetadataNode) reader.getImageMetadata(i).getAsTree("javax_imageio_gif_image_1.0");
                    var control = (IIOMetadataNode)
                            root.getElementsByTagName("GraphicControlExtension").item(0);
                    delays.add(Integer.valueOf(control.getAttribute("delayTime")));
                }
                return new Animation(frames, delays);
            } finally {
                reader.dispose();
            }
        }
    }

    @Test
    void everyStepIsAFrameUntilTheImageIsThere() throws IOException {
        Path gif = directory.resolve("t.gif");
        Path png = directory.resolve("p.png");
        var json = Cli.run(
                        "generate",
                        "red apple",
                        "--model=" + model,
                        "--decoder=ar",
                        "--json",
                        "--out=" + png,
                        "--trajectory=" + gif)
                .succeeded()
                .json();
        assertThat(json.get("files").get(1).stringValue()).isEqualTo(gif.toString());
        var animation = Animation.read(gif);
        assertThat(animation.frames()).hasSize(json.get("steps").intValue());
        assertThat(animation.delays()).startsWith(20, 20).endsWith(20, 250);
        assertThat(Files.readString(gif, StandardCharsets.ISO_8859_1))
                .startsWith("GIF89a")
                .contains("NETSCAPE2.0");

        BufferedImage first = animation.frames().getFirst();
        int far = first.getRGB(15, 15) & 0xff;
        assertThat(far).as("not in the window yet").isBetween(0xb8, 0xc8);
        BufferedImage image = ImageIO.read(png.toFile());
        BufferedImage last = animation.frames().getLast();
        for (int x = 0; x < 16; x++) {
            for (int shift = 0; shift <= 16; shift += 8) {
                assertThat((last.getRGB(x, 8) >> shift) & 0xff)
                        .isCloseTo((image.getRGB(x, 8) >> shift) & 0xff, within(24));
            }
        }
    }

    @Test
    void severalImagesHaveNumberedTrajectories() {
        Cli.run(
                        "generate",
                        "red",
                        "-n=2",
                        "--model=" + model,
                        "--out=" + directory,
                        "--trajectory=" + directory.resolve("t.gif"))
                .succeeded();
        assertThat(directory.resolve("t-1.gif")).isRegularFile();
        assertThat(directory.resolve("t-2.gif")).isRegularFile();
    }

    @Test
    void theLastFrameRests() throws IOException {
        var gif = new AnimatedGif(4);
        for (int i = 0; i < 3; i++) {
            var frame = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
            frame.setRGB(0, 0, i * 0x202020);
            gif.add(frame);
        }
        Path file = directory.resolve("t.gif");
        Files.write(file, gif.finish());
        assertThat(Animation.read(file).delays()).containsExactly(4, 4, 250);
    }
}
