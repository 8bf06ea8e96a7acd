package org.sjd4j.server.jobs;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.sjd4j.pipeline.Recipe;
import org.sjd4j.server.http.Json;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Jobs in a database: what was committed is there after a {@code kill -9}. Safe for use by many threads. */
final class JobStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(JobStore.class);
    private static final int CONNECTIONS = 4;
    private static final int LONGEST_ERROR = 500;
    private static final String COLUMNS = "id, client, created, ended, state, recipe, result, error, attempts";
    private static final String[] SCHEMA = {"""
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
        """, "CREATE INDEX IF NOT EXISTS sjd_jobs_by_state ON sjd_jobs (state)"};

    private final HikariDataSource source;

    private JobStore(HikariDataSource source) {
        this.source = source;
    }

    /**
     * Opens a database, and makes the table that is missing.
     *
     * @param address of JDBC
     * @throws ServerStateException if it cannot be opened, because another server has it open, say
     */
    static JobStore open(String address) {
        var config = new HikariConfig();
        config.setJdbcUrl(address);
        config.setMaximumPoolSize(CONNECTIONS);
        config.setPoolName("sjd4j-jobs");
        try {
            var store = new JobStore(new HikariDataSource(config));
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

    /** Adds jobs, all or none. */
    void add(List<Job> jobs) {
        String sql = "INSERT INTO sjd_jobs (id, client, created, state, prompt, recipe) VALUES (?, ?, ?, ?, ?, ?)";
        run(connection -> {
            connection.setAutoCommit(false);
            try (var statement = connection.prepareStatement(sql)) {
                for (Job job : jobs) {
                    set(
                            statement,
                            List.of(
                                    job.id(),
                                    job.client(),
                                    job.createdMillis(),
                                    job.state().label(),
                                    job.recipe().request().prompt(),
                                    Json.write(job.recipe().toText())));
                    statement.addBatch();
                }
                statement.executeBatch();
                connection.commit();
            } catch (SQLException e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(true);
            }
            return true;
        });
    }

    /** Ends a job, unless it has ended. */
    void end(String id, Job.State state, Job.@Nullable Result result, @Nullable String error) {
        String shown = error == null || error.length() <= LONGEST_ERROR ? error : error.substring(0, LONGEST_ERROR);
        run(connection -> {
            try (var statement = connection.prepareStatement(
                    "UPDATE sjd_jobs SET state = ?, ended = ?, result = ?, error = ? WHERE id = ? AND state = 'queued'")) {
                statement.setString(1, state.label());
                statement.setLong(2, System.currentTimeMillis());
                statement.setString(3, result == null ? null : Json.write(result));
                statement.setString(4, shown);
                statement.setString(5, id);
                return statement.executeUpdate();
            }
        });
    }

    /** Counts that a job was begun, by 1, or takes that back, by -1. */
    void attempt(String id, int count) {
        update("UPDATE sjd_jobs SET attempts = attempts + ? WHERE id = ?", List.of(count, id));
    }

    /** Jobs that have not ended, oldest first. */
    List<Job> unfinished() {
        return query("SELECT " + COLUMNS + " FROM sjd_jobs WHERE state = 'queued' ORDER BY id", List.of());
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

    private void update(String sql, List<Object> arguments) {
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
        long ended = row.getLong("ended");
        Long endedMillis = row.wasNull() ? null : Long.valueOf(ended);
        String result = row.getString("result");
        return new Job(
                row.getString("id"),
                row.getString("client"),
                row.getLong("created"),
                endedMillis,
                Job.State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
                Recipe.fromText((Map<String, String>) Json.read(row.getString("recipe"), Map.class)),
                result == null ? null : Json.read(result, Job.Result.class),
                row.getString("error"),
                row.getInt("attempts"));
    }

    private static void set(PreparedStatement statement, List<Object> arguments) throws SQLException {
        for (int i = 0; i < arguments.size(); i++) {
            statement.setObject(i + 1, arguments.get(i));
        }
    }

    private interface Work<T> {
        T with(Connection connection) throws SQLException;
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
