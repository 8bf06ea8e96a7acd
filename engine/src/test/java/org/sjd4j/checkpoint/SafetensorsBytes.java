package org.sjd4j.checkpoint;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Safetensors files put together by hand, so that tests can break every rule. */
final class SafetensorsBytes {

    private SafetensorsBytes() {}

    /** A file with this length prefix, right or wrong. */
    static byte[] file(long prefix, byte[] header, int dataSize) {
        return ByteBuffer.allocate(8 + header.length + dataSize)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(prefix)
                .put(header)
                .array();
    }

    /** A file with this header and so many bytes of zeros after it. */
    static byte[] file(String header, int dataSize) {
        byte[] utf8 = header.getBytes(StandardCharsets.UTF_8);
        return file(utf8.length, utf8, dataSize);
    }

    /** One member of a header. */
    static String entry(String name, String dtype, String shape, long begin, long end) {
        return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[" + begin + ","
                + end + "]}";
    }

    static SafetensorsFile parse(byte[] file) {
        return SafetensorsFile.parse(MemorySegment.ofArray(file), "test.safetensors");
    }
}
