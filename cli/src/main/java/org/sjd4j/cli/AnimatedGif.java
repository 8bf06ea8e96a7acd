package org.sjd4j.cli;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import org.jspecify.annotations.Nullable;

/** An animation that plays again and again, with a rest on its last frame. */
final class AnimatedGif {
    private static final String FORMAT = "javax_imageio_gif_image_1.0";
    private static final int REST = 250;

    /** The application extension of Netscape 2.0: block 1, repeat without end. */
    private static final byte[] FOREVER = {1, 0, 0};

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final ImageWriter writer =
            ImageIO.getImageWritersByFormatName("gif").next();
    private final ImageOutputStream output;
    private final int delay;
    private @Nullable BufferedImage last;

    /**
     * Begins an animation.
     *
     * @param delay hundredths of a second per frame
     */
    AnimatedGif(int delay) {
        this.delay = delay;
        try {
            output = ImageIO.createImageOutputStream(bytes);
            writer.setOutput(output);
            writer.prepareWriteSequence(null);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot encode a GIF in memory", e);
        }
    }

    /** Adds a frame; all have the same size. */
    void add(BufferedImage frame) {
        if (last != null) {
            write(last, delay);
        }
        last = frame;
    }

    /** The whole file. */
    byte[] finish() {
        if (last != null) {
            write(last, REST);
        }
        try (output) {
            writer.endWriteSequence();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot encode a GIF in memory", e);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    private void write(BufferedImage frame, int centiseconds) {
        try {
            IIOMetadata metadata = writer.getDefaultImageMetadata(
                    ImageTypeSpecifier.createFromRenderedImage(frame), writer.getDefaultWriteParam());
            metadata.mergeTree(FORMAT, tree(centiseconds));
            writer.writeToSequence(new IIOImage(frame, null, metadata), writer.getDefaultWriteParam());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot encode a GIF in memory", e);
        }
    }

    private static IIOMetadataNode tree(int centiseconds) {
        var control = new IIOMetadataNode("GraphicControlExtension");
        control.setAttribute("disposalMethod", "none");
        control.setAttribute("userInputFlag", "FALSE");
        control.setAttribute("transparentColorFlag", "FALSE");
        control.setAttribute("delayTime", Integer.toString(centiseconds));
        control.setAttribute("transparentColorIndex", "0");
        var repeat = new IIOMetadataNode("ApplicationExtension");
        repeat.setAttribute("applicationID", "NETSCAPE");
        repeat.setAttribute("authenticationCode", "2.0");
        repeat.setUserObject(FOREVER);
        var extensions = new IIOMetadataNode("ApplicationExtensions");
        extensions.appendChild(repeat);
        var root = new IIOMetadataNode(FORMAT);
        root.appendChild(control);
        root.appendChild(extensions);
        return root;
    }
}
