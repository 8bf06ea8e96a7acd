package org.sjd4j.langchain4j.sample;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.langchain4j.model.image.ImageModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The sample application: {@code POST /image} answers a prompt with a PNG. */
public final class ImagesServer implements AutoCloseable {
    private final HttpServer http;
    private final ImageModel images;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    /** Starts to answer at a port of this machine. */
    public ImagesServer(ImageModel images, int port) throws IOException {
        this.images = images;
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        http.createContext("/image", this::image);
        http.setExecutor(threads);
        http.start();
    }

    private void image(HttpExchange exchange) throws IOException {
        try (exchange) {
            String prompt = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            byte[] png =
                    Base64.getDecoder().decode(images.generate(prompt).content().base64Data());
            exchange.getResponseHeaders().set("Content-Type", "image/png");
            exchange.sendResponseHeaders(200, png.length);
            exchange.getResponseBody().write(png);
        }
    }

    /** The port. */
    public int port() {
        return http.getAddress().getPort();
    }

    @Override
    public void close() {
        http.stop(0);
        threads.close();
    }
}
