package org.sjd4j.server.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** The errors that Jetty finds before a route is asked, such as malformed requests, in the shape of all others. */
public final class JsonErrors extends ErrorHandler {
    @Override
    protected void generateResponse(
            Request request,
            Response response,
            int code,
            @Nullable String message,
            @Nullable Throwable cause,
            Callback callback) {
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
        response.getHeaders().put(Router.REQUEST_ID, Router.newId());
        response.write(true, ByteBuffer.wrap(body(code)), callback);
    }

    @Override
    public ByteBuffer badMessageError(int status, @Nullable String reason, HttpFields.Mutable fields) {
        fields.put(HttpHeader.CONTENT_TYPE, "application/json");
        fields.put(Router.REQUEST_ID, Router.newId());
        return ByteBuffer.wrap(body(status));
    }

    private static byte[] body(int status) {
        var error = switch (status) {
            case 413 -> ApiException.request(413, "request_too_large", "The request is too large.");
            case 431 -> ApiException.request(431, "headers_too_large", "The headers of the request are too large.");
            case 414 -> ApiException.request(414, "url_too_long", "The address of the request is too long.");
            case 503 -> ApiException.unavailable("shutting_down", "The server is shutting down.", 0);
            default ->
                status >= 500
                        ? ApiException.server("The server had an error.")
                        : ApiException.request(status, "bad_request", "The request is malformed.");
        };
        return Json.write(error.body()).getBytes(StandardCharsets.UTF_8);
    }
}
