package org.sjd4j.server.http;

import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Accepts connections that linger when the server closes them, see {@link Lingering}. Jetty itself closes at once if a client
 * has not sent all of its request (jetty/jetty.project#2867, #12079, #12895), and leaves the rest to applications. It is done
 * here, below HTTP, so that it holds for requests that Jetty refuses before any handler sees them, too.
 */
public final class LingeringConnector extends ServerConnector {
    private final Lingering lingering;

    /** A connector of one acceptor and one selector. */
    public LingeringConnector(Server server, HttpConnectionFactory http, Lingering.Limits limits) {
        super(server, 1, 1, http);
        lingering = new Lingering(limits);
    }

    @Override
    protected SocketChannelEndPoint newEndPoint(SocketChannel channel, ManagedSelector selector, SelectionKey key) {
        var endPoint = new LingeringEndPoint(channel, selector, key, getScheduler());
        endPoint.setIdleTimeout(getIdleTimeout());
        return endPoint;
    }

    private final class LingeringEndPoint extends SocketChannelEndPoint {
        private final ManagedSelector selector;
        private volatile boolean heardAll;
        private volatile boolean closed;

        LingeringEndPoint(SocketChannel channel, ManagedSelector selector, SelectionKey key, Scheduler scheduler) {
            super(channel, selector, key, scheduler);
            this.selector = selector;
        }

        @Override
        protected void doShutdownInput() {
            heardAll = true; // there is nothing unread, and nothing more will come
        }

        @Override
        public void doClose() {
            closed = true;
            if (heardAll || !lingering.take(getChannel(), this::wakeSelector)) {
                super.doClose();
            }
        }

        /** A channel that is closed while its selector sleeps stays open for the other side until the selector looks. */
        private void wakeSelector() {
            selector.submit(_ -> {});
        }

        /** For Jetty it is closed from the beginning of its lingering on. */
        @Override
        public boolean isOpen() {
            return !closed && super.isOpen();
        }
    }
}
