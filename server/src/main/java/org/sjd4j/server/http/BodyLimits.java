package org.sjd4j.server.http;

import java.time.Duration;

/**
 * What the body of a request may cost.
 *
 * @param bytes at most
 * @param patience until its last byte
 */
public record BodyLimits(int bytes, Duration patience) {
    /** For JSON without files. */
    public static final BodyLimits USUAL = new BodyLimits(1 << 20, Duration.ofSeconds(30));

    /** For an image and a mask. */
    public static final BodyLimits IMAGES = new BodyLimits(16 << 20, Duration.ofSeconds(60));
}
