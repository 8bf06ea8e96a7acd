package org.sjd4j.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.Decoders;
import org.sjd4j.family.ImageSize;

/** Images of which a part is made anew. */
class EditTest {
    private static final int EDITS = 50;

    @TempDir
    private static Path directory;

    private static Request request(TextToImage model, Decoder decoder, long seed) {
        var defaults = model.defaults();
        return new Request("red apple", seed, decoder, defaults.settings(), defaults.sampling());
    }

    private static Edit edit(TextToImage model, BufferedImage image, EditMask mask) {
        return Edit.of(image, mask, model.description());
    }

    private static BufferedImage noise(int width, int height, long seed) {
        var random = new Random(seed);
        var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < width * height; i++) {
            image.setRGB(i % width, i / width, random.nextInt(1 << 24));
        }
        return image;
    }

    private static EditMask rectangle(ImageSize size, Random random) {
        int width = 1 + random.nextInt(size.width());
        int height = 1 + random.nextInt(size.height());
        return EditMask.rectangle(
                random.nextInt(size.width() - width + 1),
                random.nextInt(size.height() - height + 1),
                width,
                height,
                size.width(),
                size.height());
    }

    /** Tokens and pixels outside of the mask stay, and exact decoders make of the rest what autoregression does. */
    @Test
    void whatIsKeptStaysAndTheRestIsThatOfAutoregression() {
        try (var model = TextToImage.open(TinyCheckpoint.write(directory.resolve("tiny")), "cpu")) {
            var size = model.size();
            var layout = model.description().layout(size);
            var requests = new ArrayList<Request>();
            for (int seed = 0; seed < EDITS; seed++) {
                var image = noise(size.width(), size.height(), seed);
                var mask = rectangle(size, new Random(seed));
                var edit = edit(model, image, mask);
                int[] tokens = model.generate(request(model, Decoders.AR, seed).editing(edit))
                        .tokens();
                var exact = request(model, Decoders.SJD_EXACT, seed).editing(edit);
                var edited = model.generate(exact);
                requests.add(exact);
                assertThat(edited.tokens()).as("seed %s", seed).isEqualTo(tokens);
                int[] others = model.generate(exact.withSeed(1000 + seed)).tokens();
                int anew = 0;
                for (int position = 0; position < layout.length(); position++) {
                    if (edit.isMasked(position)) {
                        anew++;
                    } else {
                        assertThat(others[position]).isEqualTo(tokens[position]);
                    }
                }
                assertThat(edit.maskedTokens()).isEqualTo(anew).isPositive();
                for (int i = 0; i < size.width() * size.height(); i++) {
                    int x = i % size.width();
                    int y = i / size.width();
                    if (!mask.at(x, y)) {
                        assertThat(edited.image().getRGB(x, y)).isEqualTo(image.getRGB(x, y));
                    }
                }
            }
            var together = model.generateAll(requests, new BatchLimits(4, 32));
            for (int seed = 0; seed < EDITS; seed++) {
                assertThat(together.get(seed).tokens())
                        .as("seed %s", seed)
                        .isEqualTo(model.generate(requests.get(seed)).tokens());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(TinyPublished.class)
    void everyFamilyEdits(TinyPublished family) {
        try (var model = TextToImage.open(family.write(directory.resolve(family.toString())), "cpu")) {
            var size = model.size();
            var image = noise(2 * size.width(), 2 * size.height(), 1);
            var random = new Random(3);
            for (int i = 0; i < 3; i++) {
                var edit = edit(model, image, rectangle(size, random));
                var slow = model.generate(request(model, Decoders.AR, i).editing(edit));
                var fast = model.generate(request(model, Decoders.SJD_EXACT, i).editing(edit));
                assertThat(fast.tokens()).isEqualTo(slow.tokens());
                assertThat(slow.statistics().steps()).isLessThanOrEqualTo(slow.tokens().length);
            }
        }
    }

    /** What is kept are the tokens that stand for the image: they make about the image again, and other images have others. */
    @Test
    void theTokensThatStayAreThoseOfTheImage() {
        try (var model = TextToImage.open(TinyCheckpoint.write(directory.resolve("again")), "cpu")) {
            var size = model.size();
            var corner = EditMask.rectangle(size.width() - 1, size.height() - 1, 1, 1, size.width(), size.height());
            var request = request(model, Decoders.AR, 1);
            int[] one = model.generate(request.editing(edit(model, noise(size.width(), size.height(), 5), corner)))
                    .tokens();
            int[] same = model.generate(request.editing(edit(model, noise(size.width(), size.height(), 5), corner)))
                    .tokens();
            int[] other = model.generate(request.editing(edit(model, noise(size.width(), size.height(), 6), corner)))
                    .tokens();
            assertThat(same).isEqualTo(one);
            int last = one.length - 1;
            assertThat(Arrays.copyOf(other, last)).isNotEqualTo(Arrays.copyOf(one, last));
        }
    }

    @Test
    void onlyWhatIsChosenTakesSteps() {
        try (var model = TextToImage.open(TinyCheckpoint.write(directory.resolve("steps")), "cpu")) {
            var size = model.size();
            int side = TinyCheckpoint.IMAGE_SIZE / TinyCheckpoint.GRID;
            var last = EditMask.rectangle(
                    size.width() - side, size.height() - side, side, side, size.width(), size.height());
            var edit = edit(model, noise(size.width(), size.height(), 5), last);
            assertThat(model.generate(request(model, Decoders.AR, 1).editing(edit))
                            .statistics()
                            .steps())
                    .isEqualTo(1);
        }
    }

    /** Transparent parts are made anew; in a mask without any, the white ones. */
    @Test
    void masksAreReadByTransparencyOrByWhite() throws IOException {
        var transparent = new BufferedImage(4, 4, BufferedImage.TYPE_INT_ARGB);
        var white = new BufferedImage(4, 4, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < 16; i++) {
            boolean anew = i % 3 == 0;
            transparent.setRGB(i % 4, i / 4, anew ? 0x00ffffff : 0xffffffff);
            white.getRaster().setSample(i % 4, i / 4, 0, anew ? 200 : 100);
        }
        for (var mask : List.of(EditMask.decode(png(transparent), "mask"), EditMask.decode(png(white), "mask"))) {
            for (int i = 0; i < 16; i++) {
                assertThat(mask.at(i % 4, i / 4)).as("pixel %s", i).isEqualTo(i % 3 == 0);
            }
        }
        assertThat(EditMask.transparentParts(png(transparent), "image").isEmpty())
                .isFalse();
        assertThat(EditMask.transparentParts(png(white), "image").isEmpty()).isTrue();
    }

    /** No pixel of the mask is lost where it is scaled. */
    @Test
    void aScaledMaskCoversTheMask() {
        var random = new Random(7);
        for (int i = 0; i < 200; i++) {
            var from = new ImageSize(1 + random.nextInt(40), 1 + random.nextInt(40));
            var to = new ImageSize(1 + random.nextInt(40), 1 + random.nextInt(40));
            int x = random.nextInt(from.width());
            int y = random.nextInt(from.height());
            var scaled =
                    EditMask.rectangle(x, y, 1, 1, from.width(), from.height()).scaled(to);
            for (int left = 0; left < to.width(); left++) {
                for (int top = 0; top < to.height(); top++) {
                    boolean expected =
                            overlap(x, from.width(), left, to.width()) && overlap(y, from.height(), top, to.height());
                    assertThat(scaled.at(left, top))
                            .as("%s,%s of %s in %s,%s of %s", x, y, from, left, top, to)
                            .isEqualTo(expected);
                }
            }
        }
    }

    /** Whether two pixels of two rulers of one length, of so many pixels each, overlap. */
    private static boolean overlap(int a, int ofA, int b, int ofB) {
        return a * ofB < (b + 1) * ofA && b * ofA < (a + 1) * ofB;
    }

    @Test
    void whatMakesNoSenseIsRefused() throws IOException {
        try (var model = TextToImage.open(TinyCheckpoint.write(directory.resolve("refused")), "cpu")) {
            var size = model.size();
            var image = noise(size.width(), size.height(), 5);
            var some = EditMask.rectangle(0, 0, 1, 1, size.width(), size.height());
            assertThatThrownBy(() -> edit(model, noise(40, 20, 1), some))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("40x20", "crop it");
            assertThatThrownBy(() -> edit(model, image, EditMask.rectangle(0, 0, 1, 1, 40, 20)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("the mask has 40x20 pixels");
            var black = EditMask.decode(png(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB)), "mask");
            assertThatThrownBy(() -> edit(model, image, black))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("nothing is to be made anew");
            assertThatThrownBy(() -> EditMask.rectangle(5, 5, 4, 4, 8, 8)).hasMessageContaining("not inside");
            assertThatThrownBy(() -> EditMask.rectangle(5, 5, Integer.MAX_VALUE, 1, 8, 8))
                    .hasMessageContaining("not inside");
            assertThatThrownBy(() -> EditMask.rectangle(0, 0, 0, 1, 8, 8)).hasMessageContaining("not inside");
            var edit = edit(model, image, some);
            var request = request(model, Decoders.AR, 1);
            assertThatThrownBy(() -> new Request(
                            "red",
                            "",
                            1,
                            Decoders.AR,
                            request.settings(),
                            request.sampling(),
                            new ImageSize(8, 8),
                            edit))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static byte[] png(BufferedImage image) throws IOException {
        var out = new ByteArrayOutputStream();
        ImageIO.write(image, "png", out);
        return out.toByteArray();
    }
}
