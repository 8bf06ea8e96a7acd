package org.sjd4j.spark;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.sjd4j.training.Workers;

/**
 * Sums over workers that stand in a ring, each connected to the next one (Patarasuk and Yuan, "Bandwidth optimal all-reduce
 * algorithms for clusters of workstations", Journal of Parallel and Distributed Computing 69, 2009): every worker sends and
 * receives 2 (n - 1) / n times the values, whatever the number of workers. Every element is summed at one worker after the
 * other and then passed on, so that all have the same bits.
 *
 * <p>A worker that is lost closes its connections, and one that is stuck lets the others run into a time limit; either ends
 * the sums of all.
 */
final class RingAllReduce implements Workers, AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final Duration GREETING_LIMIT = Duration.ofSeconds(10);

    private final int rank;
    private final int count;
    private final Socket next;
    private final Socket previous;
    private final DataInputStream in;
    private final OutputStream out;
    private final ExecutorService sender = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("sjd4j-gradients").factory());

    private RingAllReduce(int rank, int count, Socket next, Socket previous) throws IOException {
        this.rank = rank;
        this.count = count;
        this.next = next;
        this.previous = previous;
        this.in = new DataInputStream(previous.getInputStream());
        this.out = next.getOutputStream();
    }

    /** Another worker is gone, or does not answer. */
    static final class LostNeighbourException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        LostNeighbourException(String message, IOException cause) {
            super(message + ": " + cause.getMessage(), cause);
        }
    }

    /** What all workers say, given to all in the order of their ranks. */
    interface Gather {
        /** Waits until all have said something. */
        List<String> all(String own);
    }

    /**
     * Connects the workers.
     *
     * @param rank number of this one
     * @param count of all
     * @param host by which the others reach this one
     * @param gather carries addresses, and the keys that let into the ring: nobody else may hear them
     * @throws LostNeighbourException if a neighbour cannot be reached
     */
    static RingAllReduce connect(int rank, int count, String host, Gather gather) {
        try (var server = new ServerSocket(0, 2, InetAddress.getByName(host))) {
            String key = UUID.randomUUID().toString();
            var addresses = gather.all(host + " " + server.getLocalPort() + " " + key);
            String[] address = addresses.get((rank + 1) % count).split(" ", 3);
            var next = new Socket(address[0], Integer.parseInt(address[1]));
            try {
                next.setTcpNoDelay(true);
                next.getOutputStream().write(address[2].getBytes(StandardCharsets.US_ASCII));
                return new RingAllReduce(rank, count, next, accept(server, key));
            } catch (IOException e) {
                next.close();
                throw e;
            }
        } catch (IOException e) {
            throw new LostNeighbourException("worker " + rank + " cannot connect to its neighbours", e);
        }
    }

    /** Waits for the worker that knows the key; whoever else connects is turned away. */
    private static Socket accept(ServerSocket server, String key) throws IOException {
        byte[] expected = key.getBytes(StandardCharsets.US_ASCII);
        server.setSoTimeout(millis(LIMIT));
        while (true) {
            var socket = server.accept();
            socket.setSoTimeout(millis(GREETING_LIMIT));
            if (MessageDigest.isEqual(socket.getInputStream().readNBytes(expected.length), expected)) {
                socket.setSoTimeout(millis(LIMIT));
                return socket;
            }
            socket.close();
        }
    }

    private static int millis(Duration time) {
        return Math.toIntExact(time.toMillis());
    }

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public int count() {
        return count;
    }

    @Override
    public void sum(float[] values) {
        try {
            for (int step = 0; step < count - 1; step++) { // afterwards the piece after one's own is summed here
                float[] partial = exchange(values, rank - step, rank - step - 1);
                int begin = begin(values, rank - step - 1);
                for (int i = 0; i < partial.length; i++) {
                    values[begin + i] += partial[i];
                }
            }
            for (int step = 0; step < count - 1; step++) {
                float[] summed = exchange(values, rank + 1 - step, rank - step);
                System.arraycopy(summed, 0, values, begin(values, rank - step), summed.length);
            }
        } catch (IOException e) {
            throw new LostNeighbourException("worker " + rank + " lost a neighbour", e);
        }
    }

    /** Sends a piece of the values to the next worker while another one comes from the one before. */
    private float[] exchange(float[] values, int sent, int received) throws IOException {
        int begin = begin(values, sent);
        var bytes = ByteBuffer.allocate(Float.BYTES * (end(values, sent) - begin));
        bytes.asFloatBuffer().put(values, begin, end(values, sent) - begin);
        Future<?> sending = sender.submit(() -> {
            out.write(bytes.array());
            return null;
        });
        float[] piece = new float[end(values, received) - begin(values, received)];
        byte[] read = new byte[Float.BYTES * piece.length];
        in.readFully(read);
        ByteBuffer.wrap(read).asFloatBuffer().get(piece);
        try {
            sending.get();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        return piece;
    }

    private int begin(float[] values, int piece) {
        return Math.toIntExact((long) values.length * Math.floorMod(piece, count) / count);
    }

    private int end(float[] values, int piece) {
        return Math.toIntExact((long) values.length * (Math.floorMod(piece, count) + 1) / count);
    }

    @Override
    public void close() {
        sender.shutdownNow();
        try (next;
                previous) {
            // closing them is the work
        } catch (IOException e) {
            throw new UncheckedIOException("worker " + rank + " cannot close its connections", e);
        }
    }
}
