package org.sjd4j.api;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageInputStream;
import org.sjd4j.io.AtomicFile;
import org.w3c.dom.Node;

/**
 * PNG files that carry the {@link Recipe} of their image, one text chunk per value: {@code tEXt} for ASCII, {@code
 * iTXt} in UTF-8 for everything else (PNG specification, third edition, 11.3.3).
 */
public final class PngFile {
    private static final String FORMAT = "javax_imageio_png_1.0";
    private static final String SOFTWARE = "Software";
    private static final String SELF = "sjd4j";
    private static final long LARGEST = 64L << 20;
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

    private PngFile() {}

    /** The image as the bytes of a PNG file; the same image and recipe always give the same bytes. */
    public static byte[] encode(BufferedImage image, Recipe recipe) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
        var bytes = new ByteArrayOutputStream();
        try (var output = ImageIO.createImageOutputStream(bytes)) {
            IIOMetadata metadata = writer.getDefaultImageMetadata(
                    ImageTypeSpecifier.createFromRenderedImage(image), writer.getDefaultWriteParam());
            metadata.mergeTree(FORMAT, tree(recipe));
            writer.setOutput(output);
            writer.write(new IIOImage(image, null, metadata));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot encode a PNG in memory", e);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    private static Node tree(Recipe recipe) {
        var plain = new IIOMetadataNode("tEXt");
        var international = new IIOMetadataNode("iTXt");
        plain.appendChild(plainEntry(SOFTWARE, SELF));
        recipe.toText().forEach((name, value) -> {
            if (isPlain(value)) {
                plain.appendChild(plainEntry(name, value));
            } else {
                international.appendChild(internationalEntry(name, value));
            }
        });
        var root = new IIOMetadataNode(FORMAT);
        root.appendChild(plain);
        if (international.hasChildNodes()) {
            root.appendChild(international);
        }
        return root;
    }

    private static boolean isPlain(String value) {
        return value.chars().allMatch(c -> c >= ' ' && c <= '~');
    }

    private static IIOMetadataNode plainEntry(String keyword, String value) {
        var entry = new IIOMetadataNode("tEXtEntry");
        entry.setAttribute("keyword", keyword);
        entry.setAttribute("value", value);
        return entry;
    }

    private static IIOMetadataNode internationalEntry(String keyword, String text) {
        var entry = new IIOMetadataNode("iTXtEntry");
        entry.setAttribute("keyword", keyword);
        entry.setAttribute("compressionFlag", "FALSE");
        entry.setAttribute("compressionMethod", "0");
        entry.setAttribute("languageTag", "");
        entry.setAttribute("translatedKeyword", "");
        entry.setAttribute("text", text);
        return entry;
    }

    /**
     * Writes the image, atomically: the file is there whole or not at all.
     *
     * @throws UncheckedIOException if it cannot be written
     */
    public static void write(Path file, BufferedImage image, Recipe recipe) {
        AtomicFile.write(file, encode(image, recipe));
    }

    /**
     * Reads the recipe of an image.
     *
     * @throws PngFileException if the file is missing, no PNG, malformed, or carries no recipe
     */
    public static Recipe read(Path file) {
        Map<String, String> text = text(file);
        if (!SELF.equals(text.get(SOFTWARE))) {
            throw new PngFileException(file + " does not say how it was made: it was not written by sjd4j, or its"
                    + " text metadata was removed");
        }
        try {
            return Recipe.fromText(text);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new PngFileException(file + " has broken metadata: " + e.getMessage());
        }
    }

    private static Map<String, String> text(Path file) {
        byte[] bytes = bytes(file);
        if (!Arrays.equals(bytes, 0, Math.min(bytes.length, SIGNATURE.length), SIGNATURE, 0, SIGNATURE.length)) {
            throw new PngFileException(
                    file + " is no PNG file; only PNG files written by sjd4j say how they were made");
        }
        try (var input = ImageIO.createImageInputStream(new ByteArrayInputStream(bytes))) {
            return text(input);
        } catch (IOException | RuntimeException e) { // the reader meets malformed chunks with all sorts of exceptions
            throw new PngFileException(file + " is a damaged PNG file; restore it from a copy");
        }
    }

    private static byte[] bytes(Path file) {
        try {
            if (!Files.isRegularFile(file)) {
                throw new PngFileException(file + " is no file; check the path");
            }
            if (Files.size(file) > LARGEST) {
                throw new PngFileException(file + " is larger than " + (LARGEST >> 20) + " MiB; no image of ours is");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new PngFileException(file + " cannot be read; check its permissions");
        }
    }

    private static Map<String, String> text(ImageInputStream input) throws IOException {
        ImageReader reader = ImageIO.getImageReadersByFormatName("png").next();
        try {
            reader.setInput(input, true, false);
            var text = new LinkedHashMap<String, String>();
            Node root = reader.getImageMetadata(0).getAsTree(FORMAT);
            for (Node group = root.getFirstChild(); group != null; group = group.getNextSibling()) {
                String valueName = group.getNodeName().equals("tEXt") ? "value" : "text";
                boolean isText =
                        valueName.equals("value") || group.getNodeName().equals("iTXt");
                for (Node entry = group.getFirstChild(); isText && entry != null; entry = entry.getNextSibling()) {
                    var attributes = entry.getAttributes();
                    text.put(
                            attributes.getNamedItem("keyword").getNodeValue(),
                            attributes.getNamedItem(valueName).getNodeValue());
                }
            }
            return text;
        } finally {
            reader.dispose();
        }
    }
}
