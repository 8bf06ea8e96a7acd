package org.sjd4j.server.images;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.PngFile;
import org.sjd4j.api.Recipe;

/**
 * A file format of images.
 *
 * @param name {@code png} or {@code jpeg}
 * @param quality of JPEG, 0 to 1
 */
public record Encoding(String name, float quality) {
    /** PNG. */
    public static final Encoding PNG = new Encoding("png", 1);

    /** The type that HTTP calls it. */
    public String mediaType() {
        return "image/" + name;
    }

    /**
     * An image as a file.
     *
     * @param recipe of a finished image, which PNG keeps; nothing for a preview
     */
    public byte[] encode(BufferedImage image, @Nullable Recipe recipe) {
        try {
            if (name.equals(PNG.name)) {
                return recipe == null ? plain(image) : PngFile.encode(image, recipe);
            }
            return jpeg(image);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot encode an image in memory", e);
        }
    }

    private static byte[] plain(BufferedImage image) throws IOException {
        var bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        return bytes.toByteArray();
    }

    private byte[] jpeg(BufferedImage image) throws IOException {
        var writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        var bytes = new ByteArrayOutputStream();
        try (var out = ImageIO.createImageOutputStream(bytes)) {
            var parameters = writer.getDefaultWriteParam();
            parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            parameters.setCompressionQuality(quality);
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), parameters);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }
}
