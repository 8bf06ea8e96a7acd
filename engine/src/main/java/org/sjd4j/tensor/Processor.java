package org.sjd4j.tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.sjd4j.io.TextFile;

/** What this machine's CPU multiplies well. Does not load LibTorch; where the system tells nothing, it is nothing. */
public final class Processor {
    private static final Path LINUX = Path.of("/proc/cpuinfo");
    private static final Processor THIS = new Processor(flags(LINUX));

    private final Set<String> flags;

    /** A CPU with these flags, as Linux names them. */
    Processor(Set<String> flags) {
        this.flags = flags;
    }

    /** The CPU that this program runs on. */
    public static Processor current() {
        return THIS;
    }

    private static Set<String> flags(Path file) {
        try {
            return Files.isReadable(file) ? flags(TextFile.lines(file)) : Set.of();
        } catch (IOException e) {
            return Set.of();
        }
    }

    /** The flags of the first CPU. */
    static Set<String> flags(List<String> lines) {
        return lines.stream()
                .filter(line -> line.startsWith("flags"))
                .findFirst()
                .map(line -> Set.of(line.substring(line.indexOf(':') + 1).trim().split("\\s+")))
                .orElse(Set.of());
    }

    /** Whether Linux names this flag for it. */
    public boolean has(String flag) {
        return flags.contains(flag);
    }

    /** Whether it multiplies bfloat16 numbers itself. */
    public boolean multipliesBfloat16() {
        return flags.contains("avx512_bf16") || flags.contains("amx_bf16");
    }

    /** Whether it reads float16 numbers into float32 products as they come: what FBGEMM's kernels need. */
    public boolean readsFloat16() {
        return flags.contains("avx2") && flags.contains("fma") && flags.contains("f16c");
    }
}
