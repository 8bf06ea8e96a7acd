package org.sjd4j.cli;

import java.io.PrintWriter;

/**
 * Where a command writes.
 *
 * @param out results, and nothing else
 * @param err warnings, progress and errors
 * @param terminal whether a human watches {@code err}: only then there is progress
 */
public record Console(PrintWriter out, PrintWriter err, boolean terminal) {
    private static final String PREFIX = "sjd: ";

    /** One line about something that is wrong. */
    public void error(String message) {
        err.println(PREFIX + oneLine(message));
        err.flush();
    }

    /** One line about something that may not be what the user wants. */
    public void warning(String message) {
        error("warning: " + message);
    }

    /** Text on one line, without characters that would steer a terminal. */
    static String oneLine(String text) {
        var line = new StringBuilder();
        text.strip()
                .replaceAll("\\s+", " ")
                .codePoints()
                .map(c -> Character.isISOControl(c) ? '?' : c)
                .forEach(line::appendCodePoint);
        return line.toString();
    }
}
