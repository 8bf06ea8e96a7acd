package org.sjd4j.tensor;

import static org.sjd4j.tensor.CheckpointException.quote;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The members of a mapped zip file whose members are stored as they are, so that they need not be copied out. Format:
 * PKWARE, {@code APPNOTE.TXT} 4.3 and 4.5.3 (zip64). The JDK's own reader does not tell where a member lies.
 */
final class StoredZip {
    private static final int LOCAL_HEADER = 0x04034b50;
    private static final int CENTRAL_HEADER = 0x02014b50;
    private static final int END = 0x06054b50;
    private static final int END_64 = 0x06064b50;
    private static final int LOCATOR_64 = 0x07064b50;
    private static final int LONGEST_COMMENT = 0xffff;
    private static final int END_SIZE = 22;
    private static final int LOCATOR_SIZE = 20;
    private static final int CENTRAL_SIZE = 46;
    private static final int LOCAL_SIZE = 30;
    private static final int EXTRA_64 = 1;
    private static final long UNSET = 0xffffffffL;
    private static final int UNSET_COUNT = 0xffff;
    private static final String ADVICE = "download the file again";

    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment file;
    private final String source;

    private StoredZip(MemorySegment file, String source) {
        this.file = file;
        this.source = source;
    }

    /** Whether a file begins like a zip file. */
    static boolean isZip(MemorySegment file) {
        return file.byteSize() >= Integer.BYTES && file.get(I32, 0) == LOCAL_HEADER;
    }

    /**
     * The members by name.
     *
     * @throws CheckpointException if the file is cut off or malformed, or a member is compressed or encrypted
     */
    static Map<String, MemorySegment> members(MemorySegment file, String source) {
        return new StoredZip(file, source).read();
    }

    private Map<String, MemorySegment> read() {
        long end = end();
        long count = u16(end + 10);
        long directory = u32(end + 16);
        if (count == UNSET_COUNT || directory == UNSET) {
            long locator = end - LOCATOR_SIZE;
            if (locator < 0 || i32(locator) != LOCATOR_64) {
                throw malformed("a zip file without its zip64 locator");
            }
            long end64 = i64(locator + 8);
            if (i32(end64) != END_64) {
                throw malformed("a zip file without its zip64 directory");
            }
            count = i64(end64 + 32);
            directory = i64(end64 + 48);
        }
        if (count < 0 || count > file.byteSize() / CENTRAL_SIZE) {
            throw malformed("a zip directory of " + count + " members");
        }
        var members = new LinkedHashMap<String, MemorySegment>();
        long at = directory;
        for (long i = 0; i < count; i++) {
            at = member(at, members);
        }
        return members;
    }

    /** The end record: the last place where its signature stands, with a comment that reaches the end of the file. */
    private long end() {
        long last = file.byteSize() - END_SIZE;
        for (long at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
            if (i32(at) == END && u16(at + 20) == last - at) {
                return at;
            }
        }
        throw malformed("a zip file without its directory");
    }

    private long member(long at, Map<String, MemorySegment> members) {
        if (i32(at) != CENTRAL_HEADER) {
            throw malformed("a broken zip directory");
        }
        int flags = u16(at + 8);
        int method = u16(at + 10);
        long packed = u32(at + 20);
        long size = u32(at + 24);
        int nameLength = u16(at + 28);
        int extraLength = u16(at + 30);
        long header = u32(at + 42);
        String name =
                new String(slice(at + CENTRAL_SIZE, nameLength).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        long extra = at + CENTRAL_SIZE + nameLength;
        long next = extra + extraLength + u16(at + 32);
        for (long field = extra; field + 4 <= extra + extraLength; field += 4 + u16(field + 2)) {
            if (u16(field) == EXTRA_64) {
                long value = field + 4;
                if (size == UNSET) {
                    size = i64(value);
                    value += Long.BYTES;
                }
                if (packed == UNSET) {
                    packed = i64(value);
                    value += Long.BYTES;
                }
                if (header == UNSET) {
                    header = i64(value);
                }
            }
        }
        if (method != 0 || size != packed || (flags & 1) != 0) {
            throw malformed("the zip member " + quote(name) + ", which is compressed or encrypted");
        }
        if (i32(header) != LOCAL_HEADER) {
            throw malformed("no zip member " + quote(name) + " where the directory says");
        }
        long data = header + LOCAL_SIZE + u16(header + 26) + u16(header + 28);
        if (members.put(name, slice(data, size)) != null) {
            throw malformed("two zip members " + quote(name));
        }
        return next;
    }

    private int u16(long at) {
        return Short.toUnsignedInt(slice(at, Short.BYTES).get(U16, 0));
    }

    private int i32(long at) {
        return slice(at, Integer.BYTES).get(I32, 0);
    }

    private long u32(long at) {
        return Integer.toUnsignedLong(i32(at));
    }

    private long i64(long at) {
        return slice(at, Long.BYTES).get(I64, 0);
    }

    private MemorySegment slice(long at, long size) {
        if (at < 0 || size < 0 || at > file.byteSize() - size) {
            throw malformed("a zip file that is cut off");
        }
        return file.asSlice(at, size);
    }

    private CheckpointException malformed(String found) {
        return new CheckpointException(source, found, "a whole zip file of stored members", ADVICE);
    }
}
