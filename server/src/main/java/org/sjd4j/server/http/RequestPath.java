package org.sjd4j.server.http;

import java.util.ArrayList;
import java.util.Optional;

/**
 * Reads the path of a request as a client means it. Clients put a base address before a path, so slashes come doubled: several
 * are one. Segments are decoded, {@code .} and {@code ..} are followed (RFC 3986, section 5.2.4). A path that can be read in two ways
 * is not read at all, because a proxy before this server may read it in the other way.
 */
final class RequestPath {
    private RequestPath() {}

    /**
     * The path with single slashes and decoded segments.
     *
     * @param raw as it stands in the request
     * @return nothing if the path is ambiguous or malformed: an encoded slash, question mark or dot segment, a control character, a
     *     wrong percent sign, bytes that are no UTF-8, {@code ..} above the root or after a double slash
     */
    static Optional<String> read(String raw) {
        if (!raw.startsWith("/")) {
            return Optional.empty();
        }
        String[] segments = raw.substring(1).split("/", -1);
        var path = new ArrayList<String>();
        boolean doubled = false;
        for (int i = 0; i < segments.length; i++) {
            boolean last = i == segments.length - 1;
            String segment = segments[i];
            if (segment.isEmpty() && !last) {
                doubled = true;
            } else if (segment.equals(".") || segment.equals("..")) {
                if (segment.equals("..") && (doubled || path.isEmpty())) {
                    return Optional.empty();
                }
                if (segment.equals("..")) {
                    path.removeLast();
                }
                if (last) {
                    path.add("");
                }
            } else {
                var decoded = decode(segment);
                if (decoded.isEmpty()) {
                    return Optional.empty();
                }
                path.add(decoded.get());
            }
        }
        return Optional.of("/" + String.join("/", path));
    }

    private static Optional<String> decode(String segment) {
        return PercentEncoding.decode(segment).filter(RequestPath::hasOneMeaning);
    }

    private static boolean hasOneMeaning(String decoded) {
        return !decoded.equals(".")
                && !decoded.equals("..")
                && decoded.indexOf('/') < 0
                && decoded.indexOf('?') < 0
                && decoded.chars().noneMatch(Character::isISOControl);
    }
}
