package org.sjd4j.server;

import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Requests that no well-behaved client sends. */
final class RawHttp {
    private static final int PATIENCE_MILLIS = 300_000;
    private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: (\\d+)\r\n");

    private RawHttp() {}

    static Socket open(int port, String text) throws IOException {
        var socket = new Socket("localhost", port);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
        return socket;
    }

    /** One answer, as it came. */
    record Answer(int status, String head, String body) {}

    /** The next answer of a connection, interim ones included, which may stay open. */
    static Answer next(Socket socket) throws IOException {
        var in = socket.getInputStream();
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException("the connection ended after: " + head);
            }
            head.append((char) next);
        }
        var length = LENGTH.matcher(head);
        byte[] body = in.readNBytes(length.find() ? Integer.parseInt(length.group(1)) : 0);
        return new Answer(
                Integer.parseInt(head.substring(9, 12)), head.toString(), new String(body, StandardCharsets.UTF_8));
    }

    /** All that comes back until the server closes the connection. */
    static String answer(int port, String text) throws IOException {
        try (var socket = open(port, text)) {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    static int status(int port, String text) throws IOException {
        String answer = answer(port, text);
        return Integer.parseInt(answer.substring(9, 12));
    }

    static String posting(String path, String json) {
        int length = json.getBytes(StandardCharsets.UTF_8).length;
        return "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %s\r\n\r\n%s"
                .formatted(path, length, json);
    }
}
