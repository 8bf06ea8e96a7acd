package org.sjd4j.server;

import java.time.Duration;
import org.sjd4j.server.http.BodyLimits;
import org.sjd4j.server.http.Lingering;

/**
 * What one connection may cost.
 *
 * @param idle how long it may be silent while nothing is awaited
 * @param heartbeat how long a stream of events may be silent before a comment shows that it lives
 * @param body of a request
 * @param lingering after the server has ended its half
 */
record ConnectionLimits(Duration idle, Duration heartbeat, BodyLimits body, Lingering.Limits lingering) {
    static final ConnectionLimits USUAL = new ConnectionLimits(
            Duration.ofMinutes(1), Duration.ofSeconds(5), BodyLimits.USUAL, Lingering.Limits.USUAL);
}
