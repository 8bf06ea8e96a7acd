package org.sjd4j.server.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask. With a key, every request but those to {@code /livez} must carry it: as {@code Authorization: Bearer KEY}, or
 * as the password of {@code Basic}, which browsers ask their user for.
 *
 * <p>Without a key the server listens to this machine only; then the {@code Host} header must name this machine, so that no
 * page of another site reaches it under a name of its own (DNS rebinding). A request that a page sends must come from a
 * page of ours: {@code Origin} must be the address that was asked.
 */
public final class Access {
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]", "::1");
    private static final Optional<String> OPEN = Optional.of("/livez");

    private final byte @Nullable [] key;

    /** @param key without it only this machine is served */
    public Access(@Nullable String key) {
        this.key = key == null ? null : digest(key);
    }

    /** Whether an address is of this machine only. */
    public static boolean isLoopback(String host) {
        return LOOPBACK.contains(host.toLowerCase(Locale.ROOT));
    }

    /**
     * Lets a request pass.
     *
     * @throws ApiException if it may not
     */
    void check(Exchange exchange) {
        String host = exchange.header("Host");
        if (key == null && (host == null || !isLoopback(withoutPort(host)))) {
            throw ApiException.request(
                    403, "host_not_allowed", "This server answers to localhost only; for other names give it a key.");
        }
        String origin = exchange.header("Origin");
        if (origin != null && !origin.equals("http://" + host) && !origin.equals("https://" + host)) {
            throw ApiException.request(403, "origin_not_allowed", "Pages of other sites may not use this server.");
        }
        if (key != null && !exchange.path().equals(OPEN)) {
            String given = given(exchange.header("Authorization"));
            if (given == null || !MessageDigest.isEqual(key, digest(given))) {
                exchange.header("WWW-Authenticate", "Basic realm=\"sjd4j\", charset=\"UTF-8\"");
                throw ApiException.request(
                        401,
                        "invalid_api_key",
                        given == null
                                ? "No API key was given; send Authorization: Bearer KEY."
                                : "The API key is not the server's.");
            }
        }
    }

    private static @Nullable String given(@Nullable String authorization) {
        if (authorization == null) {
            return null;
        }
        String[] parts = authorization.strip().split(" +", 2);
        if (parts.length != 2) {
            return null;
        }
        return switch (parts[0].toLowerCase(Locale.ROOT)) {
            case "bearer" -> parts[1];
            case "basic" -> password(parts[1]);
            default -> null;
        };
    }

    private static @Nullable String password(String encoded) {
        try {
            String pair = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
            int colon = pair.indexOf(':');
            return colon < 0 ? null : pair.substring(colon + 1);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static String withoutPort(String host) {
        int colon = host.lastIndexOf(':');
        return colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
    }

    private static byte[] digest(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
