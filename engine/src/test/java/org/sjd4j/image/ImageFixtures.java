package org.sjd4j.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.zip.CRC32;
import org.sjd4j.checkpoint.Fixtures;

/** Image files of all kinds, and pieces to make others of. */
final class ImageFixtures {
    static final byte[] PNG_SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

    private ImageFixtures() {}

    /** What Pillow makes of a file: its size, as {@code 21x13}, and the SHA-256 of its RGB bytes. */
    record Golden(String size, String hash) {}

    static Path folder() {
        return Fixtures.folder().resolve("images");
    }

    static byte[] bytes(String name) {
        try {
            return Files.readAllBytes(folder().resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static SequencedMap<String, Golden> golden() throws IOException {
        var golden = new LinkedHashMap<String, Golden>();
        for (String line : Files.readAllLines(folder().resolve("golden.tsv"))) {
            String[] fields = line.split("\t");
            golden.put(fields[0], new Golden(fields[1], fields[2]));
        }
        return golden;
    }

    static byte[] joined(byte[]... parts) {
        var all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    static byte[] chunk(String type, byte[] content) {
        var body = joined(type.getBytes(StandardCharsets.US_ASCII), content);
        var sum = new CRC32();
        sum.update(body);
        return joined(number(content.length), body, number((int) sum.getValue()));
    }

    static byte[] number(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    /** A PNG file with a chunk more, behind its header. */
    static byte[] withChunk(byte[] png, byte[] chunk) {
        int header = PNG_SIGNATURE.length + 25;
        return joined(Arrays.copyOf(png, header), chunk, Arrays.copyOfRange(png, header, png.length));
    }

    /** A JPEG file with EXIF metadata. */
    static byte[] withExif(byte[] jpeg, byte[] tiff) {
        byte[] head = {
            (byte) 0xff, (byte) 0xd8, (byte) 0xff, (byte) 0xe1, (byte) (tiff.length + 8 >> 8), (byte) (tiff.length + 8)
        };
        return joined(
                head, "Exif\0\0".getBytes(StandardCharsets.US_ASCII), tiff, Arrays.copyOfRange(jpeg, 2, jpeg.length));
    }

    /** EXIF metadata with some other entries and an orientation. */
    static byte[] exif(ByteOrder order, int orientation) {
        var data = ByteBuffer.allocate(64).order(order);
        data.putShort((short) (order == ByteOrder.BIG_ENDIAN ? 0x4d4d : 0x4949))
                .putShort((short) 42)
                .putInt(8);
        data.putShort((short) 3);
        data.putShort((short) 0x010f).putShort((short) 2).putInt(4).put(new byte[] {'A', 'b', 'c', 0});
        data.putShort((short) 0x0112)
                .putShort((short) 3)
                .putInt(1)
                .putShort((short) orientation)
                .putShort((short) 0);
        data.putShort((short) 0x011a).putShort((short) 5).putInt(1).putInt(50);
        data.putInt(0).putInt(72).putInt(1);
        return data.array();
    }
}
