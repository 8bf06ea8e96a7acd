package org.sjd4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LingeringTest {
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final Duration SHORT = Duration.ofMillis(50);

    /** Both ends of a connection. */
    private record Pair(SocketChannel client, SocketChannel server) implements AutoCloseable {
        static Pair open() throws IOException {
            try (var listening =
                    ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
                var client = SocketChannel.open(listening.getLocalAddress());
                var server = listening.accept();
                server.configureBlocking(false);
                return new Pair(client, server);
            }
        }

        @Override
        public void close() throws IOException {
            client.close();
            server.close();
        }
    }

    private static void awaitClosed(SocketChannel channel) throws InterruptedException {
        while (channel.isOpen()) {
            Thread.sleep(5);
        }
    }

    @Test
    void whatWasWrittenArrivesBeforeTheEnd() throws Exception {
        try (var pair = Pair.open()) {
            var lingering = new Lingering(new Lingering.Limits(1 << 20, LONG, LONG, 1));
            pair.server.write(ByteBuffer.wrap(new byte[] {7}));
            assertThat(lingering.take(pair.server, () -> {})).isTrue();
            pair.client.write(ByteBuffer.allocate(300_000));
            var answer = ByteBuffer.allocate(2);
            assertThat(pair.client.read(answer)).isEqualTo(1);
            assertThat(pair.client.read(answer)).isEqualTo(-1);
            assertThat(pair.server.isOpen()).isTrue();
            pair.client.close();
            awaitClosed(pair.server);
        }
    }

    @Test
    void endsWhenTheClientIsSilent() throws Exception {
        try (var pair = Pair.open()) {
            assertThat(new Lingering(new Lingering.Limits(1 << 20, LONG, SHORT, 1)).take(pair.server, () -> {}))
                    .isTrue();
            awaitClosed(pair.server);
        }
    }

    @Test
    void endsWhenItTakesTooLong() throws Exception {
        try (var pair = Pair.open()) {
            assertThat(new Lingering(new Lingering.Limits(Long.MAX_VALUE, SHORT, LONG, 1)).take(pair.server, () -> {}))
                    .isTrue();
            assertEnds(pair);
        }
    }

    @Test
    void endsWhenThereIsTooMuch() throws Exception {
        try (var pair = Pair.open()) {
            assertThat(new Lingering(new Lingering.Limits(1 << 20, LONG, LONG, 1)).take(pair.server, () -> {}))
                    .isTrue();
            assertEnds(pair);
        }
    }

    private static void assertEnds(Pair pair) throws InterruptedException {
        try {
            while (true) {
                pair.client.write(ByteBuffer.allocate(8192));
            }
        } catch (IOException e) {
            awaitClosed(pair.server);
        }
    }

    @Test
    void thereAreSoManyAtOnce() throws Exception {
        var lingering = new Lingering(new Lingering.Limits(1 << 20, LONG, LONG, 2));
        try (var first = Pair.open();
                var second = Pair.open();
                var third = Pair.open()) {
            assertThat(lingering.take(first.server, () -> {})).isTrue();
            assertThat(lingering.take(second.server, () -> {})).isTrue();
            assertThat(lingering.take(third.server, () -> {})).isFalse();
            assertThat(third.server.isOpen()).as("it is the caller's").isTrue();
            second.client.close();
            while (!lingering.take(third.server, () -> {})) {
                Thread.sleep(5); // until the place is free
            }
        }
    }
}
