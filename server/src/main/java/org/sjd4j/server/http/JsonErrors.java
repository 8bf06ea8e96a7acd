package org.sjd4j.server.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
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
        // Jetty closes the connection, but does not say so where it could not read the first line
        response.getHeaders().put(HttpHeader.CONNECTION, "close");
        response.write(true, ByteBuffer.wrap(body(code)), callback);
    }

    /** Every method has a body in its answer but HEAD, which Jetty sees to. */
    @Override
    public boolean errorPageForMethod(String method) {
        return true;
    }

    private static byte[] body(int status) {
        var error = switch (status) {
            case 408 -> ApiException.request(408, "request_timeout", "The request took too long.");
            case 413 -> ApiException.request(413, "request_too_large", "The request is too large.");
            case 414 -> ApiException.request(414, "url_too_long", "The address of the request is too long.");
            case 417 ->
                ApiException.request(417, "expectation_failed", "Only Expect: 100-continue is understood here.");
            case 426, 505 ->
                ApiException.request(
                        status, "http_version_not_supported", "Send the request by HTTP/1.1, found another version.");
            case 431 -> ApiException.request(431, "headers_too_large", "The headers of the request are too large.");
            case 503 -> ApiException.unavailable("shutting_down", "The server is shutting down.", 0);
            default ->
                status >= 500
                        ? ApiException.server("The server had an error.")
                        : ApiException.request(
                                status,
                                "bad_request",
                                "The request is malformed: its first line or a header is not as HTTP/1.1 has it.");
        };
        return Json.write(error.body()).getBytes(StandardCharsets.UTF_8);
    }
}
