package org.sjd4j.evaluation.report;

import java.awt.Color;
import java.awt.Image;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;

/** Images as the text of an {@code src} attribute. */
final class DataUri {
    private static final float QUALITY = 0.85f;

    private DataUri() {}

    /** An image without loss. */
    static String png(BufferedImage image) {
        return uri("png", pngBytes(image));
    }

    /**
     * An image in few bytes.
     *
     * @param widest it is scaled down to this width, in pixels
     */
    static String small(BufferedImage image, int widest) {
        var scaled = opaque(image, Math.min(widest, image.getWidth()));
        byte[] png = pngBytes(scaled);
        byte[] jpeg = jpegBytes(scaled);
        return png.length <= jpeg.length ? uri("png", png) : uri("jpeg", jpeg);
    }

    private static BufferedImage opaque(BufferedImage image, int width) {
        int height = Math.max(1, Math.round(image.getHeight() * (float) width / image.getWidth()));
        var opaque = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        var graphics = opaque.createGraphics();
        Image scaled =
                width == image.getWidth() ? image : image.getScaledInstance(width, height, Image.SCALE_AREA_AVERAGING);
        graphics.drawImage(scaled, 0, 0, Color.WHITE, null);
        graphics.dispose();
        return opaque;
    }

    private static byte[] pngBytes(BufferedImage image) {
        var bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot encode an image", e);
        }
        return bytes.toByteArray();
    }

    private static byte[] jpegBytes(BufferedImage image) {
        var bytes = new ByteArrayOutputStream();
        var writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        try (var stream = ImageIO.createImageOutputStream(bytes)) {
            var quality = writer.getDefaultWriteParam();
            quality.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            quality.setCompressionQuality(QUALITY);
            writer.setOutput(stream);
            writer.write(null, new IIOImage(image, null, null), quality);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot encode an image", e);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    private static String uri(String format, byte[] bytes) {
        return "data:image/" + format + ";base64," + Base64.getEncoder().encodeToString(bytes);
    }
}
