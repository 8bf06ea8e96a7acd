package org.sjd4j.server.http;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** One request and its response, for handlers that block. */
public final class Exchange {
    private static final String JSON = "application/json";
    private static final String FORM = "multipart/form-data";
    private static final int LOOKED_BYTES = 256;
    private static final long PROBE_SECONDS = 5;

    private final Request request;
    private final Response response;
    private final Callback callback;
    private final String id;
    private final Map<String, String> variables = new HashMap<>();
    private final BodyLimits limits;
    private final ByteBuffer looked = ByteBuffer.allocate(LOOKED_BYTES);
    private final ClientProbe probe = new ClientProbe();
    private @Nullable EventStream events;

    Exchange(Request request, Response response, Callback callback, String id, BodyLimits limits) {
        this.request = request;
        this.response = response;
        this.callback = callback;
        this.id = id;
        this.limits = limits;
    }

    /** Names this exchange in logs and messages. */
    public String id() {
        return id;
    }

    /** GET, POST, ... */
    public String method() {
        return request.getMethod();
    }

    /** The path with decoded segments and single slashes, or nothing if it can be read in more than one way. */
    Optional<String> path() {
        return RequestPath.read(rawPath());
    }

    /** The path as it came. */
    String rawPath() {
        String path = request.getHttpURI().getPath();
        return path == null ? "" : path; // CONNECT has none
    }

