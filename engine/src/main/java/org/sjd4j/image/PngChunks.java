package org.sjd4j.image;

import java.nio.ByteBuffer;

/** The chunks of a PNG file (PNG specification, third edition, 5.3). */
final class PngChunks {
    private static final int SIGNATURE_BYTES = 8;
    private static final int FRAME_BYTES = 12;
    private static final int EXIF = 0x65584966;

    private PngChunks() {}

    /** The orientation that a chunk {@code eXIf} notes. */
    static Orientation orientation(byte[] file) {
        var data = ByteBuffer.wrap(file);
        for (long at = SIGNATURE_BYTES; at + FRAME_BYTES <= file.length; ) {
            int length = data.getInt((int) at);
            if (length < 0 || at + FRAME_BYTES + length > file.length) {
                break;
            }
            if (data.getInt((int) at + 4) == EXIF) {
                return TiffDirectory.of(data.slice((int) at + 8, length)).orientation();
            }
            at += FRAME_BYTES + length;
        }
        return Orientation.UPRIGHT;
    }
}
