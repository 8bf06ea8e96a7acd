package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.api.TinyCheckpoint;

class EditCommandTest {
    private static final int SIDE = TinyCheckpoint.IMAGE_SIZE;

    @TempDir
    private Path directory;

    private String model = "";
    private Path image = Path.of("");

    @BeforeEach
    void write() throws IOException {
        model = TinyCheckpoint.write(directory.resolve("tiny")).toString();
        image = directory.resolve("old.png");
        ImageIO.write(old(BufferedImage.TYPE_INT_RGB), "png", image.toFile());
    }

    private static BufferedImage old(int type) {
        var old = new BufferedImage(SIDE, SIDE, type);
        for (int i = 0; i < SIDE * SIDE; i++) {
            old.setRGB(i % SIDE, i / SIDE, 0xff000000 | i * 4111);
        }
        return old;
    }

    private Cli.Result edit(String... more) {
        var arguments = new ArrayList<>(List.of("edit", image.toString(), "red apple", "--model", model));
        arguments.addAll(List.of(more));
        return Cli.run(arguments.toArray(String[]::new));
    }

    private BufferedImage edited(String... more) throws IOException {
        Path out = directory.resolve("new.png");
        var arguments = new ArrayList<>(List.of(more));
        arguments.addAll(List.of("--out", out.toString()));
        edit(arguments.toArray(String[]::new)).succeeded();
        return ImageIO.read(out.toFile());
    }

    /** Left of the middle everything stays; right of it nothing does. */
    private static void assertRightHalfAnew(BufferedImage edited) {
        var old = old(BufferedImage.TYPE_INT_RGB);
        int changed = 0;
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                if (x < SIDE / 2) {
                    assertThat(edited.getRGB(x, y)).isEqualTo(old.getRGB(x, y));
                } else if (edited.getRGB(x, y) != old.getRGB(x, y)) {
                    changed++;
                }
            }
        }
        assertThat(changed).isGreaterThan(SIDE * SIDE / 4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ar", "sjd-exact", "sjd", "sjd-coupled"})
    void aRegionIsMadeAnew(String decoder) throws IOException {
        String region = SIDE / 2 + ",0," + SIDE / 2 + "," + SIDE;
        var edited = edited("--region", region, "--seed", "5", "--decoder", decoder);
        assertRightHalfAnew(edited);
        if (decoder.endsWith("-exact")) {
            var expected = edited("--region", region, "--seed", "5", "--decoder", "ar");
            assertThat(pixels(edited)).isEqualTo(pixels(expected));
        }
    }

    private static int[] pixels(BufferedImage image) {
        return image.getRGB(0, 0, SIDE, SIDE, null, 0, SIDE);
    }

    @Test
    void aMaskOrTransparencySaysWhatIsMadeAnew() throws IOException {
        var white = new BufferedImage(2 * SIDE, 2 * SIDE, BufferedImage.TYPE_INT_RGB);
        var transparent = old(BufferedImage.TYPE_INT_ARGB);
        for (int y = 0; y < 2 * SIDE; y++) {
            for (int x = SIDE; x < 2 * SIDE; x++) {
                white.setRGB(x, y, 0xffffff);
                transparent.setRGB(x / 2, y / 2, 0);
            }
        }
        Path mask = directory.resolve("mask.png");
        ImageIO.write(white, "png", mask.toFile());
        var byMask = edited("--mask", mask.toString(), "--seed", "5");
        assertRightHalfAnew(byMask);
        ImageIO.write(transparent, "png", image.toFile());
        assertThat(pixels(edited("--seed", "5")))
                .as("the parts that stay are the same")
                .hasSize(SIDE * SIDE);
        ImageIO.write(transparent, "png", mask.toFile());
        ImageIO.write(old(BufferedImage.TYPE_INT_RGB), "png", image.toFile());
        assertThat(pixels(edited("--mask", mask.toString(), "--seed", "5"))).isEqualTo(pixels(byMask));
    }

    @Test
    void theFileAndTheReportSayThatItIsAnEdit() {
        Path out = directory.resolve("new.png");
        var json = edit("--region", "0,0,1,1", "--seed", "5", "--json", "--out", out.toString())
                .succeeded()
                .json();
        assertThat(json.get("masked_tokens").intValue()).isEqualTo(1);
        assertThat(json.get("steps").intValue()).isEqualTo(1);
        var shown = Cli.run("show", out.toString()).succeeded().out();
        assertThat(shown)
                .contains("1 tokens of another image made anew", "edit IMAGE --mask=MASK --model=")
                .doesNotContain("--size");
    }

    @Test
    void whatMakesNoSenseIsRefused() throws IOException {
        edit().refused("has no transparent part", "--mask", "--region");
        edit("--region", "1,2,3").refused("--region is '1,2,3'");
        edit("--region", "0,0,0,4").refused("0,0,0,4", "not inside");
        edit("--region", "8,8,9,1").refused("8,8,9,1", "not inside");
        edit("--region", "0,0,4,4", "--mask", image.toString()).refused("--mask", "--region", "one of them");
        edit("--mask", directory.resolve("none.png").toString()).refused("none.png does not exist");
        ImageIO.write(new BufferedImage(SIDE, 2 * SIDE, BufferedImage.TYPE_INT_RGB), "png", image.toFile());
        edit("--region", "0,0,4,4").refused(SIDE + "x" + 2 * SIDE, "crop it");
        Files.writeString(image, "no image");
        edit("--region", "0,0,4,4").refused("old.png");
        Cli.run("edit", image.toString(), " ", "--model", model, "--region", "0,0,1,1")
                .refused("the prompt is empty");
    }
}
