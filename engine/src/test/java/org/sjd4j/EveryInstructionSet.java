package org.sjd4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sjd4j.tensor.Processor;

/**
 * The numeric tests of a module once more, in JVMs whose native libraries take the machine for an older one. A kernel that is right for
 * one instruction set may read out of bounds, or crash, with another one.
 *
 * <p>Sets that this CPU lacks are left out: it could not run them. So is its own, the highest that it has, which all tests run with
 * anyway.
 */
public abstract class EveryInstructionSet {
    private static final Pattern PASSED = Pattern.compile("\\[ *(\\d+) tests successful");
    private static final Pattern FAILED = Pattern.compile("\\[ *(\\d+) tests failed");

    private final int fewestTests;

    /** @param fewestTests that the module has, against a run that finds none */
    protected EveryInstructionSet(int fewestTests) {
        this.fewestTests = fewestTests;
    }

    @TempDir
    private Path directory;

    /**
     * What LibTorch, oneDNN, MKL and FBGEMM are told to use at most.
     *
     * @param flag of the CPU, as Linux names it, that the set needs; blank for none
     */
    record InstructionSet(String name, String flag, String aten, String oneDnn, String mkl, String fbgemm) {
        Map<String, String> environment() {
            return Map.of(
                    "ATEN_CPU_CAPABILITY", aten,
                    "ONEDNN_MAX_CPU_ISA", oneDnn,
                    "MKL_ENABLE_INSTRUCTIONS", mkl,
                    "FBGEMM_ENABLE_INSTRUCTIONS", fbgemm);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static List<InstructionSet> sets() {
        var possible = Stream.of(
                        new InstructionSet("SSE", "", "default", "SSE41", "SSE4_2", "AVX2"),
                        new InstructionSet("AVX2", "avx2", "avx2", "AVX2", "AVX2", "AVX2"),
                        new InstructionSet("AVX512", "avx512vl", "avx512", "AVX512_CORE", "AVX512", "AVX512"),
                        new InstructionSet(
                                "AVX512 VNNI", "avx512_vnni", "avx512", "AVX512_CORE_VNNI", "AVX512_E1", "AVX512_E1"),
                        new InstructionSet(
                                "AVX512 BF16", "avx512_bf16", "avx512", "AVX512_CORE_BF16", "AVX512_E2", "AVX512_E1"),
                        new InstructionSet("AMX", "amx_bf16", "avx512", "AVX512_CORE_AMX", "AVX512_E4", "AVX512_E1"))
                .filter(set -> set.flag.isEmpty() || Processor.current().has(set.flag))
                .toList();
        return possible.subList(0, Math.max(1, possible.size() - 1));
    }

    @ParameterizedTest
    @MethodSource("sets")
    void numericTestsPassWithThe(InstructionSet set) throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx1g",
                "-XX:ErrorFile=" + directory.resolve("hs_err.log"),
                "-Djava.awt.headless=true",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "org.junit.platform.console.ConsoleLauncher",
                "execute",
                "--scan-classpath=" + testClasses(),
                "--include-tag=" + Numeric.TAG,
                "--details=summary",
                "--disable-banner"));
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(set.environment());
        int exit = builder.start().waitFor();
        String printed = Files.readString(output);
        assertThat(exit).as(printed).isZero();
        assertThat(count(PASSED, printed)).as(printed).isGreaterThanOrEqualTo(fewestTests);
        assertThat(count(FAILED, printed)).as(printed).isZero();
    }

    /** The class path's entry with the tests of this module. */
    private String testClasses() {
        var source = getClass().getProtectionDomain().getCodeSource();
        return Path.of(URI.create(source.getLocation().toString())).toString();
    }

    private static int count(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        return Integer.parseInt(matcher.group(1));
    }
}
