package org.sjd4j.server.http;

import org.jspecify.annotations.Nullable;

/** A request that is refused: the status and the four values of OpenAI's error object. */
public final class ApiException extends RuntimeException {
    private static final String REQUEST = "invalid_request_error";

    private final int status;
    private final String type;
    private final @Nullable String param;
    private final @Nullable String code;
    private final int retryAfterSeconds;

    private ApiException(
            int status,
            String message,
            String type,
            @Nullable String param,
            @Nullable String code,
            int retryAfterSeconds) {
        super(message, null, false, false);
        this.status = status;
        this.type = type;
        this.param = param;
        this.code = code;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    /** 400: a field is wrong. */
    public static ApiException field(String param, String code, String message) {
        return new ApiException(400, message, REQUEST, param, code, 0);
    }

    /** 400 to 499, or 505: the request as a whole is wrong. */
    public static ApiException request(int status, String code, String message) {
        return new ApiException(status, message, REQUEST, null, code, 0);
    }

    /** 429: too much is asked for at once. */
    public static ApiException busy(String message, int retryAfterSeconds) {
        return new ApiException(429, message, "rate_limit_error", null, "queue_full", retryAfterSeconds);
    }

    /** 500: our fault; the message must not tell more than an id. */
    public static ApiException server(String message) {
        return new ApiException(500, message, "server_error", null, null, 0);
    }

    /** 503: not now. */
    public static ApiException unavailable(String code, String message, int retryAfterSeconds) {
        return new ApiException(503, message, "server_error", null, code, retryAfterSeconds);
    }

    /** HTTP's status. */
    public int status() {
        return status;
    }

    /** Seconds after which to try again; 0 for never. */
    public int retryAfterSeconds() {
        return retryAfterSeconds;
    }

    /** The body. */
    public ErrorBody body() {
        return new ErrorBody(new ErrorBody.Details(getMessage(), type, param, code));
    }

    /** OpenAI's error object; all four values are always there. */
    public record ErrorBody(Details error) {
        /** What was wrong. */
        public record Details(
                @Nullable String message,
                String type,
                @Nullable String param,
                @Nullable String code) {}
    }
}
