package org.sjd4j.training.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.training.data.CaptionedImage;
import org.sjd4j.training.data.FolderDataSet;
import org.sjd4j.training.loop.TrainingException;
import org.sjd4j.training.loop.TrainingListener;

/** Encoding that is stopped goes on with the shard that it was at. */
class TokenShardsTest {
    private static final int IMAGES = 40;
    private static final int STOP_AFTER = 20;

    @TempDir
    private Path directory;

    /** Writes down what it encodes. */
    private record Recorder(List<String> encoded) implements ImageEncoder {
        @Override
        public int atOnce() {
            return 1;
        }

        @Override
        public List<TokenizedImages.Image> encode(List<CaptionedImage> examples) {
            var images = new ArrayList<TokenizedImages.Image>();
            for (var example : examples) {
                encoded.add(example.id());
                int[] codes = {example.id().hashCode() & 0x7fff, 1};
                images.add(new TokenizedImages.Image(
                        example.id(), example.caption(), List.of("a box"), example.split(), true, codes));
            }
            return images;
        }
    }

    /** Asks to stop after so many images. */
    private static final class Stopper implements TrainingListener {
        private int done;

        @Override
        public void updated(long step, long steps, double loss, double secondsPerStep) {
            throw new AssertionError("nothing is trained");
        }

        @Override
        public void encoded(int images, int examples) {
            assertThat(examples).isEqualTo(IMAGES);
            assertThat(images).isBetween(done, done + 1);
            done = images;
        }

        @Override
        public boolean stopRequested() {
            return done == STOP_AFTER;
        }
    }

    private FolderDataSet data() throws IOException {
        var captions = new StringBuilder();
        for (int i = 0; i < IMAGES; i++) {
            var image = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
            ImageIO.write(image, "png", directory.resolve(i + ".png").toFile());
            captions.append("%s.png,image %s%n".formatted(i, i));
        }
        Files.writeString(directory.resolve("captions.csv"), captions);
        return FolderDataSet.open(directory, 8);
    }

    @Test
    void finishedShardsAreNotMadeAgain() throws IOException {
        var data = data();
        var ids = data.examples().stream().map(CaptionedImage::id).toList();
        Path tokens = directory.resolve("tokens");
        var first = new Recorder(new ArrayList<>());
        assertThatThrownBy(() -> TokenShards.readOrMake(data, first, tokens, new Stopper()))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("stopped with 20 of 40 images encoded");
        assertThat(first.encoded()).isEqualTo(ids.subList(0, STOP_AFTER));
        assertThat(TokenShards.areIn(tokens) || TokenizedImages.existsAt(tokens))
                .isFalse();

        var second = new Recorder(new ArrayList<>());
        var made = TokenShards.readOrMake(data, second, tokens, TrainingListener.SILENT);
        int kept = IMAGES - second.encoded().size();
        assertThat(kept).isBetween(1, STOP_AFTER);
        assertThat(second.encoded()).isEqualTo(ids.subList(kept, IMAGES));
        assertThat(made.images())
                .usingRecursiveFieldByFieldElementComparator()
                .isEqualTo(new Recorder(new ArrayList<>()).encode(data.examples()));

        var third = new Recorder(new ArrayList<>());
        TokenShards.readOrMake(data, third, tokens, TrainingListener.SILENT);
        assertThat(third.encoded()).isEmpty();
    }
}
