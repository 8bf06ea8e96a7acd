package org.sjd4j.server.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.http.MultiPartFormData;
import org.eclipse.jetty.io.Content;

/**
 * The parts of a {@code multipart/form-data} body, in memory. A name may end with {@code []}, as clients write lists; it is left out.
 *
 * @param texts the fields that are no files, by name
 * @param files the files, by the name of their field
 */
public record FormData(Map<String, String> texts, Map<String, List<byte[]>> files) {
    private static final String LIST = "[]";
    private static final int MOST_PARTS = 64;
    private static final int MOST_HEADER_BYTES = 8 << 10;

    /**
     * Takes a body apart.
     *
     * @param contentType of the body, with its boundary
     * @throws ApiException if it is malformed
     */
    static FormData parse(String contentType, byte[] body) {
        String boundary = MultiPart.extractBoundary(contentType);
        if (boundary == null || boundary.isEmpty()) {
            throw malformed("its Content-Type has no boundary");
        }
        var parser = new MultiPartFormData.Parser(boundary);
        parser.setMaxParts(MOST_PARTS);
        parser.setPartHeadersMaxLength(MOST_HEADER_BYTES);
        parser.setMaxMemoryFileSize(-1); // nothing goes to disk
        try (var parts =
                parser.parse(Content.Source.from(ByteBuffer.wrap(body))).join()) {
            var texts = new LinkedHashMap<String, String>();
            var files = new LinkedHashMap<String, List<byte[]>>();
            for (MultiPart.Part part : parts) {
                add(part, texts, files);
            }
            return new FormData(texts, files);
        } catch (CompletionException | IllegalArgumentException | IllegalStateException | IOException e) {
            throw malformed("it does not end, has more than " + MOST_PARTS + " parts or is no form");
        }
    }

    private static void add(MultiPart.Part part, Map<String, String> texts, Map<String, List<byte[]>> files)
            throws IOException {
        String name = part.getName();
        if (name == null) {
            throw malformed("a part has no name");
        }
        String field = name.endsWith(LIST) ? name.substring(0, name.length() - LIST.length()) : name;
        byte[] bytes;
        try (var in = Content.Source.asInputStream(part.getContentSource())) {
            bytes = in.readAllBytes();
        }
        if (isFile(part)) {
            files.computeIfAbsent(field, _ -> new ArrayList<>()).add(bytes);
        } else if (texts.put(field, text(bytes)) != null) {
            throw malformed("a field is there twice");
        }
    }

    /** Some clients give a file no name but a type. */
    private static boolean isFile(MultiPart.Part part) {
        String type = part.getHeaders().get(HttpHeader.CONTENT_TYPE);
        return part.getFileName() != null || type != null && !type.startsWith("text/");
    }

    private static String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw malformed("a text is not in UTF-8");
        }
    }

    private static ApiException malformed(String why) {
        return ApiException.request(400, "invalid_multipart", "The multipart body is malformed: " + why + ".");
    }

    /** The names of all fields. */
    Set<String> names() {
        var names = new LinkedHashSet<>(texts.keySet());
        names.addAll(files.keySet());
        return names;
    }
}
