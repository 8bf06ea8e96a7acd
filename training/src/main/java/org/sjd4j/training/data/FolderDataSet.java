package org.sjd4j.training.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.sjd4j.image.Alpha;
import org.sjd4j.image.ImageFileException;
import org.sjd4j.image.ImageFiles;

/**
 * A folder of images of any size with a list of captions: {@code captions.jsonl} with lines such as
 * <code>{"file": "cats/tom.jpg", "caption": "a grey cat"}</code>, or {@code captions.csv} with lines such as
 * {@code cats/tom.jpg,"a grey cat, asleep"}.
 *
 * <p>An image is cut to the square in its middle and resized. It has no background of its own: a variation's
 * background is not drawn and not named, a scale below 1 counts as 1, and where a shift leaves a gap the edge goes on.
 * About a tenth of the images is held out ({@link HeldOut}). Transparent pixels are laid on white, and an orientation
 * that a camera noted in the file is applied ({@link ImageFiles}).
 */
public final class FolderDataSet implements DataSet {

    private final int size;
    private final SequencedMap<CaptionedImage, Source> sources;
    private final List<CaptionedImage> examples;

    private record Source(Path file, String place) {}

    private record Listed(Path file, CaptionFile.Entry entry) {}

    private FolderDataSet(int size, SequencedMap<CaptionedImage, Source> sources) {
        this.size = size;
        this.sources = sources;
        this.examples = List.copyOf(sources.sequencedKeySet());
    }

    /**
     * Reads the list of captions and looks at every image's header.
     *
     * @param size width and height of the rendered images
     * @throws IllegalArgumentException if a line of the list is bad, or an image is missing, outside the folder, listed
     *     twice or not an image; the message gives the list, the line and the file
     * @throws UncheckedIOException if the folder cannot be read
     */
    public static FolderDataSet open(Path folder, int size) {
        if (!Files.isDirectory(folder)) {
            throw new IllegalArgumentException(folder + " should be a folder of images, but is not a folder");
        }
        if (size < 1) {
            throw new IllegalArgumentException("an image should have at least 1 pixel a side, but " + size);
        }
        try {
            var listed = new LinkedHashMap<String, Listed>();
            for (var entry : CaptionFile.read(folder)) {
                var file = locate(folder, entry);
                var id = folder.toRealPath().relativize(file).toString().replace('\\', '/');
                var earlier = listed.putIfAbsent(id, new Listed(file, entry));
                if (earlier != null) {
                    throw new IllegalArgumentException(entry.place() + ": " + entry.file() + " is listed already in "
                            + earlier.entry().place());
                }
                check(file, entry);
            }
            var heldOut = HeldOut.of(listed.keySet());
            var sources = new LinkedHashMap<CaptionedImage, Source>();
            listed.forEach((id, found) -> {
                var split = heldOut.contains(id) ? Split.HELD_OUT : Split.TRAIN;
                var example = new CaptionedImage(id, found.entry().caption(), "", "", split);
                sources.put(example, new Source(found.file(), found.entry().place()));
            });
            return new FolderDataSet(size, sources);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the images of " + folder, e);
        }
    }

    /** The real path of a listed image, which must lie in the folder, whatever links say. */
    static Path locate(Path folder, CaptionFile.Entry entry) throws IOException {
        Path root = folder.toAbsolutePath().normalize(); // the working directory has no name of its own to begin with
        Path file;
        try {
            file = root.resolve(entry.file()).normalize();
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException(entry.place() + ": " + entry.file() + " is not a file name", e);
        }
        var inside = file.startsWith(root);
        if (inside && !Files.isRegularFile(file)) {
            throw new IllegalArgumentException(entry.place() + ": there is no image " + entry.file());
        }
        if (!inside || !file.toRealPath().startsWith(folder.toRealPath())) {
            throw new IllegalArgumentException(entry.place() + ": " + entry.file() + " lies outside the folder");
        }
        return file.toRealPath();
    }

    private static void check(Path file, CaptionFile.Entry entry) {
        try {
            ImageFiles.check(file);
        } catch (ImageFileException e) {
            throw e.at(entry.place());
        }
    }

    @Override
    public List<CaptionedImage> examples() {
        return examples;
    }

    @Override
    public int size() {
        return size;
    }

    /** The caption as it is listed, whatever the variation. */
    @Override
    public String caption(CaptionedImage example, Variation variation) {
        return example.caption();
    }

    @Override
    public BufferedImage render(CaptionedImage example, Variation variation) {
        var image = decode(source(example));
        var side = Math.min(image.getWidth(), image.getHeight()) / Math.max(1, variation.scale());
        var pixel = side / size;
        var shiftX = (variation.mirror() ? -1 : 1) * variation.shiftX();
        var square = Resampling.square(
                image,
                (image.getWidth() - side) / 2 - shiftX * pixel,
                (image.getHeight() - side) / 2 - variation.shiftY() * pixel,
                side,
                size);
        return variation.mirror() ? mirrored(square) : square;
    }

    /**
     * The largest piece from the middle of an image that has the shape of a size, in that size.
     *
     * @throws IllegalArgumentException if the example is not from this data set, or its file is no image any more
     */
    public BufferedImage cut(CaptionedImage example, int width, int height) {
        var image = decode(source(example));
        var step = Math.min((double) image.getWidth() / width, (double) image.getHeight() / height);
        return Resampling.piece(
                image,
                (image.getWidth() - step * width) / 2,
                (image.getHeight() - step * height) / 2,
                step,
                width,
                height);
    }

    private Source source(CaptionedImage example) {
        var source = sources.get(example);
        if (source == null) {
            throw new IllegalArgumentException("no example '" + example.id() + "' in this data set");
        }
        return source;
    }

    private static BufferedImage decode(Source source) {
        try {
            return ImageFiles.read(source.file, Alpha.ON_WHITE);
        } catch (ImageFileException e) {
            throw e.at(source.place);
        }
    }

    private static BufferedImage mirrored(BufferedImage image) {
        var width = image.getWidth();
        var result = new BufferedImage(width, image.getHeight(), BufferedImage.TYPE_INT_RGB);
        for (var y = 0; y < image.getHeight(); y++) {
            for (var x = 0; x < width; x++) {
                result.setRGB(width - 1 - x, y, image.getRGB(x, y));
            }
        }
        return result;
    }
}
