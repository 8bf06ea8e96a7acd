package org.sjd4j.checkpoint.pickle;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.sjd4j.tensor.CheckpointException;

/** The bytes of pickles one after the other, in the encodings of their opcodes; nothing is read beyond their end. */
final class PickleBytes {
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment bytes;
    private final String source;
    private long at;

    PickleBytes(MemorySegment bytes, String source) {
        this.bytes = bytes;
        this.source = source;
    }

    /** Where the next byte will be read. */
    long position() {
        return at;
    }

    /** An unsigned byte. */
    int u1() {
        return Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, take(1)));
    }

    /** An unsigned number of two bytes. */
    int u2() {
        return Short.toUnsignedInt(bytes.get(U16, take(2)));
    }

    /** A number of four bytes. */
    int i4() {
        return bytes.get(I32, take(4));
    }

    /** An unsigned number of four bytes. */
    long u4() {
        return Integer.toUnsignedLong(i4());
    }

    /** A number of eight bytes. */
    long i8() {
        return bytes.get(I64, take(8));
    }

    /** A number in two's complement, lowest byte first. */
    BigInteger integer(int length) {
        byte[] little = array(length);
        byte[] big = new byte[length + 1];
        for (int i = 0; i < length; i++) {
            big[length - i] = little[i];
        }
        if (length > 0) {
            big[0] = (byte) (little[length - 1] >> 7);
        }
        return new BigInteger(big);
    }

    /** Text in UTF-8. */
    String text(int length) {
        return new String(array(length), StandardCharsets.UTF_8);
    }

    private byte[] array(int length) {
        return bytes.asSlice(take(length), length).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Passes over bytes. */
    void skip(long count) {
        take(count);
    }

    /** The bytes up to the next end of line, which is passed over: Latin-1, at most {@code most} of them. */
    String line(int most) {
        long begin = at;
        while (u1() != '\n') {
            if (at - begin > most) {
                throw malformed("a line of more than " + most + " bytes", "a shorter one");
            }
        }
        return new String(
                bytes.asSlice(begin, at - 1 - begin).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
    }

    private long take(long count) {
        if (count < 0 || count > bytes.byteSize() - at) {
            throw new CheckpointException(
                    source,
                    "a file that is cut off within its pickle, at byte " + bytes.byteSize(),
                    "a complete file",
                    "download the file again");
        }
        long begin = at;
        at += count;
        return begin;
    }

    /** The error for a pickle that no Python would write. */
    CheckpointException malformed(String found, String expected) {
        return new CheckpointException(source, found, expected, "download the file again");
    }
}
