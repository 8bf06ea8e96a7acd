package org.sjd4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.tensor.CheckpointException;

class HubCacheTest {
    private static final String FIRST = "9624463a82ea5ce814af9b561dcd08a31082c3af";
    private static final String SECOND = "1daa72fa409002d40931bd7b36a9280362469ead";

    @TempDir
    private Path hub;

    /** A snapshot with one file, which is a link to a blob. */
    private Path snapshot(String repository, String revision) throws IOException {
        Path root = hub.resolve(repository);
        Path blobs = Files.createDirectories(root.resolve("blobs"));
        Files.writeString(blobs.resolve("b" + revision), "{}");
        Path snapshot = Files.createDirectories(root.resolve("snapshots").resolve(revision));
        Files.createSymbolicLink(snapshot.resolve("config.json"), Path.of("../../blobs/b" + revision));
        return snapshot;
    }

    private void ref(String repository, String name, String content) throws IOException {
        Path refs = Files.createDirectories(hub.resolve(repository).resolve("refs"));
        Files.writeString(refs.resolve(name), content);
    }

    private static void refused(Path path, String... parts) {
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> HubCache.resolve(path))
                .satisfies(e -> assertThat(e.getMessage())
                        .startsWith(path.toString())
                        .contains(parts)
                        .doesNotContain("\n"));
        assertThat(HubCache.tryResolve(path)).isNull();
    }

    @Test
    void theOnlySnapshotIsMeant() throws IOException {
        Path snapshot = snapshot("models--org--name", FIRST);
        Path root = hub.resolve("models--org--name");
        assertThat(HubCache.resolve(root)).isEqualTo(snapshot);
        assertThat(HubCache.resolve(root.resolve("snapshots"))).isEqualTo(snapshot);
        assertThat(HubCache.resolve(snapshot)).isEqualTo(snapshot);
        ref("models--org--name", "main", "");
        assertThat(HubCache.resolve(root)).isEqualTo(snapshot);
        ref("models--org--name", "v1.0", FIRST);
        assertThat(HubCache.resolve(root)).isEqualTo(snapshot);
    }

    @Test
    void mainNamesTheSnapshot() throws IOException {
        snapshot("models--org--name", FIRST);
        Path second = snapshot("models--org--name", SECOND);
        ref("models--org--name", "main", SECOND + "\n");
        assertThat(HubCache.resolve(hub.resolve("models--org--name"))).isEqualTo(second);
    }

    @Test
    void severalSnapshotsWithoutMainAreListed() throws IOException {
        snapshot("models--org--name", FIRST);
        Path second = snapshot("models--org--name", SECOND);
        Path root = hub.resolve("models--org--name");
        refused(root, "several snapshots and no refs/main", FIRST, SECOND, "name one, such as " + second);
        ref("models--org--name", "v1.0", FIRST);
        refused(root, "several snapshots and no refs/main", FIRST, SECOND);
    }

    @Test
    void aRevisionThatIsNotThereIsNamed() throws IOException {
        snapshot("models--org--name", FIRST);
        Path root = hub.resolve("models--org--name");
        ref("models--org--name", "main", SECOND);
        refused(root, "refs/main that names '" + SECOND + "'", FIRST);
        ref("models--org--name", "main", "../../other");
        refused(root, "refs/main that names '../../other'");
        ref("models--org--name", "main", ".");
        refused(root, "refs/main that names '.'");
    }

    @Test
    void aCacheWithoutSnapshotsIsNamed() throws IOException {
        Path root = hub.resolve("models--org--name");
        Path blobs = Files.createDirectories(root.resolve("blobs"));
        Files.write(blobs.resolve("ab12.incomplete"), new byte[7]);
        refused(root, "a cache without any snapshot", "finish the download");
        Files.createDirectories(root.resolve("snapshots"));
        refused(root, "a cache without any snapshot");
    }

    @Test
    void aWholeCacheSaysWhatIsInIt() throws IOException {
        snapshot("models--Alpha-VLLM--Lumina-mGPT-7B-768", FIRST);
        snapshot("models--gpt2", SECOND);
        Files.createDirectories(hub.resolve("datasets--org--set/snapshots/x"));
        refused(
                hub,
                "a cache of models: Alpha-VLLM/Lumina-mGPT-7B-768, gpt2;",
                "models--Alpha-VLLM--Lumina-mGPT-7B-768");
        Path home = Files.createDirectory(hub.resolve("home"));
        Files.createSymbolicLink(home.resolve("hub"), hub);
        refused(home, "a cache of models: Alpha-VLLM/Lumina-mGPT-7B-768, gpt2;");
        for (int i = 0; i < 9; i++) {
            snapshot("models--zoo--m" + i, FIRST);
        }
        refused(hub, "gpt2, zoo/m0, zoo/m1, zoo/m2, zoo/m3 and 5 more");
    }

    @Test
    void otherDirectoriesAndFilesMeanThemselves() throws IOException {
        Path plain = hub.resolve("plain");
        Path own = hub.resolve("models--org--own");
        Files.createDirectories(plain.resolve("snapshots/x"));
        Files.createDirectories(own.resolve("snapshots/x"));
        Files.writeString(own.resolve("config.json"), "{}");
        Path mixed = Files.createDirectories(hub.resolve("mixed"));
        Files.createDirectories(mixed.resolve("models--org--x/snapshots/x"));
        Path file = Files.writeString(mixed.resolve("file.pt"), "x");
        for (Path path : new Path[] {plain, own, mixed, file, hub.resolve("none"), plain.resolve("snapshots")}) {
            assertThat(HubCache.resolve(path)).isEqualTo(path);
        }
    }

    @Test
    void aSnapshotIsCalledLikeItsRepository() throws IOException {
        Path snapshot = snapshot("models--Alpha-VLLM--Lumina-mGPT-7B-768", FIRST);
        assertThat(HubCache.name(snapshot)).isEqualTo("Lumina-mGPT-7B-768");
        assertThat(HubCache.name(snapshot.resolve("."))).isEqualTo("Lumina-mGPT-7B-768");
        assertThat(HubCache.name(snapshot("models--gpt2", FIRST))).isEqualTo("gpt2");
        assertThat(HubCache.name(hub.resolve("my-model"))).isEqualTo("my-model");
    }

    @Test
    void theNeighboursOfASnapshotAreOtherRepositories() throws IOException {
        Path snapshot = snapshot("models--org--a", FIRST);
        snapshot("models--org--b", FIRST);
        assertThat(HubCache.neighbours(snapshot))
                .containsExactly(hub.resolve("models--org--a"), hub.resolve("models--org--b"));
        Path plain = Files.createDirectory(hub.resolve("plain"));
        assertThat(HubCache.neighbours(plain)).contains(plain, hub.resolve("models--org--a"));
        assertThat(HubCache.neighbours(Path.of("/"))).isEmpty();
    }

    @Test
    void unfinishedDownloadsAreFoundInTheCacheAndBesideTheFiles() throws IOException {
        Path snapshot = snapshot("models--org--a", FIRST);
        assertThat(HubCache.unfinished(snapshot)).isEmpty();
        Path blob = Files.write(hub.resolve("models--org--a/blobs/ab12.incomplete"), new byte[1]);
        assertThat(HubCache.unfinished(snapshot)).containsExactly(blob);
        Path part = Files.write(snapshot.resolve("model.safetensors.part"), new byte[1]);
        assertThat(HubCache.unfinished(snapshot)).containsExactly(blob, part);
    }
}
