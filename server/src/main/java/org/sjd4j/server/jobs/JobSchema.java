package org.sjd4j.server.jobs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;

/**
 * The tables of the database of jobs, by numbered scripts. The database keeps which of them it has had, and gets the others.
 *
 * <p>A change is a new script and never a change of an old one. Servers of several versions may share a database, so scripts
 * add and take nothing away. They may run twice: a server may be killed in the middle of one, and databases from before the
 * numbers were kept have the tables of the first two.
 */
final class JobSchema {
    private static final int LATEST = 2;
    private static final int MOST_TRIES = 3;

    private JobSchema() {}

    /**
     * Runs the scripts that a database has not had. Of several servers that do so at once PostgreSQL fails all but one, and
     * those find the tables when they try again.
     */
    static void update(Database database) {
        for (int tries = 1; ; tries++) {
            try {
                database.transaction(JobSchema::update);
                return;
            } catch (ServerStateException e) {
                if (tries == MOST_TRIES) {
                    throw e;
                }
            }
        }
    }

    private static int update(Connection connection) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS sjd_schema (version INT NOT NULL)");
            int version = Database.query(
                            connection,
                            "SELECT COALESCE(MAX(version), 0) FROM sjd_schema",
                            List.of(),
                            row -> row.getInt(1))
                    .getFirst();
            while (version < LATEST) {
                version++;
                for (String sql : script(version).split(";")) {
                    statement.execute(sql);
                }
                statement.execute("INSERT INTO sjd_schema (version) VALUES (" + version + ")");
            }
            return version;
        }
    }

    private static String script(int version) {
        String name = "schema-" + version + ".sql";
        try (var stream = Objects.requireNonNull(JobSchema.class.getResourceAsStream(name), name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name, e);
        }
    }
}
