package org.sjd4j.spark.train;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.apache.spark.SSLOptions;
import org.apache.spark.SparkConf;
import org.apache.spark.network.TransportContext;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.client.TransportClientBootstrap;
import org.apache.spark.network.client.TransportClientFactory;
import org.apache.spark.network.crypto.AuthClientBootstrap;
import org.apache.spark.network.crypto.AuthServerBootstrap;
import org.apache.spark.network.netty.SparkTransportConf;
import org.apache.spark.network.sasl.SecretKeyHolder;
import org.apache.spark.network.server.OneForOneStreamManager;
import org.apache.spark.network.server.RpcHandler;
import org.apache.spark.network.server.StreamManager;
import org.apache.spark.network.server.TransportServer;
import org.apache.spark.network.server.TransportServerBootstrap;
import org.apache.spark.network.util.TransportConf;
import org.jspecify.annotations.Nullable;
import org.sjd4j.training.loop.Workers;
import scala.Option;

/**
 * Sums over workers by Spark's own transport, with Spark's authentication and encryption.
 *
 * <p>Every worker owns a slice of the values: the others send it theirs, and the answer, when all have come, is the sum of the
 * slice. So each sends and receives {@code 2 (n - 1) / n} times the values, the least that is possible (Patarasuk and
 * Yuan, JPDC 2009). Slices are summed in the order of the workers by one of them, so all have the same bits.
 *
 * <p>Messages are numbers and nothing else: whose they are and of which sum, then the slice in big-endian float32.
 */
final class AllReduce implements Workers, AutoCloseable {
    private static final String MODULE = "sjd4j";
    private static final int HEADER = Long.BYTES + Integer.BYTES;

