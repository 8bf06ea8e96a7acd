package org.sjd4j.options;

import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.ThreadLimit;
import picocli.CommandLine.Option;

/** How many threads compute. */
public final class ThreadOptions {

    /** Takes effect as soon as it is read, before LibTorch is loaded. */
    @Option(
            names = "--threads",
            paramLabel = "N",
            converter = Converters.Threads.class,
            description =
                    "Threads of every operator. Default: as many as make each pass fastest, at most the CPUs that this"
                            + " process may use, or OMP_NUM_THREADS.")
    void setThreads(@Nullable ThreadLimit threads) {
        if (threads != null) {
            LibTorch.limitThreads(threads);
        }
    }
}
