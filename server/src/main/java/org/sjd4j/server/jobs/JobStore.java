package org.sjd4j.server.jobs;

import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.Recipe;
import org.sjd4j.server.http.Json;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Jobs in a database: what was committed is there after a {@code kill -9}. Safe for use by many threads.
 *
 * <p>Stores of several servers may share a database. Each job that has not ended belongs to one of them, for as long as that
 * one renews its lease; the times of leases are those of the database, so that the servers' clocks need not agree. Only its
 * owner ends a job by generating it.
 */
final class JobStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(JobStore.class);
    private static final int LONGEST_ERROR = 500;
    private static final String COLUMNS =
            "id, client, created, ended, state, recipe, result, error, attempts, steps, deadline";
    private static final String NOW = "CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000 AS BIGINT)";

    private final Database database;
    private final String owner;
    private final Duration lease;

    private JobStore(Database database, String owner, Duration lease) {
        this.database = database;
        this.owner = owner;
        this.lease = lease;
    }

    /**
     * Opens a database, and brings its tables up to date.
     *
     * @param address of JDBC
     * @param lease how long jobs belong to this store after it last said so
     * @throws ServerStateException if it cannot be opened, because another server has it open, say
     */
    static JobStore open(String address, Duration lease) {
        try {
            var database = new Database(address);
            try {
                JobSchema.update(database);
            } catch (RuntimeException e) {
                database.close();
                throw e;
            }
            return new JobStore(database, UUID.randomUUID().toString(), lease);
        } catch (RuntimeException e) {
            throw new ServerStateException(
                    "cannot open the database " + address.replaceAll("[?;].*", "") + ": " + Database.root(e), e);
        }
    }

    /** The address of an embedded database whose commits are in the file before they return. */
    static String embedded(Path directory) {
        return "jdbc:h2:file:" + directory.toAbsolutePath().resolve("jobs") + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE";
    }

    /** Adds jobs of this store's, all or none. */
    void add(List<Job> jobs) {
        String sql = "INSERT INTO sjd_jobs (id, client, created, state, prompt, recipe, deadline, owner, lease)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, " + NOW + " + ?)";
        var rows = jobs.stream()
                .map(job -> new @Nullable Object[] {
                    job.id(),
                    job.client(),
                    job.createdMillis(),
                    job.state().label(),
                    job.recipe().request().prompt(),
                    Json.write(job.recipe().toText()),
                    job.deadlineMillis(),
                    owner,
                    lease.toMillis()
                })
                .toList();
        database.transaction(connection -> {
            Database.batch(connection, sql, rows);
            return rows;
        });
    }

    /** Ends a job of this store's by its image, unless it has ended. */
    void finish(String id, Job.Result result) {
        database.update(
                "UPDATE sjd_jobs SET state = 'finished', ended = ?, result = ? WHERE id = ? AND state = 'queued' AND owner = ?",
                System.currentTimeMillis(),
                Json.write(result),
                id,
                owner);
    }

    /** Ends a job of this store's without an image, unless it has ended. */
    void giveUp(String id, Job.State state, @Nullable String error, int steps) {
        database.update(
                "UPDATE sjd_jobs SET state = ?, ended = ?, error = ?, steps = ? WHERE id = ? AND state = 'queued' AND owner = ?",
                state.label(),
                System.currentTimeMillis(),
                shortened(error),
                steps,
                id,
                owner);
    }

    /** Cancels a job that has not ended, whichever server generates it: the owner hears of it by {@link #renew}. */
    void cancel(String id) {
        database.update(
                "UPDATE sjd_jobs SET state = 'cancelled', ended = ? WHERE id = ? AND state = 'queued'",
                System.currentTimeMillis(),
                id);
    }

    private static @Nullable String shortened(@Nullable String error) {
        return error == null || error.length() <= LONGEST_ERROR ? error : error.substring(0, LONGEST_ERROR);
    }

    /** Counts that a job was begun, by 1, or takes that back, by -1. */
    void attempt(String id, int count) {
        database.update("UPDATE sjd_jobs SET attempts = attempts + ? WHERE id = ?", count, id);
    }

    /**
     * Takes jobs that have not ended and belong to nobody, oldest first. Of several stores that ask at once each gets others.
     *
     * @param expired how long ago their leases must have ended
     * @param wanted which of them to take
     */
    List<Job> claim(Duration expired, Predicate<Job> wanted) {
        return database.transaction(connection -> {
            var free = readable(Database.query(
                    connection,
                    "SELECT " + COLUMNS + " FROM sjd_jobs WHERE state = 'queued' AND lease <= " + NOW
                            + " - ? ORDER BY id FOR UPDATE SKIP LOCKED",
                    List.of(expired.toMillis()),
                    JobStore::job));
            var claimed = free.stream().filter(wanted).toList();
            Database.batch(
                    connection,
                    "UPDATE sjd_jobs SET owner = ?, lease = " + NOW + " + ? WHERE id = ?",
                    claimed.stream()
                            .map(job -> new Object[] {owner, lease.toMillis(), job.id()})
                            .toList());
            return claimed;
        });
    }

    /** Ends the leases of all others: for a database that no other server has open. */
    void expel() {
        database.update("UPDATE sjd_jobs SET lease = 0 WHERE state = 'queued'");
    }

    /**
     * Renews the leases of this store's jobs.
     *
     * @return the ids of those that are still its own and have not ended
     */
    Set<String> renew() {
        database.update(
                "UPDATE sjd_jobs SET lease = " + NOW + " + ? WHERE state = 'queued' AND owner = ?",
                lease.toMillis(),
                owner);
        return new HashSet<>(database.query(
                "SELECT id FROM sjd_jobs WHERE state = 'queued' AND owner = ?",
                List.of(owner),
                row -> row.getString(1)));
    }

    /** Gives this store's jobs to the server that claims them next. */
    void release() {
        database.update(
                "UPDATE sjd_jobs SET owner = NULL, lease = " + NOW + " WHERE state = 'queued' AND owner = ?", owner);
    }

    /** Gives one of this store's jobs to the server that claims it next. */
    void release(String id) {
        database.update(
                "UPDATE sjd_jobs SET owner = NULL, lease = " + NOW + " WHERE state = 'queued' AND owner = ? AND id = ?",
                owner,
                id);
    }

    /** A job, if there is one. */
    Optional<Job> find(String id) {
        return jobs("SELECT " + COLUMNS + " FROM sjd_jobs WHERE id = ?", List.of(id)).stream()
                .findFirst();
    }

    /**
     * Jobs, newest first.
     *
     * @param search a part of the prompt, whatever its case
     * @param before only jobs older than this one
     * @param state only jobs in this state
     */
    List<Job> list(@Nullable String search, @Nullable String before, @Nullable String state, int limit) {
        var sql = new StringBuilder("SELECT " + COLUMNS + " FROM sjd_jobs WHERE 1 = 1");
        var arguments = new ArrayList<Object>();
        if (search != null) {
            sql.append(" AND LOWER(prompt) LIKE ? ESCAPE '!'");
            arguments.add("%" + search.toLowerCase(Locale.ROOT).replaceAll("[!%_]", "!$0") + "%");
        }
        if (before != null) {
            sql.append(" AND id < ?");
            arguments.add(before);
        }
        if (state != null) {
            sql.append(" AND state = ?");
            arguments.add(state);
        }
        sql.append(" ORDER BY id DESC LIMIT ").append(limit);
        return jobs(sql.toString(), arguments);
    }

    /** Jobs that ended before a time. */
    List<Job> endedBefore(long millis) {
        return jobs("SELECT " + COLUMNS + " FROM sjd_jobs WHERE ended < ?", List.of(millis));
    }

    /** Removes a job. */
    void remove(String id) {
        database.update("DELETE FROM sjd_jobs WHERE id = ?", id);
    }

    private List<Job> jobs(String sql, List<Object> arguments) {
        return readable(database.query(sql, arguments, JobStore::job));
    }

    private static List<Job> readable(List<Optional<Job>> rows) {
        return rows.stream().flatMap(Optional::stream).toList();
    }

    /** A row that cannot be read, because another version wrote it, is as good as none. */
    private static Optional<Job> job(ResultSet row) throws SQLException {
        try {
            return Optional.of(read(row));
        } catch (RuntimeException e) {
            LOG.error("job {} cannot be read", row.getString("id"), e);
            return Optional.empty();
        }
    }

    @SuppressWarnings("unchecked") // a recipe is written as a map of texts
    private static Job read(ResultSet row) throws SQLException {
        String result = row.getString("result");
        return new Job(
                row.getString("id"),
                row.getString("client"),
                row.getLong("created"),
                nullable(row, row.getLong("ended")),
                Job.State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
                Recipe.fromText((Map<String, String>) Json.read(row.getString("recipe"), Map.class)),
                result == null ? null : Json.read(result, Job.Result.class),
                row.getString("error"),
                row.getInt("attempts"),
                nullable(row, row.getInt("steps")),
                nullable(row, row.getLong("deadline")));
    }

    /** What was just read, or nothing if it was null. */
    private static <T> @Nullable T nullable(ResultSet row, T value) throws SQLException {
        return row.wasNull() ? null : value;
    }

    @Override
    public void close() {
        database.close();
    }
}
