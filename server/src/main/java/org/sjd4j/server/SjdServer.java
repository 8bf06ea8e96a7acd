package org.sjd4j.server;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.VirtualThreadPool;
import org.sjd4j.server.generate.Metrics;
import org.sjd4j.server.generate.Models;
import org.sjd4j.server.generate.ServedModel;
import org.sjd4j.server.http.Access;
import org.sjd4j.server.http.JsonErrors;
import org.sjd4j.server.http.LingeringConnector;
import org.sjd4j.server.http.Route;
import org.sjd4j.server.http.Router;
import org.sjd4j.server.images.ImagesApi;
import org.sjd4j.server.images.ModelsApi;
import org.sjd4j.server.jobs.Jobs;
import org.sjd4j.server.jobs.JobsApi;
import org.sjd4j.server.jobs.ServerStateException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running server. */
public final class SjdServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SjdServer.class);
    private static final int MOST_HEADER_BYTES = 16 << 10;
    private static final int MOST_CONNECTIONS = 1000;
    private static final Duration ANSWERS = Duration.ofSeconds(10);

    /** Paths of every kind reach the router, which answers those that it cannot read in the form of all errors. */
    private static final UriCompliance ANY_PATH = UriCompliance.from(
            EnumSet.complementOf(EnumSet.of(UriCompliance.Violation.USER_INFO, UriCompliance.Violation.FRAGMENT)));

    private final Server jetty;
    private final ServerConnector connector;
    private final Models models;
    private final Jobs jobs;
    private final Router router;
    private final Duration farewell;
    private final AtomicBoolean stopping;
    private final AtomicBoolean closed = new AtomicBoolean();

    private SjdServer(
            Server jetty,
            ServerConnector connector,
            Models models,
            Jobs jobs,
            Router router,
            Duration farewell,
            AtomicBoolean stopping) {
        this.jetty = jetty;
        this.connector = connector;
        this.models = models;
        this.jobs = jobs;
        this.router = router;
        this.farewell = farewell;
        this.stopping = stopping;
    }

    /**
     * Starts to serve. The models warm up while the server already answers that they are not ready.
     *
     * @param served the first is the default; they belong to the server from now on
     * @throws IllegalArgumentException if others than this machine are to be served without a key
     * @throws ServerStateException if the port is in use, or the directory or database cannot be used
     */
    public static SjdServer start(ServerOptions options, List<ServedModel> served, Metrics metrics) {
        return start(options, served, metrics, ConnectionLimits.USUAL);
    }

    static SjdServer start(ServerOptions options, List<ServedModel> served, Metrics metrics, ConnectionLimits limits) {
        if (options.apiKey() == null && !Access.isLoopback(options.host())) {
            throw new IllegalArgumentException("serving others than this machine takes a key: without one, host must be"
                    + " 127.0.0.1, found " + options.host());
        }
        var models = new Models(served, options.aliases());
        var jobs = Jobs.open(options.directory(), options.database(), options.keep(), models, metrics);
        try {
            metrics.gauge(
                    "sjd.queue.depth",
                    "images that wait",
                    () -> models.all().stream()
                            .mapToInt(model -> model.queue().size())
                            .sum());
            var stopping = new AtomicBoolean();
            var routes = new ArrayList<Route>();
            routes.addAll(new HealthApi(models, metrics, stopping::get).routes());
            routes.addAll(new ImagesApi(models, metrics, options.patience(), limits.heartbeat()).routes());
            routes.addAll(new ModelsApi(models).routes());
            routes.addAll(new JobsApi(jobs, models, limits.heartbeat(), stopping::get).routes());
            routes.addAll(new StudioApi(models).routes());
            var router =
                    new Router(routes, new Access(options.apiKey()), limits.body(), stopping::get, metrics::request);
            var jetty = new Server(new VirtualThreadPool(0)); // no limit: streams must not keep others from being heard
            var connector = connector(jetty, options, limits);
            jetty.setHandler(router);
            jetty.setErrorHandler(new JsonErrors());
            listen(connector, options);
            jetty.start();
            served.forEach(ServedModel::start);
            return new SjdServer(jetty, connector, models, jobs, router, options.farewell(), stopping);
        } catch (RuntimeException e) {
            jobs.close();
            throw e;
        } catch (Exception e) {
            jobs.close();
            throw new ServerStateException("the server could not be started: " + e.getMessage(), e);
        }
    }

    private static ServerConnector connector(Server jetty, ServerOptions options, ConnectionLimits limits) {
        var http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(MOST_HEADER_BYTES);
        http.setUriCompliance(ANY_PATH);
        var connector = new LingeringConnector(jetty, new HttpConnectionFactory(http), limits.lingering());
        connector.setHost(options.host());
        connector.setPort(options.port());
        connector.setIdleTimeout(limits.idle().toMillis());
        connector.addBean(new NetworkConnectionLimit(MOST_CONNECTIONS, connector));
        jetty.addConnector(connector);
        return connector;
    }

    private static void listen(ServerConnector connector, ServerOptions options) {
        try {
            connector.open();
        } catch (IOException e) {
            throw new ServerStateException(
                    "cannot listen at %s:%s: the port is in use, or not allowed; choose another one with --port"
                            .formatted(options.host(), options.port()),
                    e);
        }
    }

    /** The port that it listens at. */
    public int port() {
        return connector.getLocalPort();
    }

    /** Whether all models have made a first image. */
    public boolean ready() {
        return models.all().stream().allMatch(ServedModel::ready);
    }

    /**
     * Stops: takes no new work, waits for the images that are being generated, and frees everything. Jobs that have not ended
     * stay for the next process. Only the first call does anything.
     */
    @Override
    public void close() {
        if (closed.getAndSet(true)) {
            return;
        }
        stopping.set(true);
        try {
            for (ServedModel model : models.all()) {
                model.drain(farewell);
            }
            if (!router.awaitAnswers(ANSWERS)) {
                LOG.warn("some answers were not sent");
            }
            jetty.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            throw new IllegalStateException("the server did not stop cleanly", e);
        } finally {
            models.all().forEach(ServedModel::close); // first: until then jobs hear of images that are given up
            jobs.close();
        }
    }
}
