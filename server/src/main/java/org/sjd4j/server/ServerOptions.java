package org.sjd4j.server;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to serve.
 *
 * @param host to listen at
 * @param port to listen at; 0 for any that is free
 * @param apiKey that every request must carry, or nothing to serve this machine only
 * @param directory of images, and of the embedded database
 * @param database an address of JDBC, or nothing for the embedded one
 * @param keep how long jobs stay after their end
 * @param patience of a request that sets no shorter one
 * @param farewell how long images may still be generated after the server was told to stop
 * @param aliases whether OpenAI's model names stand for the default model
 */
public record ServerOptions(
        String host,
        int port,
        @Nullable String apiKey,
        Path directory,
        @Nullable String database,
        Duration keep,
        Duration patience,
        Duration farewell,
        boolean aliases) {

    /** Serves this machine, with everything in one directory. */
    public static ServerOptions local(int port, Path directory) {
        return new ServerOptions(
                "127.0.0.1",
                port,
                null,
                directory,
                null,
                Duration.ofDays(30),
                Duration.ofMinutes(10),
                Duration.ofSeconds(30),
                true);
    }
}
