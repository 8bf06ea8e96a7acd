package org.sjd4j.spark.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.options.UserException;
import org.sjd4j.spark.cluster.ClusterCheck.Finding;

/** Executors that have another program, or do not see the model, are found before they load it. */
class ClusterCheckTest {
    @TempDir
    private Path directory;

    @Test
    void anotherBuildOfTheProgramIsRefused() {
        assertThatThrownBy(() -> ClusterCheck.requireSame(
                        List.of(new Finding("a", "1234", ""), new Finding("b", "5678", "")), "1234"))
                .isInstanceOf(UserException.class)
                .hasMessageContainingAll("executor on b", "build 5678", "driver has build 1234");
    }

    @Test
    void aBuildIsKnownByItsClassesInAJarOrNot() throws IOException {
        Path classes = Files.createDirectories(directory.resolve("classes"));
        Files.writeString(Files.createDirectories(classes.resolve("a")).resolve("B.class"), "one");
        Path jar = directory.resolve("a.jar");
        try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
            out.putNextEntry(new JarEntry("a/B.class"));
            out.write("one".getBytes(java.nio.charset.StandardCharsets.UTF_8));
            out.closeEntry();
        }
        String version = CodeVersion.of(List.of(classes));
        assertThat(CodeVersion.of(List.of(jar))).isEqualTo(version);
        Files.writeString(classes.resolve("a").resolve("B.class"), "two");
        assertThat(CodeVersion.of(List.of(classes))).isNotEqualTo(version);
    }

    @Test
    void aModelThatIsNotThereOrAnotherIsTold() throws IOException {
        var missing = new ModelPlan(directory.resolve("model").toString(), null, null, "cpu", "float32", 0, "f");
        assertThat(missing.problem()).contains("there is no directory", "by the same path");
        var other = new ModelPlan(null, null, null, "cpu", "float32", 0, "f");
        assertThat(other.problem()).contains("the bundled model have the fingerprint", "those at the driver f");
    }
}
