package org.sjd4j.image;

import java.io.EOFException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/**
 * The first directory of a TIFF file (TIFF 6.0, section 2), which is also the form of EXIF metadata in other files.
 * Entries that are missing or broken count as absent.
 */
final class TiffDirectory {
    static final int COMPRESSION = 0x0103;
    static final int PHOTOMETRIC = 0x0106;
    static final int COLOR_MAP = 0x0140;

    private static final int ORIENTATION = 0x0112;
    private static final int LITTLE_ENDIAN = 0x4949;
    private static final int BIG_ENDIAN = 0x4d4d;
    private static final int MAGIC = 42;
    private static final int ENTRY_BYTES = 12;
    private static final int SHORT = 3;
    private static final int LONG = 4;

    /** The bytes of a value, by the number of its type. */
    private static final int[] TYPE_BYTES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};

    private final ByteBuffer data;

    /** Where the entries of tags begin. */
    private final Map<Integer, Integer> entries = new HashMap<>();

    private TiffDirectory(ByteBuffer data) {
        this.data = data;
    }

    /**
     * Reads the directory.
     *
     * @param tiff begins with the byte order
     */
    static TiffDirectory of(ByteBuffer tiff) {
        var directory = new TiffDirectory(tiff.slice());
        try {
            directory.read();
        } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException _) {
            // an offset leads out of the file: what was found before it counts
        }
        return directory;
    }

    private void read() {
        short order = data.getShort();
        data.order(order == LITTLE_ENDIAN ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        if (order != LITTLE_ENDIAN && order != BIG_ENDIAN || data.getShort() != MAGIC) {
            return;
        }
        data.position(data.getInt());
        int count = Short.toUnsignedInt(data.getShort());
        for (int at = data.position(), i = 0; i < count; i++, at += ENTRY_BYTES) {
            data.get(at + ENTRY_BYTES - 1); // the entry is whole
            entries.putIfAbsent(Short.toUnsignedInt(data.getShort(at)), at);
        }
    }

    /**
     * Checks that all values lie within the file. Without those that lie beyond its end, pixels would be taken for others.
     *
     * @throws EOFException if not
     */
    void requireWhole() throws EOFException {
        for (int at : entries.values()) {
            int type = Short.toUnsignedInt(data.getShort(at + 2));
            long bytes =
                    (type < TYPE_BYTES.length ? TYPE_BYTES[type] : 0) * Integer.toUnsignedLong(data.getInt(at + 4));
            if (bytes > Integer.BYTES && Integer.toUnsignedLong(data.getInt(at + 8)) + bytes > data.limit()) {
                throw new EOFException("it breaks off");
            }
        }
    }

    /** How the camera was held. */
    Orientation orientation() {
        return Orientation.of(number(ORIENTATION, 0));
    }

    /** The value of a tag that has one value of type SHORT or LONG, or another number if there is none. */
    long number(int tag, long otherwise) {
        Integer at = entries.get(tag);
        if (at == null || data.getInt(at + 4) != 1) {
            return otherwise;
        }
        return switch (data.getShort(at + 2)) {
            case SHORT -> Short.toUnsignedLong(data.getShort(at + 8));
            case LONG -> Integer.toUnsignedLong(data.getInt(at + 8));
            default -> otherwise;
        };
    }

    /** The values of a tag of type SHORT whose values lie elsewhere in the file; empty if there are none. */
    int[] shorts(int tag) {
        Integer at = entries.get(tag);
        if (at == null || data.getShort(at + 2) != SHORT) {
            return new int[0];
        }
        long count = Integer.toUnsignedLong(data.getInt(at + 4));
        long begin = Integer.toUnsignedLong(data.getInt(at + 8));
        if (count < 3 || begin + 2 * count > data.limit()) {
            return new int[0];
        }
        int[] values = new int[(int) count];
        for (int i = 0; i < values.length; i++) {
            values[i] = Short.toUnsignedInt(data.getShort((int) begin + 2 * i));
        }
        return values;
    }
}