    /** What stands where the route's pattern has {@code {name}}. */
    public String variable(String name) {
        String value = variables.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the route has no variable " + name);
        }
        return value;
    }

    void set(Map<String, String> matched) {
        variables.putAll(matched);
    }

    /** A header's value, if there is one. */
    public @Nullable String header(String name) {
        return request.getHeaders().get(name);
    }

    /** A parameter of the query, if there is one. */
    public @Nullable String query(String name) {
        return query().getValue(name);
    }

    /** All parameters of the query. */
    public Fields query() {
        String raw = request.getHttpURI().getQuery();
        if (raw != null && PercentEncoding.decode(raw).isEmpty()) {
            throw malformedQuery();
        }
        try {
            return Request.extractQueryParameters(request);
        } catch (RuntimeException e) {
            throw malformedQuery();
        }
    }

    private static ApiException malformedQuery() {
        return ApiException.request(400, "invalid_value", "The query of the address is malformed.");
    }

    /** Who asks: the key's fingerprint would be the same for all, so it is the address. */
    public String client() {
        return Request.getRemoteAddr(request);
    }

    /**
     * The body, which must be one JSON object.
     *
     * @throws ApiException if it is too large, of another type or malformed
     */
    public ObjectNode json() {
        return json(limits);
    }

    /** As {@link #json()}, with limits of its own. */
    public ObjectNode json(BodyLimits own) {
        require(JSON);
        return Json.object(body(own));
    }

    /** Whether the body is a form with files, or says that it is. */
    public boolean isForm() {
        return mediaType().equals(FORM);
    }

    /**
     * The body, which must be a form with files.
     *
     * @throws ApiException if it is too large, of another type or malformed
     */
    public FormData form(BodyLimits own) {
        require(FORM);
        return FormData.parse(String.valueOf(header("Content-Type")), body(own));
    }

    private String mediaType() {
        String type = header("Content-Type");
        return type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    }

    private void require(String media) {
        if (!mediaType().equals(media)) {
            String type = header("Content-Type");
            throw ApiException.request(
                    415,
                    "unsupported_media_type",
                    "Expected Content-Type: " + media + ", found " + (type == null ? "none" : type) + ".");
        }
        String coding = header("Content-Encoding");
        if (coding != null && !coding.equalsIgnoreCase("identity")) {
            throw ApiException.request(
                    415, "unsupported_content_encoding", "Send the body as it is, without Content-Encoding.");
        }
    }

    private byte[] body(BodyLimits limits) {
        if (request.getLength() > limits.bytes()) {
            throw tooLarge(limits);
        }
        var late = new AtomicBoolean();
        var slow = request.getComponents()
                .getScheduler()
                .schedule(
                        () -> {
                            late.set(true);
                            request.fail(new IOException("the body took too long"));
                        },
                        limits.patience().toMillis(),
                        TimeUnit.MILLISECONDS);
        try (var in = Content.Source.asInputStream(request)) {
            byte[] bytes = in.readNBytes(limits.bytes() + 1);
            if (bytes.length > limits.bytes()) {
                throw tooLarge(limits);
            }
            return bytes;
        } catch (IOException e) {
            if (late.get()) {
                throw ApiException.request(
                        408,
                        "request_timeout",
                        "The body of the request took longer than %s seconds."
                                .formatted(limits.patience().toSeconds()));
            }
            throw ApiException.request(400, "invalid_request", "The body of the request could not be read to its end.");
        } finally {
            slow.cancel();
        }
    }

    private static ApiException tooLarge(BodyLimits limits) {
        return ApiException.request(
                413, "request_too_large", "The body of the request is larger than " + limits.bytes() + " bytes.");
    }

    /**
     * Whether the client has gone. One that has only ended its half of the connection still waits for the answer; whether it
     * does is found out by a {@link ClientProbe}: a comment in a stream of events, 102 (Processing) before an answer. Clients of HTTP/1.0
     * know no such thing, so those have gone when their half ends.
     *
     * <p>A client that only waits sends nothing; bytes of a next request, which hardly any client sends before it has the
     * answer, are lost and end the connection after this one.
     */
    public boolean gone() {
        EndPoint end = endPoint();
        if (!end.isOpen()) {
            return true;
        }
        try {
            int read = end.fill(looked.clear().flip());
            while (read > 0) {
                closeAfterwards();
                read = end.fill(looked.clear().flip());
            }
            if (read == 0) {
                return false;
            }
        } catch (IOException e) {
            return true;
        }
        closeAfterwards();
        EventStream stream = events;
        if (stream != null) {
            return probe.gone(stream::ping);
        }
        return request.getConnectionMetaData().getHttpVersion() != HttpVersion.HTTP_1_1
                || probe.gone(this::sayProcessing);
    }

    private EndPoint endPoint() {
        return request.getConnectionMetaData().getConnection().getEndPoint();
    }

    private void closeAfterwards() {
        if (!response.isCommitted()) {
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
        }
    }

    private void sayProcessing() throws IOException {
        try {
            response.writeInterim(HttpStatus.PROCESSING_102, HttpFields.EMPTY).get(PROBE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the client reads nothing", e);
        }
    }

    /** Where the client sees this server; a proxy before it says whether that is by HTTPS. */
    public String origin() {
        return ("https".equalsIgnoreCase(header("X-Forwarded-Proto")) ? "https://" : "http://") + header("Host");
    }

    /** Sets a header of the response. */
    public void header(String name, String value) {
        response.getHeaders().put(name, value);
    }

    /** Answers with a value as JSON. */
    public void reply(int status, Object value) {
        reply(status, JSON, Json.write(value).getBytes(StandardCharsets.UTF_8));
    }

    /** Answers with bytes. */
    public void reply(int status, String type, byte[] bytes) {
        begin(status);
        header("Content-Type", type);
        header("Content-Length", Integer.toString(bytes.length));
        response.write(true, ByteBuffer.wrap(bytes), callback);
    }

    /** Answers without a body. */
    public void reply(int status) {
        begin(status);
        callback.succeeded();
    }

    private void begin(int status) {
        response.setStatus(status);
        if (!request.consumeAvailable()) {
            header("Connection", "close"); // which ends with a body that nobody reads: no next request may count on it
        }
    }

    /** Answers with the error, unless something was answered already. */
    void refuse(ApiException refusal) {
        if (response.isCommitted()) {
            callback.failed(refusal);
            return;
        }
        if (refusal.retryAfterSeconds() > 0) {
            header("Retry-After", Integer.toString(refusal.retryAfterSeconds()));
        }
        reply(refusal.status(), refusal.body());
    }

    /** Gives the connection up: nobody is there, or nothing sensible can be sent. */
    void abandon(Throwable reason) {
        if (!response.isCommitted()) {
            endPoint().close(); // or Jetty would answer that the server has failed
        }
        callback.failed(new EofException(reason)); // which is nothing that Jetty warns of
    }

    /** The status that was sent. */
    int status() {
        return response.getStatus();
    }

    /** Begins an answer of server-sent events. */
    public EventStream events() {
        response.setStatus(200);
        header("Content-Type", "text/event-stream; charset=utf-8");
        header("Cache-Control", "no-cache, no-store");
        header("Connection", "close"); // a look whether the client is gone may take bytes of a next request
        header("X-Accel-Buffering", "no"); // proxies must not hold events back
        try {
            events = new EventStream(Content.Sink.asOutputStream(response), callback);
            return events;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
