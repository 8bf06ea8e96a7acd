package org.sjd4j.server.jobs;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
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
    private static final int CONNECTIONS = 4;
    private static final int LONGEST_ERROR = 500;
    private static final String COLUMNS =
            "id, client, created, ended, state, recipe, result, error, attempts, steps, deadline";
    private static final String NOW = "CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000 AS BIGINT)";
    private static final String[] SCHEMA = {
        """
        CREATE TABLE IF NOT EXISTS sjd_jobs (
            id VARCHAR(40) PRIMARY KEY,
            client VARCHAR(200) NOT NULL,
            created BIGINT NOT NULL,
            ended BIGINT,
            state VARCHAR(12) NOT NULL,
            prompt VARCHAR(32000) NOT NULL,
            recipe TEXT NOT NULL,
            result TEXT,
            error VARCHAR(500),
            attempts INT DEFAULT 0 NOT NULL)
        """,
        "CREATE INDEX IF NOT EXISTS sjd_jobs_by_state ON sjd_jobs (state)",
        "ALTER TABLE sjd_jobs ADD COLUMN IF NOT EXISTS steps INT",
        "ALTER TABLE sjd_jobs ADD COLUMN IF NOT EXISTS deadline BIGINT",
        "ALTER TABLE sjd_jobs ADD COLUMN IF NOT EXISTS owner VARCHAR(40)",
        "ALTER TABLE sjd_jobs ADD COLUMN IF NOT EXISTS lease BIGINT DEFAULT 0 NOT NULL"
    };

    private final HikariDataSource source;
    private final String owner;
    private final Duration lease;

    private JobStore(HikariDataSource source, String owner, Duration lease) {
        this.source = source;
        this.owner = owner;
        this.lease = lease;
    }

    /**
     * Opens a database, and makes the table that is missing.
     *
     * @param address of JDBC
     * @param lease how long jobs belong to this store after it last said so
     * @throws ServerStateException if it cannot be opened, because another server has it open, say
     */
    static JobStore open(String address, Duration lease) {
        var config = new HikariConfig();
        config.setJdbcUrl(address);
        config.setMaximumPoolSize(CONNECTIONS);
        config.setPoolName("sjd4j-jobs");
        try {
            var store =
                    new JobStore(new HikariDataSource(config), UUID.randomUUID().toString(), lease);
            for (String statement : SCHEMA) {
                store.update(statement, List.of());
            }
            return store;
        } catch (RuntimeException e) {
            throw new ServerStateException(
                    "cannot open the database " + address.replaceAll("[?;].*", "") + ": " + root(e), e);
        }
    }

    /** The address of an embedded database whose commits are in the file before they return. */
    static String embedded(Path directory) {
        return "jdbc:h2:file:" + directory.toAbsolutePath().resolve("jobs") + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE";
    }

    private static String root(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = String.valueOf(root.getMessage());
        return message.lines().findFirst().orElse(message);
    }

    /** Adds jobs of this store's, all or none. */
    void add(List<Job> jobs) {
        String sql = "INSERT INTO sjd_jobs (id, client, created, state, prompt, recipe, deadline, owner, lease)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, " + NOW + " + ?)";
        transaction(connection -> {
            try (var statement = connection.prepareStatement(sql)) {
                for (Job job : jobs) {
                    set(
                            statement,
                            Arrays.asList(
                                    job.id(),
                                    job.client(),
                                    job.createdMillis(),
                                    job.state().label(),
                                    job.recipe().request().prompt(),
                                    Json.write(job.recipe().toText()),
                                    job.deadlineMillis(),
                                    owner,
                                    lease.toMillis()));
                    statement.addBatch();
                }
                return statement.executeBatch();
            }
        });
    }

    /** Ends a job of this store's by its image, unless it has ended. */
    void finish(String id, Job.Result result) {
        update(
                "UPDATE sjd_jobs SET state = 'finished', ended = ?, result = ? WHERE id = ? AND state = 'queued' AND owner = ?",
                Arrays.asList(System.currentTimeMillis(), Json.write(result), id, owner));
    }

    /** Ends a job of this store's without an image, unless it has ended. */
    void giveUp(String id, Job.State state, @Nullable String error, int steps) {
        update(
                "UPDATE sjd_jobs SET state = ?, ended = ?, error = ?, steps = ? WHERE id = ? AND state = 'queued' AND owner = ?",
                Arrays.asList(state.label(), System.currentTimeMillis(), shortened(error), steps, id, owner));
    }

    /** Cancels a job that has not ended, whoever generates it: the owner hears of it by {@link #renew}. */
    void cancel(String id) {
        update(
                "UPDATE sjd_jobs SET state = 'cancelled', ended = ? WHERE id = ? AND state = 'queued'",
                List.of(System.currentTimeMillis(), id));
    }

    private static @Nullable String shortened(@Nullable String error) {
        return error == null || error.length() <= LONGEST_ERROR ? error : error.substring(0, LONGEST_ERROR);
    }

    /** Counts that a job was begun, by 1, or takes that back, by -1. */
    void attempt(String id, int count) {
        update("UPDATE sjd_jobs SET attempts = attempts + ? WHERE id = ?", List.of(count, id));
    }

    /**
     * Takes jobs that have not ended and belong to nobody, oldest first. Of several stores that ask at once each gets others.
     *
     * @param expired how long ago their leases must have ended
     * @param wanted which of them to take
     */
    List<Job> claim(Duration expired, Predicate<Job> wanted) {
        return transaction(connection -> {
            var free = new ArrayList<Job>();
            try (var statement = connection.prepareStatement("SELECT " + COLUMNS
                    + " FROM sjd_jobs WHERE state = 'queued' AND lease <= " + NOW
                    + " - ? ORDER BY id FOR UPDATE SKIP LOCKED")) {
                set(statement, List.of(expired.toMillis()));
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        add(free, rows);
                    }
                }
            }
            var claimed = free.stream().filter(wanted).toList();
            try (var statement = connection.prepareStatement(
                    "UPDATE sjd_jobs SET owner = ?, lease = " + NOW + " + ? WHERE id = ?")) {
                for (Job job : claimed) {
                    set(statement, List.of(owner, lease.toMillis(), job.id()));
                    statement.addBatch();
                }
                statement.executeBatch();
            }
            return claimed;
        });
    }

    /** Ends the leases of all others: for a database that no other server has open. */
    void expel() {
        update("UPDATE sjd_jobs SET lease = 0 WHERE state = 'queued'", List.of());
    }

    /**
     * Renews the leases of this store's jobs.
     *
     * @return the ids of those that are still its own and have not ended
     */
    Set<String> renew() {
        update(
                "UPDATE sjd_jobs SET lease = " + NOW + " + ? WHERE state = 'queued' AND owner = ?",
                List.of(lease.toMillis(), owner));
        return run(connection -> {
            try (var statement =
                    connection.prepareStatement("SELECT id FROM sjd_jobs WHERE state = 'queued' AND owner = ?")) {
                set(statement, List.of(owner));
                try (ResultSet rows = statement.executeQuery()) {
                    var ids = new HashSet<String>();
                    while (rows.next()) {
                        ids.add(rows.getString(1));
                    }
                    return ids;
                }
            }
        });
    }

    /** Gives this store's jobs to whoever claims them next. */
    void release() {
        update(
                "UPDATE sjd_jobs SET owner = NULL, lease = " + NOW + " WHERE state = 'queued' AND owner = ?",
                List.of(owner));
    }

    /** Gives one of this store's jobs to whoever claims it next. */
    void release(String id) {
        update(
                "UPDATE sjd_jobs SET owner = NULL, lease = " + NOW + " WHERE state = 'queued' AND owner = ? AND id = ?",
                List.of(owner, id));
    }

    /** A job, if there is one. */
    Optional<Job> find(String id) {
        return query("SELECT " + COLUMNS + " FROM sjd_jobs WHERE id = ?", List.of(id)).stream()
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
        return query(sql.toString(), arguments);
    }

    /** Jobs that ended before a time. */
    List<Job> endedBefore(long millis) {
        return query("SELECT " + COLUMNS + " FROM sjd_jobs WHERE ended < ?", List.of(millis));
    }

    /** Removes a job. */
    void remove(String id) {
        update("DELETE FROM sjd_jobs WHERE id = ?", List.of(id));
    }

    private void update(String sql, List<? extends @Nullable Object> arguments) {
        run(connection -> {
            try (var statement = connection.prepareStatement(sql)) {
                set(statement, arguments);
                return statement.executeUpdate();
            }
        });
    }

    private List<Job> query(String sql, List<Object> arguments) {
        return run(connection -> {
            try (var statement = connection.prepareStatement(sql)) {
                set(statement, arguments);
                try (ResultSet rows = statement.executeQuery()) {
                    var jobs = new ArrayList<Job>();
                    while (rows.next()) {
                        add(jobs, rows);
                    }
                    return jobs;
                }
            }
        });
    }

    /** A row that cannot be read, because another version wrote it, is as good as none. */
    private static void add(List<Job> jobs, ResultSet row) throws SQLException {
        try {
            jobs.add(job(row));
        } catch (RuntimeException e) {
            LOG.error("job {} cannot be read", row.getString("id"), e);
        }
    }

    @SuppressWarnings("unchecked") // a recipe is written as a map of texts
    private static Job job(ResultSet row) throws SQLException {
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

    private static void set(PreparedStatement statement, List<? extends @Nullable Object> arguments)
            throws SQLException {
        for (int i = 0; i < arguments.size(); i++) {
            statement.setObject(i + 1, arguments.get(i));
        }
    }

    private interface Work<T> {
        T with(Connection connection) throws SQLException;
    }

    /** All of the work, or none. */
    private <T> T transaction(Work<T> work) {
        return run(connection -> {
            connection.setAutoCommit(false);
            try {
                T result = work.with(connection);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(true);
            }
        });
    }

    private <T> T run(Work<T> work) {
        try (Connection connection = source.getConnection()) {
            return work.with(connection);
        } catch (SQLException e) {
            throw new ServerStateException("the database failed: " + root(e), e);
        }
    }

    @Override
    public void close() {
        source.close();
    }
}
