package org.sjd4j.server.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.util.Callback;

/** An answer of server-sent events (WHATWG HTML, section 9.2). Each call sends at once and blocks until it is sent. */
public final class EventStream implements AutoCloseable {
    private final OutputStream out;
    private final Callback callback;

    EventStream(OutputStream out, Callback callback) throws IOException {
        this.out = out;
        this.callback = callback;
        ping();
    }

    /**
     * Sends an event.
     *
     * @param data is written as JSON, which has no line breaks
     * @throws IOException if the client is gone
     */
    public void send(String event, Object data) throws IOException {
        write("event: " + event + "\ndata: " + Json.write(data) + "\n\n");
    }

    /** Sends a comment, which clients ignore: so that proxies see life, and we see that a client is gone. */
    public void ping() throws IOException {
        write(": ping\n\n");
    }

    private void write(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    @Override
    public void close() {
        try {
            out.close();
            callback.succeeded();
        } catch (IOException e) {
            callback.failed(e);
        }
    }
}
