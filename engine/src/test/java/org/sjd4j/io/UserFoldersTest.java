package org.sjd4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserFoldersTest {
    @TempDir
    private Path directory;

    private Path home = Path.of("");
    private Path temporary = Path.of("");

    @BeforeEach
    void make() throws IOException {
        home = Files.createDirectory(directory.resolve("home"));
        temporary = Files.createDirectory(directory.resolve("tmp"));
    }

    private UserFolders folders(String home, Map<String, String> environment) {
        var properties = new Properties();
        properties.setProperty("user.home", home);
        properties.setProperty("java.io.tmpdir", temporary.toString());
        return new UserFolders(environment, properties);
    }

    /** The folder that is made below the temporary files. */
    private Path own() throws IOException {
        return temporary.resolve("sjd4j-" + Files.getAttribute(temporary, "unix:uid"));
    }

    @Test
    void whatHasAHomeLiesThere() {
        var folders = folders(home.toString(), Map.of("SJD4J_CACHE", ""));
        assertThat(folders.cache()).isEqualTo(home.resolve(".cache/sjd4j"));
        assertThat(folders.data()).isEqualTo(home.resolve(".local/share/sjd4j"));
        assertThat(folders.dataIsTemporary()).isFalse();
        assertThat(folders.inHome(".javacpp/cache")).isEqualTo(home.resolve(".javacpp/cache"));
        assertThat(home).as("nothing is made before it is needed").isEmptyDirectory();
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void variablesChooseOtherFolders() {
        Path cache = directory.resolve("cache");
        Path data = directory.resolve("data");
        var common = Map.of("XDG_CACHE_HOME", cache.toString(), "XDG_DATA_HOME", data.toString());
        var folders = folders(home.toString(), common);
        assertThat(folders.cache()).isEqualTo(cache.resolve("sjd4j"));
        assertThat(folders.data()).isEqualTo(data.resolve("sjd4j"));
        assertThat(folders.dataIsTemporary())
                .as("chosen, though it is below /tmp")
                .isFalse();
        assertThat(folders.inHome(".djl.ai")).isEqualTo(home.resolve(".djl.ai"));
        assertThat(folders("?", common).inHome(".djl.ai")).isEqualTo(cache.resolve("sjd4j/.djl.ai"));
        var first = folders("?", Map.of("SJD4J_CACHE", "mine", "XDG_CACHE_HOME", cache.toString()));
        assertThat(first.cache()).isEqualTo(Path.of("mine"));
        assertThat(first.inHome(".djl.ai")).isEqualTo(Path.of("mine/.djl.ai"));
        assertThat(temporary).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "relative/cache", "~/cache"})
    void relativeFoldersOfVariablesDoNotCount(String folder) {
        var folders = folders(home.toString(), Map.of("XDG_CACHE_HOME", folder, "XDG_DATA_HOME", folder));
        assertThat(folders.cache()).isEqualTo(home.resolve(".cache/sjd4j"));
        assertThat(folders.data()).isEqualTo(home.resolve(".local/share/sjd4j"));
        assertThat(folders.dataIsTemporary()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"?", "", "home", "/proc/none/home", "/dev/null"})
    void whatHasNoHomeLiesInAFolderOfItsOwn(String none) throws IOException {
        var folders = folders(none, Map.of());
        assertThat(folders.cache()).isEqualTo(own().resolve(".cache/sjd4j"));
        assertThat(folders.data()).isEqualTo(own().resolve(".local/share/sjd4j"));
        assertThat(folders.dataIsTemporary()).isTrue();
        assertThat(folders.inHome(".javacpp/cache")).isEqualTo(own().resolve(".javacpp/cache"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(own())))
                .isEqualTo("rwx------");
        try (var files = Files.list(temporary)) {
            assertThat(files).containsExactly(own());
        }
    }

    /** A file where a folder should be, which not even root can change, and a folder that may not be written. */
    @Test
    void aHomeThatCannotBeWrittenIsNoPlace() throws IOException {
        Files.createFile(home.resolve(".cache"));
        Files.createSymbolicLink(home.resolve(".local"), directory.resolve("nowhere"));
        var folders = folders(
                home.toString(),
                Map.of("XDG_CACHE_HOME", home.resolve(".cache/x").toString()));
        assertThat(folders.cache()).isEqualTo(own().resolve(".cache/sjd4j"));
        assertThat(folders.data()).isEqualTo(own().resolve(".local/share/sjd4j"));
        assertThat(folders.dataIsTemporary()).isTrue();
        assertThat(folders.inHome(".javacpp/cache")).isEqualTo(home.resolve(".javacpp/cache"));
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("r-x------"));
        assertThat(folders.inHome(".javacpp/cache"))
                .isEqualTo(Files.isWritable(home) ? home.resolve(".javacpp/cache") : own().resolve(".javacpp/cache"));
    }

    @Test
    void whatAnotherUserMayHavePutThereIsRefused() throws IOException {
        var folders = folders("?", Map.of());
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.createSymbolicLink(own(), elsewhere);
        refused(folders, "is a link or a file, not a folder");
        Files.delete(own());
        Files.createFile(own());
        refused(folders, "is a link or a file, not a folder");
        Files.delete(own());
        Files.createDirectory(own());
        Files.setPosixFilePermissions(own(), PosixFilePermissions.fromString("rwxrwx---"));
        refused(folders, "can be written by other users");
        Files.setPosixFilePermissions(own(), PosixFilePermissions.fromString("rwx------"));
        assertThat(folders.cache()).isEqualTo(own().resolve(".cache/sjd4j"));
        assertThatThrownBy(() -> TemporaryFolder.requireOwn(own(), 123_456_789))
                .hasMessageContaining("belongs to the user ");
        assertThat(elsewhere).isEmptyDirectory();
    }

    private static void refused(UserFolders folders, String why) {
        assertThatThrownBy(folders::cache)
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("SJD4J_CACHE")
                .cause()
                .hasMessageContaining(why);
    }
}
