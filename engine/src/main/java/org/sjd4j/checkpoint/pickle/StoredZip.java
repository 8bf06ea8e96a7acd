package org.sjd4j.checkpoint.pickle;

import static org.sjd4j.tensor.CheckpointException.quote;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.sjd4j.tensor.CheckpointException;

/**
 * The members of a mapped zip file whose members are stored as they are, so that they need not be copied out. Format:
 * PKWARE, {@code APPNOTE.TXT} 4.3 and 4.5.3 (zip64). The JDK's own reader does not tell where a member lies.
 */
public final class StoredZip {
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
    private final Map<String, Member> members = new LinkedHashMap<>();

    /** Where the bytes of a member are, and whether they are its content. */
    private record Member(MemorySegment bytes, boolean stored) {}

    private StoredZip(MemorySegment file, String source) {
        this.file = file;
        this.source = source;
    }

    /** Whether a file begins like a zip file. */
    public static boolean isZip(MemorySegment file) {
        return file.byteSize() >= Integer.BYTES && file.get(I32, 0) == LOCAL_HEADER;
    }

    /**
     * Reads the directory.
     *
     * @throws CheckpointException if the file is cut off or malformed
     */
    public static StoredZip read(MemorySegment file, String source) {
        var zip = new StoredZip(file, source);
        zip.readDirectory();
        return zip;
    }

    /** The names of all members, in the order of the directory. */
    public Set<String> names() {
        return members.keySet();
    }

    /**
     * The bytes of a member, where they lie.
     *
     * @throws CheckpointException if there is none of this name, or it is compressed or encrypted
     */
    public MemorySegment member(String name) {
        Member member = members.get(name);
        if (member == null || !member.stored()) {
            String state = member == null ? "no zip member " : "a compressed or encrypted zip member ";
            throw new CheckpointException(
                    source,
                    state + quote(name),
                    "one that is stored as it is",
                    "pack the file without compression, as PyTorch does (zip -0)");
        }
        return member.bytes();
    }

    private void readDirectory() {
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
        long at = directory;
        for (long i = 0; i < count; i++) {
            at = readMember(at);
        }
    }

    /** The end record: the last place where its signature stands, with a comment that reaches the end of the file. */
    private long end() {
        long last = file.byteSize() - END_SIZE;
        for (long at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
            if (i32(at) == END && u16(at + 20) == last - at) {
                return at;
            }
        }
        throw malformed("a zip file that is cut off, without the directory at its end");
    }

    private long readMember(long at) {
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
        boolean stored = method == 0 && size == packed && (flags & 1) == 0;
        if (i32(header) != LOCAL_HEADER) {
            throw malformed("no zip member " + quote(name) + " where the directory says");
        }
        long data = header + LOCAL_SIZE + u16(header + 26) + u16(header + 28);
        if (members.put(name, new Member(slice(data, packed), stored)) != null) {
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
