package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The launcher in a pretended repository, with a pretended JDK and a pretended Maven. */
class LauncherTest {
    /** Says how it was called. */
    private static final String JAVA = """
            #!/bin/sh
            for argument in "$@"; do
              printf '<%s>\\n' "$argument"
              case $argument in -XX:AOTCacheOutput=*) [ -n "$NO_CACHE" ] && exit 1 || echo classes > "${argument#*=}" ;; esac
            done
            printf 'top pad %s\\n' "${MALLOC_TOP_PAD_-unset}"
            """;

    /** Makes what a build makes. */
    private static final String MAVEN = """
            #!/bin/sh
            mkdir -p cli/target
            suffix=
            case " $* " in *" -Pcuda "*) suffix=-cuda ;; esac
            touch cli/target/sjd4j-cli.jar "$PWD/a$suffix.jar"
            printf '%s' "$PWD/a$suffix.jar" > "cli/target/classpath$suffix"
            echo built on standard output
            """;

    @TempDir
    private Path temporary;

    private Path root = Path.of("");
    private Path jdk = Path.of("");
    private Path tools = Path.of("");
    private Map<String, String> environment = Map.of();

    private record Result(int code, String out, String err) {}

    @BeforeEach
    void pretend() throws IOException {
        Path launcher = Path.of("").toAbsolutePath().resolveSibling("sjd");
        assumeTrue(Files.isExecutable(launcher) && Files.isExecutable(Path.of("/bin/sh")));
        root = Files.createDirectories(temporary.resolve("a repository"));
        Files.writeString(root.resolve("pom.xml"), "<project/>");
        Files.createDirectories(root.resolve("cli/src/main"));
        script(root.resolve("sjd"), Files.readString(launcher));
        jdk = jdk("a jdk", "25.0.1");
        tools = Files.createDirectories(temporary.resolve("tools"));
        for (String tool : List.of("readlink", "dirname", "find", "head", "cat", "touch", "mkdir", "sed", "mv", "rm")) {
            Path found = List.of("/usr/bin", "/bin").stream()
                    .map(folder -> Path.of(folder, tool))
                    .filter(Files::exists)
                    .findFirst()
                    .orElseThrow();
            script(tools.resolve(tool), "#!/bin/sh\nexec " + found + " \"$@\"\n");
        }
    }

    private Path jdk(String name, String version) throws IOException {
        Path home = Files.createDirectories(temporary.resolve(name));
        Files.createDirectories(home.resolve("bin"));
        script(home.resolve("bin/java"), JAVA);
        script(home.resolve("bin/javac"), JAVA);
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        return home;
    }

    private void installMaven() throws IOException {
        script(tools.resolve("mvn"), MAVEN);
    }

