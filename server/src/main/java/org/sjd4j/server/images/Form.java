package org.sjd4j.server.images;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sjd4j.server.generate.RequestFields;
import org.sjd4j.server.http.Body;

/**
 * In what form images are wanted. What a field asks for and cannot be had is refused, not ignored.
 *
 * @param encoding of files
 * @param byUrl whether as addresses
 * @param quality that was asked for, for the answer
 * @param stream whether as events
 * @param previews while an image is generated
 * @param user of the client, or nothing: users take turns
 */
record Form(
        Encoding encoding,
        boolean byUrl,
        String quality,
        boolean stream,
        int previews,
        @Nullable String user) {
    private static final int MOST_PREVIEWS = 3;
    private static final List<String> QUALITIES = List.of("low", "medium", "high");
    private static final long NO_COMPRESSION = 100; // the default of the specification
    private static final String JPEG = "jpeg";

    static Form of(Body body) {
        String background = body.choice("background", List.of("transparent", "opaque", "auto"));
        if ("transparent".equals(background)) {
            throw Body.invalid("background", "opaque or auto; images here are not transparent");
        }
        var _ = body.choice("moderation", List.of("low", "auto"));
        var _ = body.choice("style", List.of("vivid", "natural"));
        String quality = body.choice("quality", List.of("auto", "low", "medium", "high", "standard", "hd"));
        Long previews = body.whole("partial_images", 0, MOST_PREVIEWS);
        return new Form(
                encoding(body),
                "url".equals(body.choice("response_format", List.of("url", "b64_json"))),
                quality == null || !QUALITIES.contains(quality) ? "high" : quality,
                Boolean.TRUE.equals(body.flag("stream")),
                previews == null ? 0 : previews.intValue(),
                RequestFields.user(body));
    }

    private static Encoding encoding(Body body) {
        String format = body.choice("output_format", List.of("png", JPEG, "webp"));
        Long compression = body.whole("output_compression", 0, 100);
        if ("webp".equals(format)) {
            throw Body.invalid("output_format", "png or jpeg; webp cannot be written here");
        }
        if (!JPEG.equals(format)) {
            if (compression != null && compression != NO_COMPRESSION) {
                throw Body.invalid("output_compression", "none unless output_format is jpeg");
            }
            return Encoding.PNG;
        }
        return new Encoding(JPEG, compression == null ? 1 : compression / 100f);
    }
}
