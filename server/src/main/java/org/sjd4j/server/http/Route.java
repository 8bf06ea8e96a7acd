package org.sjd4j.server.http;

import org.eclipse.jetty.http.pathmap.UriTemplatePathSpec;

/**
 * A method and a path, and what answers it.
 *
 * @param method such as {@code GET}, which also answers HEAD
 * @param path a template whose segments may be {@code {name}}, for any one segment
 * @param handler answers
 */
public record Route(String method, UriTemplatePathSpec path, Handler handler) {

    /** Answers a request, or throws an {@link ApiException}. */
    @FunctionalInterface
    public interface Handler {
        /** Answers. */
        void handle(Exchange exchange) throws Exception;
    }

    /** A route of a path's template as text. */
    public Route(String method, String path, Handler handler) {
        this(method, new UriTemplatePathSpec(path), handler);
    }

    boolean answers(String asked) {
        return asked.equals(method) || asked.equals("HEAD") && method.equals("GET");
    }
}