    private static void script(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Result run(Path launcher, String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("/bin/sh", launcher.toString()));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).directory(temporary.toFile());
        builder.environment().clear();
        builder.environment()
                .putAll(Map.of("PATH", tools.toString(), "JAVA_HOME", jdk.toString(), "HOME", temporary.toString()));
        builder.environment().putAll(environment);
        Path err = temporary.resolve("err");
        Process process = builder.redirectError(err.toFile()).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), out, Files.readString(err));
    }

    @Test
    void buildsOnceAndRunsWithTheFlagsThatAreNeeded() throws IOException, InterruptedException {
        installMaven();
        Result first = run(root.resolve("sjd"), "generate", "red  apple", "*", "");
        assertThat(first.code()).as(first.err()).isZero();
        assertThat(first.out())
                .contains("<--enable-native-access=ALL-UNNAMED>", "<--sun-misc-unsafe-memory-access=allow>")
                .contains("<-Djava.awt.headless=true>", "<-Dsjd4j.terminal=false>")
                .contains("<-Dorg.bytedeco.javacpp.maxBytes=0>", "<-Dorg.bytedeco.javacpp.maxPhysicalBytes=0>")
                .contains("<" + root.toRealPath() + "/cli/target/sjd4j-cli.jar:" + root.toRealPath() + "/a.jar>")
                .contains("<generate>\n<red  apple>\n<*>\n<>\n")
                .contains("top pad unset")
                .doesNotContain("built on");
        assertThat(first.err()).contains("sjd: building", "built on standard output");
        Files.delete(tools.resolve("mvn"));
        Result second = run(root.resolve("sjd"), "show");
        assertThat(second.code()).isZero();
        assertThat(second.err()).isEmpty();
    }

    @Test
    void theClassesOfAFirstImageAreCachedWithTheBuild() throws IOException, InterruptedException {
        installMaven();
        String flag = "<-XX:AOTCache=" + root.toRealPath() + "/cli/target/classes.aot>";
        assertThat(run(root.resolve("sjd"), "generate").out()).contains(flag, "<-Xlog:aot*=off>");
        assertThat(run(root.resolve("sjd"), "show").out()).contains(flag);
        assertThat(run(root.resolve("sjd"), "generate", "--device", "cuda").out())
                .doesNotContain("AOTCache");
    }

    @Test
    void withoutACacheCommandsRunAsWell() throws IOException, InterruptedException {
        installMaven();
        environment = Map.of("NO_CACHE", "yes");
        Result result = run(root.resolve("sjd"), "generate", "red apple");
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out()).contains("<red apple>").doesNotContain("AOTCache");
        assertThat(root.resolve("cli/target/classes.aot")).doesNotExist();
    }

    /** A release has no sources: nothing is built, and a JRE is enough. */
    @Test
    void anUnpackedReleaseIsRunAsItIs() throws IOException, InterruptedException {
        Path release = release();
        Files.delete(jdk.resolve("bin/javac"));
        Result first = run(release.resolve("sjd"), "generate", "red  apple");
        assertThat(first.code()).as(first.err()).isZero();
        assertThat(first.out())
                .contains("<" + release.toRealPath() + "/lib/*>\n<org.sjd4j.cli.Main>\n<generate>\n<red  apple>\n")
                .contains("<-XX:AOTCache=" + release.toRealPath() + "/lib/classes.aot>");
        assertThat(first.err()).isEqualTo("sjd: preparing for faster starts, once\n");
        assertThat(run(release.resolve("sjd"), "show").err()).isEmpty();
        try (var files = Files.list(release.resolve("lib"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("pytorch-1.jar", "classes.aot");
        }
    }

    @Test
    void aReleaseThatCannotKeepClassesTriesOnce() throws IOException, InterruptedException {
        environment = Map.of("NO_CACHE", "yes");
        Path release = release();
        run(release.resolve("sjd"), "show");
        Result second = run(release.resolve("sjd"), "show");
        assertThat(second.err()).isEmpty();
        assertThat(second.out()).doesNotContain("AOTCache").contains("<show>");
    }

    /** Its own Java comes before all others. */
    @Test
    void aReleaseTakesItsOwnJava() throws IOException, InterruptedException {
        Path release = release();
        jdk("a release/java", "25.0.1");
        jdk = temporary.resolve("none");
        assertThat(run(release.resolve("sjd"), "show").code()).isZero();
    }

    @Test
    void aReleaseForCpusSaysWhichOneIsForGpus() throws IOException, InterruptedException {
        Path release = release();
        Result result = run(release.resolve("sjd"), "generate", "red apple", "--device", "cuda");
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err())
                .isEqualTo(
                        "sjd: this release has the native libraries for CPUs; for GPUs take the one with cuda in its name\n");
        Files.createFile(release.resolve("lib/pytorch-1-linux-x86_64-gpu.jar"));
        assertThat(run(release.resolve("sjd"), "generate", "red apple", "--device", "cuda")
                        .code())
                .isZero();
    }

    private Path release() throws IOException {
        Path release = Files.createDirectories(temporary.resolve("a release"));
        Files.createDirectories(release.resolve("lib"));
        Files.createFile(release.resolve("lib/pytorch-1.jar"));
        script(release.resolve("sjd"), Files.readString(root.resolve("sjd")));
        return release;
    }

    @Test
    void aLinkLeadsToTheRepository() throws IOException, InterruptedException {
        installMaven();
        Files.createSymbolicLink(root.resolve("link"), Path.of("sjd"));
        Path link = Files.createSymbolicLink(temporary.resolve("a link"), root.resolve("link"));
        assertThat(run(link, "--help").out()).contains("<--help>");
    }

    @Test
    void newerSourcesAreBuilt() throws IOException, InterruptedException {
        installMaven();
        run(root.resolve("sjd"));
        Path source = Files.writeString(root.resolve("cli/src/main/New.java"), "class New {}");
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(60)));
        assertThat(run(root.resolve("sjd")).err()).contains("sjd: building");
    }

    @Test
    void aMissingJarIsBuiltAgain() throws IOException, InterruptedException {
        installMaven();
        run(root.resolve("sjd"));
        Files.delete(root.resolve("a.jar"));
        assertThat(run(root.resolve("sjd")).err()).contains("sjd: building");
    }

    @Test
    void withoutMavenItSaysWhatToInstall() throws IOException, InterruptedException {
        Result result = run(root.resolve("sjd"));
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).startsWith("sjd: ").contains("Maven 3.8").hasLineCount(1);
    }

    @Test
    void aFailedBuildIsToldInOneLineOfOurs() throws IOException, InterruptedException {
        script(tools.resolve("mvn"), "#!/bin/sh\nexit 1\n");
        Result result = run(root.resolve("sjd"));
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err()).contains("sjd: the build failed");
    }

    @Test
    void withoutAJdkItSaysWhatToInstall() throws IOException, InterruptedException {
        String text = Files.readString(root.resolve("sjd")).replace("wanted=25", "wanted=999");
        script(root.resolve("sjd"), text);
        Result result = run(root.resolve("sjd"));
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err())
                .startsWith("sjd: no JDK 999")
                .contains("install")
                .hasLineCount(1);
    }

    /** No real JDK is of version 30 yet, so what runs is the one that the launcher found by itself. */
    @Test
    void anOlderJavaHomeIsPassedOver() throws IOException, InterruptedException {
        installMaven();
        String text = Files.readString(root.resolve("sjd")).replace("wanted=25", "wanted=30");
        script(root.resolve("sjd"), text);
        jdk(".jdks/30", "30-ea");
        Result result = run(root.resolve("sjd"), "x");
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out()).contains("<x>");
    }

    /** The libraries for GPUs are built and taken only where a GPU is meant: never both. */
    @ParameterizedTest
    @CsvSource({
        "generate --device cuda, '', -cuda",
        "generate --device=cuda a, '', -cuda",
        "generate --device cpu, cuda, ''",
        "generate --device=cpu, cuda, ''",
        "generate --device cuda --device cpu, '', ''",
        "generate cuda, '', ''",
        "generate, cuda, -cuda",
        "generate, cpu, ''",
        "generate --device tpu, '', ''"
    })
    void aGpuHasAClassPathOfItsOwn(String words, String device, String suffix)
            throws IOException, InterruptedException {
        installMaven();
        environment = device.isEmpty() ? Map.of() : Map.of("SJD4J_DEVICE", device);
        Result result = run(root.resolve("sjd"), words.split(" "));
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out())
                .contains("<" + root.toRealPath() + "/cli/target/sjd4j-cli.jar:" + root.toRealPath() + "/a" + suffix
                        + ".jar>");
        assertThat(result.err().contains("libraries for GPUs")).isEqualTo(!suffix.isEmpty());
        assertThat(run(root.resolve("sjd"), words.split(" ")).err())
                .as("the second time")
                .isEmpty();
    }

    @Test
    void trainingKeepsItsMemory() throws IOException, InterruptedException {
        installMaven();
        assertThat(run(root.resolve("sjd"), "train", "model").out()).contains("top pad 268435456");
    }
}
