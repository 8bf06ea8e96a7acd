package org.sjd4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.sjd4j.checkpoint.SafetensorsBytes.entry;
import static org.sjd4j.checkpoint.SafetensorsBytes.file;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.DType;

class CheckpointTest {

    @TempDir
    private Path outside;

    private Path directory = Path.of("");

    @BeforeEach
    void createDirectory() throws IOException {
        directory = Files.createDirectory(outside.resolve("model"));
    }

    private static void shard(Path file, String tensor, int value) {
        new SafetensorsWriter()
                .add(tensor, DType.U8, new long[] {1}, MemorySegment.ofArray(new byte[] {(byte) value}))
                .metadata("format", "pt")
                .metadata("of " + tensor, "")
                .write(file);
    }

    private void index(String json) throws IOException {
        Files.writeString(directory.resolve("model.safetensors.index.json"), json);
    }

    private void refused(String found) {
        assertThatThrownBy(() -> Checkpoint.open(directory))
                .isExactlyInstanceOf(CheckpointException.class)
                .hasMessageContaining(found);
    }

    @Test
    void shardsAppearAsOneCheckpoint() throws IOException {
        shard(directory.resolve("s1.safetensors"), "a", 1);
        shard(directory.resolve("s2.safetensors"), "b", 2);
        index("{\"metadata\":{\"total_size\":2},\"weight_map\":{\"b\":\"s2.safetensors\",\"a\":\"s1.safetensors\"}}");
        MemorySegment segment;
        try (Checkpoint checkpoint = Checkpoint.open(directory)) {
            assertThat(checkpoint.names()).containsExactly("b", "a");
            assertThat(checkpoint.contains("a")).isTrue();
            assertThat(checkpoint.contains("c")).isFalse();
            assertThat(checkpoint.info("b").dtype()).isEqualTo(DType.U8);
            assertThat(checkpoint.metadata()).containsOnlyKeys("format", "of a", "of b");
            segment = checkpoint.segment("b");
            assertThat(segment.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 2);
            assertThatThrownBy(() -> checkpoint.segment("c"))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("2 tensors, none of them named 'c'");
        }
        assertThatThrownBy(() -> segment.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void oneFileIsACheckpointByItselfAndInItsDirectory() {
        Path file = directory.resolve("model.safetensors");
        shard(file, "a", 1);
        for (Path path : new Path[] {file, directory}) {
            try (Checkpoint checkpoint = Checkpoint.open(path)) {
                assertThat(checkpoint.names()).containsExactly("a");
                assertThat(checkpoint.segment("a").get(ValueLayout.JAVA_BYTE, 0))
                        .isEqualTo((byte) 1);
            }
        }
    }

    @Test
    void theIndexCountsWhereThereIsAlsoASingleFile() throws IOException {
        shard(directory.resolve("model.safetensors"), "single", 1);
        shard(directory.resolve("s1.safetensors"), "a", 1);
        index("{\"weight_map\":{\"a\":\"s1.safetensors\"}}");
        try (Checkpoint checkpoint = Checkpoint.open(directory)) {
            assertThat(checkpoint.names()).containsExactly("a");
        }
    }

    @Test
    void aDirectoryWithoutCheckpointIsRefused() {
        refused("a directory without a checkpoint");
        assertThatThrownBy(() -> Checkpoint.open(directory.resolve("absent")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("found no such file");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../x.safetensors",
                "sub/x.safetensors",
                "./x.safetensors",
                "..",
                ".",
                "",
                "/etc/passwd",
                "..\\\\x",
                "C:x.safetensors",
                "x\\u0000.safetensors",
                "x\\n"
            })
    void aShardMustBeAPlainFileName(String name) throws IOException {
        shard(outside.resolve("x.safetensors"), "a", 1);
        shard(Files.createDirectory(directory.resolve("sub")).resolve("x.safetensors"), "a", 1);
        shard(directory.resolve("x.safetensors"), "a", 1);
        index("{\"weight_map\":{\"a\":\"" + name + "\"}}");
        refused("expected a plain file name");
    }

    /** As in the cache of the Hugging Face hub; the index, which is not trusted, names no place. */
    @Test
    void aLinkMayLeaveTheDirectory() throws IOException {
        shard(outside.resolve("x.safetensors"), "a", 1);
        Files.createSymbolicLink(directory.resolve("s1.safetensors"), Path.of("../x.safetensors"));
        index("{\"weight_map\":{\"a\":\"s1.safetensors\"}}");
        try (Checkpoint checkpoint = Checkpoint.open(directory)) {
            assertThat(checkpoint.names()).containsExactly("a");
        }
    }

    @Test
    void aLinkWithinTheDirectoryAndALinkToTheDirectoryAreFine() throws IOException {
        shard(directory.resolve("x.safetensors"), "a", 1);
        Files.createSymbolicLink(directory.resolve("s1.safetensors"), Path.of("x.safetensors"));
        index("{\"weight_map\":{\"a\":\"s1.safetensors\"}}");
        Path link = Files.createSymbolicLink(outside.resolve("link"), directory);
        try (Checkpoint checkpoint = Checkpoint.open(link)) {
            assertThat(checkpoint.names()).containsExactly("a");
        }
    }

    @Test
    void aMissingShardIsRefused() throws IOException {
        shard(directory.resolve("s1.safetensors"), "a", 1);
        index("{\"weight_map\":{\"a\":\"s1.safetensors\",\"b\":\"s2.safetensors\"}}");
        refused("s2.safetensors: found no such file");
    }

    @Test
    void aDirectoryAsShardIsRefused() throws IOException {
        Files.createDirectory(directory.resolve("s1.safetensors"));
        index("{\"weight_map\":{\"a\":\"s1.safetensors\"}}");
        refused("no regular file");
    }

    @Test
    void aTensorMissingFromItsShardIsRefused() throws IOException {
        shard(directory.resolve("s1.safetensors"), "a", 1);
        index("{\"weight_map\":{\"a\":\"s1.safetensors\",\"b\":\"s1.safetensors\"}}");
        refused("no tensor 'b'");
    }

    @Test
    void aTensorInTwoShardsIsRefused() throws IOException {
        Files.write(
                directory.resolve("s1.safetensors"),
                file("{" + entry("a", "U8", "[1]", 0, 1) + "," + entry("b", "U8", "[1]", 1, 2) + "}", 2));
        shard(directory.resolve("s2.safetensors"), "b", 2);
        index("{\"weight_map\":{\"a\":\"s1.safetensors\",\"b\":\"s2.safetensors\"}}");
        refused("tensor 'b', which is also in");
    }

    @Test
    void aMalformedShardIsRefused() throws IOException {
        Files.write(directory.resolve("s1.safetensors"), new byte[] {1, 2, 3, 4, 5, 6, 7});
        index("{\"weight_map\":{\"a\":\"s1.safetensors\"}}");
        refused("7 bytes");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{",
                "{}",
                "{\"weight_map\":[]}",
                "{\"weight_map\":{\"a\":1}}",
                "{\"weight_map\":null}",
                "{\"weight_map\":{\"a\":\"x\",\"a\":\"y\"}}",
                "{\"weight_map\":{},\"weight_map\":{}}",
                "{\"weight_map\":{}} x"
            })
    void aMalformedIndexIsRefused(String json) throws IOException {
        index(json);
        refused("index.json: found ");
    }

    @Test
    void anIndexThatIsNoFileIsRefused() throws IOException {
        Files.createDirectory(directory.resolve("model.safetensors.index.json"));
        refused("no regular file");
    }
}
