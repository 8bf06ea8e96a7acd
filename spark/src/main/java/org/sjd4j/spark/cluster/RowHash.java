package org.sjd4j.spark.cluster;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The number of a row whose name is a text: the same in every Java version and on every machine. */
public final class RowHash {
    private RowHash() {}

    /** The first eight bytes of the SHA-256 digest of the text in UTF-8, big endian. */
    public static long of(String id) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(digest).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
