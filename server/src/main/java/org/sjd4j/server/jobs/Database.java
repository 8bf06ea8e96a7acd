package org.sjd4j.server.jobs;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Statements and transactions of a database, by JDBC. Safe for use by many threads. */
final class Database implements AutoCloseable {
    private static final int CONNECTIONS = 4;

    private final HikariDataSource source;

    /**
     * Connects.
     *
     * @param address of JDBC
     */
    Database(String address) {
        var config = new HikariConfig();
        config.setJdbcUrl(address);
        config.setMaximumPoolSize(CONNECTIONS);
        config.setPoolName("sjd4j-jobs");
        source = new HikariDataSource(config);
    }

    /** What is done with a connection. */
    interface Work<T> {
        T with(Connection connection) throws SQLException;
    }

    /** Reads one row. */
    interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Runs a statement. */
    void update(String sql, @Nullable Object... arguments) {
        run(connection -> {
            try (var statement = connection.prepareStatement(sql)) {
                set(statement, arguments);
                return statement.executeUpdate();
            }
        });
    }

    /** The rows that a query finds. */
    <T> List<T> query(String sql, List<Object> arguments, Row<T> row) {
        return run(connection -> query(connection, sql, arguments, row));
    }

    /** The rows that a query finds in the middle of other work. */
    static <T> List<T> query(Connection connection, String sql, List<Object> arguments, Row<T> row)
            throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            set(statement, arguments.toArray());
            try (ResultSet found = statement.executeQuery()) {
                var rows = new ArrayList<T>();
                while (found.next()) {
                    rows.add(row.read(found));
                }
                return rows;
            }
        }
    }

    /** Runs a statement once for each list of arguments. */
    static void batch(Connection connection, String sql, List<? extends @Nullable Object[]> arguments)
            throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            for (var each : arguments) {
                set(statement, each);
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    private static void set(PreparedStatement statement, @Nullable Object... arguments) throws SQLException {
        for (int i = 0; i < arguments.length; i++) {
            statement.setObject(i + 1, arguments[i]);
        }
    }

    /** All of the work, or none. */
    <T> T transaction(Work<T> work) {
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

    /** The first line of what a failure comes from. */
    static String root(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = String.valueOf(root.getMessage());
        return message.lines().findFirst().orElse(message);
    }

    @Override
    public void close() {
        source.close();
    }
}
