package org.sjd4j.server.images;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.LongSupplier;
import org.sjd4j.server.http.ApiException;

/** Images under addresses that nobody can guess, for an hour, or less if there are many. Safe for use by many threads. */
final class Links {
    static final Duration LIFE = Duration.ofHours(1);
    private static final long MOST_BYTES = 64L << 20;

    private final SecureRandom random = new SecureRandom();
    private final SequencedMap<String, Link> links = new LinkedHashMap<>();
    private final LongSupplier clock;
    private long bytes;

    Links() {
        this(System::nanoTime);
    }

    /** @param clock in nanoseconds */
    Links(LongSupplier clock) {
        this.clock = clock;
    }

    /** An image. */
    @SuppressWarnings("ArrayRecordComponent") // read, never compared
    record Link(byte[] file, String mediaType, long expires) {}

    synchronized String add(byte[] file, Encoding encoding) {
        byte[] name = new byte[16];
        random.nextBytes(name);
        String id = HexFormat.of().formatHex(name) + "." + encoding.name();
        links.put(id, new Link(file, encoding.mediaType(), clock.getAsLong() + LIFE.toNanos()));
        bytes += file.length;
        while (links.size() > 1
                && (bytes > MOST_BYTES || expired(links.firstEntry().getValue()))) {
            bytes -= links.pollFirstEntry().getValue().file.length;
        }
        return id;
    }

    synchronized Link get(String id) {
        Link link = links.get(id);
        if (link == null || expired(link)) {
            throw ApiException.request(404, "not_found", "There is no such image, or its time is over.");
        }
        return link;
    }

    private boolean expired(Link link) {
        return clock.getAsLong() - link.expires > 0;
    }
}
