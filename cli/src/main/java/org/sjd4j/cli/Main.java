package org.sjd4j.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.sjd4j.options.Console;
import org.sjd4j.tensor.LibTorch;

/** The entry point of the {@code sjd} command. */
public final class Main {
    /** What the launcher says about standard error: Java can only tell about input and output together. */
    private static final String TERMINAL = "sjd4j.terminal";

    private Main() {}

    /** Runs a command and exits with its code. */
    public static void main(String[] arguments) {
        Locale.setDefault(Locale.ROOT); // libraries that print ask for it; our own code names its locale
        var out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        var err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        var console = new Console(out, err, Boolean.getBoolean(TERMINAL));
        if (Sjd.computes(arguments)) {
            LibTorch.loadAhead();
        }
        System.exit(Sjd.commandLine(console, arguments).execute(arguments));
    }
}
