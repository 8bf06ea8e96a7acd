package org.sjd4j.server.http;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A method and a path, and what answers it.
 *
 * @param method such as {@code GET}, which also answers HEAD
 * @param pattern a path whose segments may be {@code {name}}, for any one segment
 * @param handler answers
 */
public record Route(String method, String pattern, Handler handler) {

    /** Answers a request, or throws an {@link ApiException}. */
    @FunctionalInterface
    public interface Handler {
        /** Answers. */
        void handle(Exchange exchange) throws Exception;
    }

    /** The variables of a path that fits the pattern. */
    Optional<Map<String, String>> match(String path) {
        List<String> wanted = List.of(pattern.split("/", -1));
        List<String> found = List.of(path.split("/", -1));
        if (wanted.size() != found.size()) {
            return Optional.empty();
        }
        var variables = new HashMap<String, String>();
        for (int i = 0; i < found.size(); i++) {
            String segment = wanted.get(i);
            if (segment.startsWith("{") && !found.get(i).isEmpty()) {
                variables.put(segment.substring(1, segment.length() - 1), found.get(i));
            } else if (!segment.equals(found.get(i))) {
                return Optional.empty();
            }
        }
        return Optional.of(variables);
    }

    boolean answers(String asked) {
        return asked.equals(method) || asked.equals("HEAD") && method.equals("GET");
    }
}
