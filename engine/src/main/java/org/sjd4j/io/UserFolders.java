package org.sjd4j.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Where a user's files lie that nobody named a place for.
 *
 * <p>They lie in the user's home. Containers often have none, or one that cannot be written: they run under a number that
 * {@code /etc/passwd} does not know. What has no place in the home lies in a {@linkplain TemporaryFolder folder} below {@code
 * java.io.tmpdir} that belongs to the user alone.
 */
public final class UserFolders {
    private static final String DATA = ".local/share/sjd4j";

    private final Map<String, String> environment;
    private final Properties properties;

    UserFolders(Map<String, String> environment, Properties properties) {
        this.environment = environment;
        this.properties = properties;
    }

    /** Those of the user whom this process belongs to. */
    public static UserFolders current() {
        return new UserFolders(System.getenv(), System.getProperties());
    }

    /**
     * Gives Java a home where it has none. Java calls it {@code ?} then, and libraries make a folder of that name wherever they
     * are, such as AWT for what it knows of fonts. For programs, since it concerns the whole process.
     *
     * @throws UncheckedIOException if there is no place for one
     */
    public static void requireHome() {
        var folders = current();
        if (folders.home() == null) {
            System.setProperty("user.home", folders.otherHome().toAbsolutePath().toString());
        }
    }

    /**
     * The folder of this project's cache, which need not exist: the system property {@code sjd4j.cache}, the environment
     * variable {@code SJD4J_CACHE}, {@code sjd4j} in {@code XDG_CACHE_HOME}, or {@code .cache/sjd4j} in the home. The latter
     * two count only if they can be written.
     *
     * @throws UncheckedIOException if there is no place for one
     */
    public Path cache() {
        Path chosen = chosenCache();
        return chosen != null ? chosen : inHome(".cache/sjd4j");
    }

    /**
     * A folder in the home, which need not exist, such as where another project expects its cache. If it cannot be written, the
     * cache that was chosen for this project stands for the home.
     *
     * @param name its path in the home
     * @throws UncheckedIOException if there is no place for one
     */
    public Path inHome(String name) {
        Path home = home();
        return home != null && canBeWritten(home.resolve(name))
                ? home.resolve(name)
                : otherHome().resolve(name);
    }

    /**
     * The folder of what is to be kept, which need not exist: {@code sjd4j} in {@code XDG_DATA_HOME}, or {@code
     * .local/share/sjd4j} in the home.
     *
     * @throws UncheckedIOException if there is no place for one
     */
    public Path data() {
        Path common = absolute("XDG_DATA_HOME");
        return common != null ? common.resolve("sjd4j") : inHome(DATA);
    }

    /** Whether {@link #data} lies with temporary files, since nobody chose a place and the home has none. */
    public boolean dataIsTemporary() {
        Path home = home();
        return absolute("XDG_DATA_HOME") == null
                && chosenCache() == null
                && (home == null || !canBeWritten(home.resolve(DATA)));
    }

    private @Nullable Path chosenCache() {
        String property = properties.getProperty("sjd4j.cache");
        if (property != null) {
            return Path.of(property);
        }
        String variable = environment.getOrDefault("SJD4J_CACHE", "");
        if (!variable.isEmpty()) {
            return Path.of(variable);
        }
        Path common = absolute("XDG_CACHE_HOME");
        return common != null && canBeWritten(common.resolve("sjd4j")) ? common.resolve("sjd4j") : null;
    }

    /** A folder that a variable names. Relative ones do not count (XDG Base Directory Specification, "Basics"). */
    private @Nullable Path absolute(String variable) {
        Path folder = Path.of(environment.getOrDefault(variable, ""));
        return folder.isAbsolute() ? folder : null;
    }

    /** The home, if there is one. */
    private @Nullable Path home() {
        Path home = Path.of(properties.getProperty("user.home", ""));
        return home.isAbsolute() && Files.isDirectory(home) ? home : null;
    }

    /** What stands for the home where there is none, or none that can be written. */
    private Path otherHome() {
        Path chosen = chosenCache();
        return chosen != null ? chosen : temporary();
    }

    private static boolean canBeWritten(Path folder) {
        Path there = folder;
        while (there != null && !Files.exists(there, LinkOption.NOFOLLOW_LINKS)) {
            there = there.getParent();
        }
        return there != null && Files.isDirectory(there) && Files.isWritable(there) && Files.isExecutable(there);
    }

    private Path temporary() {
        Path root = Path.of(properties.getProperty("java.io.tmpdir", "/tmp")).toAbsolutePath();
        try {
            return TemporaryFolder.in(root);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "found no folder for caches: the home cannot be written, and in " + root
                            + " there is none either (SJD4J_CACHE chooses one)",
                    e);
        }
    }
}
