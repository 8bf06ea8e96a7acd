package org.sjd4j.server.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;

/** Percent-encoding (RFC 3986, section 2.1) of UTF-8, read strictly. */
final class PercentEncoding {
    /** What Jetty makes of bytes that are no UTF-8. */
    private static final char REPLACEMENT = '\uFFFD';

    private PercentEncoding() {}

    /** The text that is meant, or nothing if a percent sign has no two digits or the bytes are no UTF-8. */
    static Optional<String> decode(String encoded) {
        if (encoded.indexOf(REPLACEMENT) >= 0) {
            return Optional.empty();
        }
        byte[] raw = encoded.getBytes(StandardCharsets.UTF_8);
        var bytes = ByteBuffer.allocate(raw.length);
        for (int i = 0; i < raw.length; i++) {
            if (raw[i] != '%') {
                bytes.put(raw[i]);
            } else if (i + 2 < raw.length && HexFormat.isHexDigit(raw[i + 1]) && HexFormat.isHexDigit(raw[i + 2])) {
                bytes.put((byte) (16 * HexFormat.fromHexDigit(raw[i + 1]) + HexFormat.fromHexDigit(raw[i + 2])));
                i += 2;
            } else {
                return Optional.empty();
            }
        }
        try {
            return Optional.of(
                    StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }
}
