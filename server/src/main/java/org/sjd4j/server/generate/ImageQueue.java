package org.sjd4j.server.generate;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.sjd4j.api.GenerationSource;
import org.sjd4j.api.GenerationTask;

/**
 * Tickets that wait for the model. Clients take {@link Turns}: each turn generates one image of one client, so that many images
 * of one do not keep another one waiting. Those that are cancelled or late leave undrawn.
 */
public final class ImageQueue implements GenerationSource {
    private static final long WAIT_MILLIS = 100;

    private final int capacity;
    private final PassLog passes;
    private final Supplier<Optional<GenerationTask>> idleWork;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private final Turns waiting = new Turns();
    private int size;
    private boolean closed;

    /** @param capacity tickets at most */
    public ImageQueue(int capacity) {
        this(capacity, new PassLog(), Optional::empty);
    }

    /**
     * A queue.
     *
     * @param capacity tickets at most
     * @param passes hears of passes
     * @param idleWork what to generate while nothing waits and nothing is generated; it must leave by itself when it is not alone any more
     */
    ImageQueue(int capacity, PassLog passes, Supplier<Optional<GenerationTask>> idleWork) {
        this.capacity = capacity;
        this.passes = passes;
        this.idleWork = idleWork;
    }

    /**
     * Adds tickets, all or none.
     *
     * @throws QueueFullException if there is no room for all
     * @throws IllegalStateException if the queue is closed
     */
    public void add(List<Ticket> tickets) {
        add(tickets, capacity);
    }

    /**
     * Checks that there is room.
     *
     * @throws QueueFullException if not
     */
    public void requireRoom(int tickets) {
        dropCancelled();
        if (tickets > capacity - size()) {
            throw new QueueFullException(capacity);
        }
    }

    /** Adds tickets that were accepted before, however many there are. */
    public void restore(List<Ticket> tickets) {
        add(tickets, Integer.MAX_VALUE);
    }

    private void add(List<Ticket> tickets, int most) {
        dropCancelled();
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the server is shutting down");
            }
            if (tickets.size() > most - size) {
                throw new QueueFullException(capacity);
            }
            tickets.forEach(waiting::add);
            size += tickets.size();
            arrived.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Tickets that may wait. */
    public int capacity() {
        return capacity;
    }

    /** Tickets that wait. */
    public int size() {
        lock.lock();
        try {
            return size;
        } finally {
            lock.unlock();
        }
    }

    /** How many tickets are before this one, if all clients stay; 0 if it does not wait. */
    public int place(Ticket ticket) {
        lock.lock();
        try {
            return waiting.before(ticket);
        } finally {
            lock.unlock();
        }
    }

    /** Takes out tickets that nobody wants any more, and tells them. */
    public void dropCancelled() {
        var gone = new ArrayList<Ticket>();
        lock.lock();
        try {
            waiting.removeIf(ticket -> ticket.cancelled() && gone.add(ticket));
            size -= gone.size();
        } finally {
            lock.unlock();
        }
        gone.forEach(Ticket::left);
    }

    @Override
    public Optional<GenerationTask> next(boolean idle) throws InterruptedException {
        dropCancelled();
        lock.lockInterruptibly();
        try {
            if (idle && size == 0 && !closed) {
                var _ = arrived.await(WAIT_MILLIS, TimeUnit.MILLISECONDS);
            }
            Ticket ticket = waiting.poll();
            if (ticket == null) {
                return idle && !closed ? idleWork.get() : Optional.empty();
            }
            size--;
            return Optional.of(ticket);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void passed(int images, int rows, long nanos) {
        passes.passed(images, rows, nanos);
    }

    /** Takes nothing more and gives up everything that waits. */
    public void close() {
        lock.lock();
        try {
            closed = true;
            arrived.signalAll();
            waiting.all().forEach(Ticket::abandon);
        } finally {
            lock.unlock();
        }
        dropCancelled();
    }

    @Override
    public boolean ended() {
        lock.lock();
        try {
            return closed && size == 0;
        } finally {
            lock.unlock();
        }
    }
}
