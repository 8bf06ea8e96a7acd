package org.sjd4j.training.data;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** A hash that is the same in every Java version and on every machine: who is held out must never change by itself. */
final class StableHash {
    private StableHash() {}

    /** The first eight bytes of the SHA-256 digest of the text in UTF-8, big endian. */
    static long of(String text) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(digest).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The hash, read as a sample from 0 to 99. */
    static int percentile(String text) {
        return Math.floorMod(of(text), 100);
    }
}
