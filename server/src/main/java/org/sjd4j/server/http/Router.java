package org.sjd4j.server.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Phaser;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives each request to its route, on a virtual thread that may block, and turns failures into error objects. */
public final class Router extends Handler.Abstract {
    private static final Logger LOG = LoggerFactory.getLogger(Router.class);
    /** The header that names the request. */
    static final String REQUEST_ID = "x-request-id";

    private static final String CONTENT_POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:;"
                    + " connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

    private static final int LONGEST_SHOWN = 200;

    private final List<Route> routes;
    private final Access access;
    private final BodyLimits limits;
    private final BooleanSupplier stopping;
    private final Counter counter;
    private final Phaser open = new Phaser(1); // a party for each request, and one for who waits for them

    /** Counts answers. */
    @FunctionalInterface
    public interface Counter {
        /** An answer to a route's pattern. */
        void answered(String route, int status);
    }

    /**
     * A router.
     *
     * @param limits of bodies
     * @param stopping whether new work is refused
     */
    public Router(List<Route> routes, Access access, BodyLimits limits, BooleanSupplier stopping, Counter counter) {
        this.routes = List.copyOf(routes);
        this.access = access;
        this.limits = limits;
        this.stopping = stopping;
        this.counter = counter;
    }

    /** A name for a request, which its answer and the log have. */
    static String newId() {
        return "req_" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        String id = newId();
        open.register();
        var counted = new AtomicBoolean();
        var written = new Callback.Nested(callback) {
            @Override
            public void completed() {
                if (!counted.getAndSet(true)) {
                    open.arriveAndDeregister();
                }
            }
        };
        var exchange = new Exchange(request, response, written, id, limits);
        exchange.header(REQUEST_ID, id);
        exchange.header("X-Content-Type-Options", "nosniff");
        exchange.header("Referrer-Policy", "no-referrer");
        exchange.header("Content-Security-Policy", CONTENT_POLICY);
        String route = "none";
        try {
            access.check(exchange);
            Route found = find(exchange);
            route = found.path().getDeclaration();
            if (stopping.getAsBoolean() && exchange.method().equals("POST")) {
                exchange.header("Connection", "close");
                throw ApiException.unavailable("shutting_down", "The server is shutting down.", 30);
            }
            found.handler().handle(exchange);
        } catch (ApiException e) {
            exchange.refuse(e);
        } catch (CancellationException e) {
            exchange.abandon(e); // the client is gone
        } catch (Exception | Error e) {
            if (isGone(e)) {
                exchange.abandon(e);
            } else {
                LOG.error("{} {} {} failed", id, exchange.method(), route, e);
                exchange.refuse(ApiException.server("The server had an error; its log has more under " + id + "."));
            }
        }
        counter.answered(route, exchange.status());
        return true;
    }

    /**
     * Waits until every request that has come is answered, to the last byte.
     *
     * @return whether that was so in time
     */
    public boolean awaitAnswers(Duration patience) throws InterruptedException {
        try {
            open.awaitAdvanceInterruptibly(open.arrive(), patience.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        }
    }

    private Route find(Exchange exchange) {
        var allowed = new TreeSet<String>();
        String path = exchange.path().orElse(null);
        for (Route route : routes) {
            Map<String, String> variables = path == null ? null : route.path().getPathParams(path);
            if (variables != null) {
                if (route.answers(exchange.method())) {
                    exchange.set(variables);
                    return route;
                }
                allowed.add(route.method());
            }
        }
        if (allowed.isEmpty()) {
            throw ApiException.request(
                    404,
                    "unknown_url",
                    "Unknown request URL: %s %s."
                            .formatted(shortened(exchange.method()), shortened(exchange.rawPath())));
        }
        exchange.header("Allow", String.join(", ", allowed));
        throw ApiException.request(
                405, "method_not_allowed", "Only %s is allowed here.".formatted(String.join(", ", allowed)));
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST_SHOWN ? text : text.substring(0, LONGEST_SHOWN) + "...";
    }

    private static boolean isGone(@Nullable Throwable failure) {
        return failure instanceof EofException
                || failure instanceof ClosedChannelException
                || failure instanceof UncheckedIOException e && isGone(e.getCause())
                || failure instanceof IOException e && isGone(e.getCause());
    }
}
