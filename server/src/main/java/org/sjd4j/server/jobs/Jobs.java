package org.sjd4j.server.jobs;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.Request;
import org.sjd4j.io.Identity;
import org.sjd4j.server.generate.Metrics;
import org.sjd4j.server.generate.Models;
import org.sjd4j.server.generate.ServedModel;
import org.sjd4j.server.generate.Ticket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Images that are generated whether or not somebody waits. A job is in the database before it is answered as accepted, and its
 * image's file is there before the database says that it is finished; what has not ended when the process ends is generated
 * by the next one, with the same seed.
 *
 * <p>With a database of their own address several servers may share one database and one directory: each generates the jobs that
 * it accepted, and those of servers that ended or do not answer any more.
 */
public final class Jobs implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Jobs.class);
    private static final Duration FOREVER = Duration.ofDays(3650);
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final int LOOKS_PER_LEASE = 10;
    private static final Duration CANCELLING = Duration.ofSeconds(5);

    /** How long a job waits for a server that can generate it before it is said that there is none. */
    private static final Duration UNCLAIMED = Duration.ofMinutes(10);

    private static final long EXPIRY_HOURS = 1;
    private static final int MOST_ATTEMPTS = 3;

    private final JobStore store;
    private final JobFiles files;
    private final Models models;
    private final Metrics metrics;
    private final Map<String, LiveJob> live = new ConcurrentHashMap<>();
    private final Map<String, Ticket> tickets = new ConcurrentHashMap<>();
    private final AtomicLong lastId = new AtomicLong();
    private final ExecutorService finisher = Executors.newSingleThreadExecutor(
            work -> Thread.ofPlatform().name("sjd4j-jobs").daemon().unstarted(work));
    private final Thread janitor;
    private final Thread keeper;
    private boolean closed; // guarded by this object's lock

    private Jobs(JobStore store, JobFiles files, Models models, Metrics metrics, Duration keep) {
        this.store = store;
        this.files = files;
        this.models = models;
        this.metrics = metrics;
        janitor = Thread.ofVirtual().name("sjd4j-jobs-expiry").unstarted(() -> expire(keep));
        keeper = Thread.ofVirtual().name("sjd4j-jobs-leases").unstarted(this::keep);
    }

    /**
     * Opens the jobs of a directory, and puts those that have not ended into their queues.
     *
     * @param directory for images, and for the database if none is named; then no other server may use it
     * @param database an address of JDBC, which servers may share, or nothing
     * @param keep how long jobs stay after their end
     * @throws ServerStateException if the directory or the database cannot be used
     */
    public static Jobs open(Path directory, @Nullable String database, Duration keep, Models models, Metrics metrics) {
        var files = JobFiles.open(directory, database != null);
        try {
            var store = JobStore.open(database == null ? JobStore.embedded(directory) : database, LEASE);
            try {
                var jobs = new Jobs(store, files, models, metrics, keep);
                if (!files.shared()) {
                    store.expel(); // the process that had them before has ended
                }
                jobs.claim();
                jobs.janitor.start();
                jobs.keeper.start();
                return jobs;
            } catch (RuntimeException e) {
                store.close();
                throw e;
            }
        } catch (RuntimeException e) {
            files.close();
            throw e;
        }
    }

    /** Takes jobs that nobody generates into the queues; those that cannot be generated are said to have failed. */
    private synchronized void claim() {
        var room = new AtomicInteger(mostClaimed() - tickets.size());
        store.claim(Duration.ZERO, job -> refusal(job) == null && room.getAndDecrement() > 0)
                .forEach(this::restore);
        store.claim(files.shared() ? UNCLAIMED : Duration.ZERO, job -> refusal(job) != null)
                .forEach(job -> store.giveUp(job.id(), Job.State.FAILED, refusal(job), 0));
    }

    /** All are ours, or as many as may wait, and other servers take the rest. */
    private int mostClaimed() {
        return files.shared()
                ? models.all().stream()
                        .mapToInt(model -> model.queue().capacity())
                        .sum()
                : Integer.MAX_VALUE;
    }

    private void restore(Job job) {
        ServedModel model = models.named(job.recipe().model());
        var ticket = ticket(job, model);
        model.whenReady(() -> model.queue().restore(List.of(ticket)));
    }

    /** Why a job cannot become the image that was promised, or nothing. */
    private @Nullable String refusal(Job job) {
        ServedModel model = models.find(job.recipe().model()).orElse(null);
        if (model == null) {
            return "the model " + job.recipe().model() + " is not served any more";
        }
        if (job.attempts() >= MOST_ATTEMPTS) {
            return "the server ended %s times while generating it".formatted(MOST_ATTEMPTS);
        }
        var changes = Identity.differences(
                job.recipe().toText(), model.recipe(job.recipe().request()).toText());
        return changes.isEmpty()
                ? null
                : "the server generates otherwise than when the job was accepted (%s), which would be another image; ask again"
                        .formatted(String.join(", ", changes));
    }

    /** Renews what is ours, gives up what is not ours any more, and takes what has become nobody's. */
    private void keep() {
        try {
            for (int look = 1; ; look++) {
                TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
                models.all().forEach(model -> model.queue().dropCancelled()); // those that wait have deadlines too
                if (look % LOOKS_PER_LEASE == 0) {
                    try {
                        renewAndClaim();
                    } catch (RuntimeException e) {
                        LOG.error("the leases of jobs could not be renewed", e);
                    }
                }
            }
        } catch (InterruptedException e) {
            // the server ends
        }
    }

    private synchronized void renewAndClaim() {
        if (!closed) {
            renew();
            claim();
        }
    }

    private void renew() {
        var before = Set.copyOf(tickets.keySet());
        var ours = store.renew();
        for (String id : before) {
            Ticket ticket = ours.contains(id) ? null : tickets.get(id);
            if (ticket != null) {
                ticket.cancel(); // cancelled by way of another server, or another server has taken it
            }
        }
        ours.removeAll(before);
        ours.removeAll(tickets.keySet());
        ours.forEach(store::release); // whose end could not be kept
    }

    /**
     * Accepts images.
     *
     * @param patience after which they are given up, or nothing
     * @throws org.sjd4j.server.generate.QueueFullException if there is no room for all
     */
    synchronized List<Job> add(String client, ServedModel model, List<Request> requests, @Nullable Duration patience) {
        long now = System.currentTimeMillis();
        Long deadline = patience == null ? null : Long.valueOf(now + patience.toMillis());
        var jobs = requests.stream()
                .map(request -> Job.queued(newId(now), client, now, model.recipe(request), deadline))
                .toList();
        var waiting = new ArrayList<Ticket>();
        jobs.forEach(job -> waiting.add(ticket(job, model)));
        try {
            model.queue().requireRoom(waiting.size());
            store.add(jobs);
            try {
                model.queue().restore(waiting);
            } catch (RuntimeException e) {
                jobs.forEach(job -> store.remove(job.id())); // the client is told no
                throw e;
            }
        } catch (RuntimeException e) {
            jobs.forEach(job -> forget(job.id()));
            throw e;
        }
        return jobs;
    }

    /** Milliseconds and a counter, so that ids are in the order of time, and a random part, so that they are not guessed. */
    private String newId(long now) {
        long order = lastId.updateAndGet(last -> Math.max(last + 1, now << 12));
        return HexFormat.of().toHexDigits(order)
                + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    }

    private Ticket ticket(Job job, ServedModel model) {
        var state = new LiveJob();
        Long deadline = job.deadlineMillis();
        Duration patience =
                deadline == null ? FOREVER : Duration.ofMillis(Math.max(0, deadline - System.currentTimeMillis()));
        var listener =
                new JobListener(job, model, state, store, finisher, files.image(job.id()), () -> forget(job.id()));
        var ticket = new Ticket(job.client(), job.recipe().request(), patience, listener, metrics);
        live.put(job.id(), state);
        tickets.put(job.id(), ticket);
        return ticket;
    }

    private void forget(String id) {
        live.remove(id);
        tickets.remove(id);
    }

    /** A job, if there is one. */
    @Nullable
    Job find(String id) {
        return store.find(id).orElse(null);
    }

    /** Jobs, newest first; see {@link JobStore#list}. */
    List<Job> list(@Nullable String search, @Nullable String before, @Nullable String state, int limit) {
        return store.list(search, before, state, limit);
    }

    /** How a job goes that has not ended. */
    @Nullable
    LiveJob live(String id) {
        return live.get(id);
    }

    /** How many images are before a job's. */
    int place(Job job) {
        Ticket ticket = tickets.get(job.id());
        return ticket == null ? 0 : models.named(job.recipe().model()).queue().place(ticket);
    }

    /** Cancels a job that has not ended, and waits a while until it has left: a step of a large model takes long. */
    void cancel(Job job) throws InterruptedException {
        Ticket ticket = tickets.get(job.id());
        if (ticket == null) {
            store.cancel(job.id());
            return;
        }
        ticket.cancel();
        models.named(job.recipe().model()).queue().dropCancelled();
        long end = System.nanoTime() + CANCELLING.toNanos();
        while (tickets.containsKey(job.id()) && System.nanoTime() < end) {
            Thread.sleep(5);
        }
    }

    /** Removes a job that has ended, and its image. */
    void remove(Job job) {
        files.delete(job.id()); // first: nobody would find it without its job
        store.remove(job.id());
    }

    /** Where a job's image is; the id must be one of the database's. */
    Path file(String id) {
        return files.image(id);
    }

    private void expire(Duration keep) {
        try {
            while (true) {
                try {
                    store.endedBefore(System.currentTimeMillis() - keep.toMillis())
                            .forEach(this::remove);
                } catch (RuntimeException e) {
                    LOG.error("old jobs could not be removed", e);
                }
                TimeUnit.HOURS.sleep(EXPIRY_HOURS);
            }
        } catch (InterruptedException e) {
            // the server ends
        }
    }

    /** Leaves what has not ended to others; the keeper asks the database for nothing after that. */
    private synchronized void release() {
        closed = true;
        try {
            store.release();
        } catch (RuntimeException e) {
            LOG.error("jobs that have not ended wait until their leases end", e);
        }
    }

    @Override
    public void close() {
        finisher.shutdown();
        try {
            if (!finisher.awaitTermination(1, TimeUnit.MINUTES)) {
                LOG.error("some images could not be written");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        release();
        janitor.interrupt(); // not before: an interrupt in the middle of a query closes an embedded database
        keeper.interrupt();
        store.close();
        files.close();
    }
}
