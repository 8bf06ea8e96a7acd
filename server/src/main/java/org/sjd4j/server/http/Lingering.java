package org.sjd4j.server.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/**
 * Connections that end so that the last answer arrives (RFC 9112, section 9.6). A connection that is closed with unread bytes
 * is reset, and a reset can overtake the answer. So the server first ends its own half, then reads on and discards, and
 * closes when the client has ended its half or a limit is reached. Safe for use by many threads.
 */
public final class Lingering {
    private static final int BUFFER_BYTES = 64 << 10;
    private static final long LOOK_MILLIS = 5;

    private final Limits limits;
    private final Semaphore places;

    /**
     * How much a client that sends on may cost.
     *
     * @param bytes that are read and discarded of one connection
     * @param longest time for one connection
     * @param silence after which nothing more is expected
     * @param connections that linger at once; further ones are closed at once
     */
    public record Limits(long bytes, Duration longest, Duration silence, int connections) {
        /** For a client of any speed that sends a body of some megabytes. */
        public static final Limits USUAL = new Limits(16L << 20, Duration.ofSeconds(5), Duration.ofSeconds(1), 64);
    }

    /** @param limits of all connections together and of each */
    public Lingering(Limits limits) {
        this.limits = limits;
        places = new Semaphore(limits.connections());
    }

    /**
     * Takes a connection over and closes it later, on a thread of its own.
     *
     * @param channel that does not block
     * @param closed is run when the channel is closed
     * @return whether it was taken; if not, too many linger already and the caller closes it
     */
    boolean take(SocketChannel channel, Runnable closed) {
        if (!places.tryAcquire()) {
            return false;
        }
        Thread.ofVirtual().name("sjd4j-lingering").start(() -> {
            try (channel) {
                channel.shutdownOutput();
                discard(channel);
            } catch (IOException e) {
                // the client has closed the connection, which is what is waited for
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                places.release();
                closed.run();
            }
        });
        return true;
    }

    private void discard(SocketChannel channel) throws IOException, InterruptedException {
        var buffer = ByteBuffer.allocate(BUFFER_BYTES);
        long begin = System.nanoTime();
        long heard = begin;
        long bytes = 0;
        while (bytes < limits.bytes()) {
            int read = channel.read(buffer.clear());
            long now = System.nanoTime();
            if (read < 0 || now - begin > limits.longest().toNanos()) {
                return;
            }
            if (read > 0) {
                bytes += read;
                heard = now;
            } else if (now - heard > limits.silence().toNanos()) {
                return;
            } else {
                Thread.sleep(LOOK_MILLIS);
            }
        }
    }
}
