package org.sjd4j.server.http;

import java.io.IOException;
import java.time.Duration;

/**
 * Finds out whether a client still listens that has ended its half of the connection. To TCP a client that has gone and one
 * that only sends no more (RFC 9112, section 9.6) look the same until something is sent to them: who has gone answers with a reset,
 * and the next write fails. So bytes that clients ignore are written, twice at once and then less and less often.
 */
final class ClientProbe {
    private static final Duration SECOND = Duration.ofMillis(20);
    private static final Duration SELDOM = Duration.ofSeconds(5);

    private Duration pause = Duration.ZERO;
    private long last = System.nanoTime();

    /** Writes something that the client ignores. */
    @FunctionalInterface
    interface Writing {
        void write() throws IOException;
    }

    /**
     * Probes if it is time to.
     *
     * @return whether the client has gone
     */
    boolean gone(Writing writing) {
        if (System.nanoTime() - last < pause.toNanos()) {
            return false;
        }
        try {
            writing.write();
        } catch (IOException e) {
            return true;
        }
        last = System.nanoTime();
        Duration doubled = pause.isZero() ? SECOND : pause.multipliedBy(2);
        pause = doubled.compareTo(SELDOM) < 0 ? doubled : SELDOM;
        return false;
    }
}