    /** Another worker is gone. */
    static final class LostWorkerException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        LostWorkerException(String message, @Nullable Throwable cause) {
            super(message + (cause == null ? "" : ": " + cause.getMessage()), cause);
        }
    }

    private final int rank;
    private final List<TransportClient> peers = new ArrayList<>();
    private final Slices slices;
    private final TransportContext context;
    private final TransportServer server;
    private final TransportClientFactory clients;
    private final int count;
    private long round;

    private AllReduce(
            int rank,
            int count,
            String host,
            SparkConf spark,
            @Nullable SecretKeyHolder secrets,
            @Nullable SSLOptions tls) {
        this.rank = rank;
        this.count = count;
        slices = new Slices(count);
        // waiting for a worker that validates or writes is no sign of a broken connection: machines that are gone are
        // noticed by
        // the kernel's probes and by Spark
        var configuration = spark.clone()
                .set("spark." + MODULE + ".io.connectionTimeout", "20d")
                .set("spark." + MODULE + ".io.connectionCreationTimeout", "2min")
                .set("spark." + MODULE + ".io.enableTcpKeepAlive", "true");
        TransportConf transport =
                SparkTransportConf.fromSparkConf(configuration, MODULE, 1, Option.apply("executor"), Option.apply(tls));
        context = new TransportContext(transport, slices);
        List<TransportServerBootstrap> guards = new ArrayList<>();
        List<TransportClientBootstrap> keys = new ArrayList<>();
        if (secrets != null) {
            guards.add(new AuthServerBootstrap(transport, secrets));
            keys.add(new AuthClientBootstrap(transport, configuration.getAppId(), secrets));
        }
        server = context.createServer(host, 0, guards);
        clients = context.createClientFactory(keys);
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
     * @param secrets what the workers prove to each other that they know, if Spark's authentication is on
     * @param tls how connections are encrypted, if Spark's own are
     * @param gather carries addresses
     * @throws LostWorkerException if one of them cannot be reached
     */
    static AllReduce connect(
            int rank,
            int count,
            String host,
            SparkConf spark,
            @Nullable SecretKeyHolder secrets,
            @Nullable SSLOptions tls,
            Gather gather) {
        var reduce = new AllReduce(rank, count, host, spark, secrets, tls);
        try {
            for (String address : gather.all(host + " " + reduce.server.getPort())) {
                String[] parts = address.split(" ", 2);
                reduce.peers.add(reduce.clients.createClient(parts[0], Integer.parseInt(parts[1])));
            }
            return reduce;
        } catch (IOException e) {
            reduce.close();
            throw new LostWorkerException("a worker cannot be reached", e);
        } catch (InterruptedException e) {
            reduce.close();
            Thread.currentThread().interrupt();
            throw new LostWorkerException("interrupted while connecting", e);
        } catch (RuntimeException e) {
            reduce.close();
            throw e;
        }
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
        long now = round++;
        var sums = new ArrayList<CompletableFuture<float[]>>();
        for (int owner = 0; owner < count; owner++) {
            float[] slice = Arrays.copyOfRange(values, from(owner, values), from(owner + 1, values));
            sums.add(owner == rank ? slices.give(now, rank, slice) : ask(peers.get(owner), now, slice));
        }
        await(sums);
        for (int owner = 0; owner < count; owner++) {
            float[] sum = sums.get(owner).join();
            System.arraycopy(sum, 0, values, from(owner, values), sum.length);
        }
    }

    private int from(int owner, float[] values) {
        return Math.toIntExact((long) values.length * owner / count);
    }

    private CompletableFuture<float[]> ask(TransportClient peer, long now, float[] slice) {
        var sum = new CompletableFuture<float[]>();
        var message = ByteBuffer.allocate(HEADER + Float.BYTES * slice.length);
        message.putLong(now).putInt(rank).asFloatBuffer().put(slice);
        message.rewind();
        peer.sendRpc(message, new RpcResponseCallback() {
            @Override
            public void onSuccess(ByteBuffer response) {
                float[] values = new float[slice.length];
                response.asFloatBuffer().get(values);
                sum.complete(values);
            }

            @Override
            public void onFailure(Throwable reason) {
                sum.completeExceptionally(reason);
            }
        });
        return sum;
    }

    /** Waits for all, or for the first that fails: what then is missing would never come. */
    private static void await(List<CompletableFuture<float[]>> sums) {
        var failed = new CompletableFuture<Void>();
        for (var sum : sums) {
            sum.whenComplete((_, failure) -> {
                if (failure != null) {
                    failed.completeExceptionally(failure);
                }
            });
        }
        var all = CompletableFuture.allOf(sums.toArray(CompletableFuture[]::new));
        try {
            CompletableFuture.anyOf(all, failed).get();
        } catch (ExecutionException e) {
            throw new LostWorkerException("a worker was lost", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LostWorkerException("interrupted while waiting for other workers", e);
        }
    }

    /**
     * Waits until the others have their sums too: an answer that is on its way is lost with its connection. Nothing can be summed
     * afterwards.
     *
     * @throws LostWorkerException if this thread is interrupted
     */
    void leave() {
        clients.close();
        try {
            slices.awaitSilence();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LostWorkerException("interrupted while others end", e);
        }
    }

    /** Closes all connections at once, so that the others hear of a failure. */
    @Override
    public void close() {
        clients.close();
        server.close();
        context.close();
    }

    /** The sums of the slice that this worker owns. */
    static final class Slices extends RpcHandler {
        private final StreamManager noStreams = new OneForOneStreamManager();
        private final Map<Long, Slice> open = new ConcurrentHashMap<>();
        private final int count;
        private int connections;
        private volatile boolean lost;

        Slices(int count) {
            this.count = count;
        }

        @Override
        public synchronized void channelActive(TransportClient client) {
            connections++;
        }

        @Override
        public synchronized void channelInactive(TransportClient client) {
            connections--;
            notifyAll();
            giveUp();
        }

        /** Fails what waits for parts that will not come. */
        void giveUp() {
            lost = true;
            open.values().forEach(slice -> slice.sum.completeExceptionally(new IOException("connection closed")));
        }

        /** Waits until nobody is connected. */
        synchronized void awaitSilence() throws InterruptedException {
            while (connections > 0) {
                wait();
            }
        }

        /** What a worker has of the slice, for which it gets the sum. */
        CompletableFuture<float[]> give(long round, int giver, float[] values) {
            var slice = open.computeIfAbsent(round, _ -> new Slice(count));
            if (lost) { // a worker that ends has all its sums, so this is one that is gone
                slice.sum.completeExceptionally(new IOException("connection closed"));
            }
            if (slice.give(giver, values)) {
                open.remove(round);
            }
            return slice.sum;
        }

        @Override
        public void receive(TransportClient client, ByteBuffer message, RpcResponseCallback callback) {
            long round = message.getLong();
            int giver = message.getInt();
            if (giver < 0 || giver >= count) {
                throw new IllegalArgumentException("worker " + giver + " is none of the " + count);
            }
            float[] values = new float[message.remaining() / Float.BYTES];
            message.asFloatBuffer().get(values);
            give(round, giver, values).whenComplete((sum, failure) -> {
                if (failure == null) {
                    var response = ByteBuffer.allocate(Float.BYTES * sum.length);
                    response.asFloatBuffer().put(sum);
                    callback.onSuccess(response);
                } else {
                    callback.onFailure(failure);
                }
            });
        }

        @Override
        public StreamManager getStreamManager() {
            return noStreams;
        }
    }

    /** One slice of one sum. */
    private static final class Slice {
        private final CompletableFuture<float[]> sum = new CompletableFuture<>();
        private final float[] @Nullable [] given;
        private int missing;

        Slice(int count) {
            given = new float[count][];
            missing = count;
        }

        /** Whether this was the last one. */
        synchronized boolean give(int giver, float[] values) {
            if (given[giver] != null) {
                throw new IllegalStateException("worker " + giver + " has given its part of this sum already");
            }
            given[giver] = values;
            missing--;
            if (missing > 0) {
                return false;
            }
            float[] total = new float[values.length];
            for (float[] one : given) {
                if (one == null || one.length != total.length) {
                    sum.completeExceptionally(new IllegalStateException("workers sum different numbers of values"));
                    return true;
                }
                for (int i = 0; i < total.length; i++) {
                    total[i] += one[i];
                }
            }
            sum.complete(total);
            return true;
        }
    }
}
