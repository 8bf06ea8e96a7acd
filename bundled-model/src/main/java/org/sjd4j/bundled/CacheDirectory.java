package org.sjd4j.bundled;

import java.nio.file.Path;

/** Where this project keeps files of its own on a machine. */
public final class CacheDirectory {
    private CacheDirectory() {}

    /**
     * The directory, which need not exist: the system property {@code sjd4j.cache}, or else the environment variable
     * {@code SJD4J_CACHE}, or else {@code .cache/sjd4j} in the user's home.
     */
    public static Path path() {
        String property = System.getProperty("sjd4j.cache");
        if (property != null) {
            return Path.of(property);
        }
        String variable = System.getenv("SJD4J_CACHE");
        return variable != null && !variable.isEmpty()
                ? Path.of(variable)
                : Path.of(System.getProperty("user.home"), ".cache", "sjd4j");
    }
}
