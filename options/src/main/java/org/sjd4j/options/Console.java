package org.sjd4j.options;

import java.io.PrintWriter;
import org.sjd4j.io.Excerpt;

/**
 * Where a command writes.
 *
 * @param out results, and nothing else
 * @param err warnings, progress and errors
 * @param terminal whether a human watches {@code err}: only then there is progress
 */
public record Console(PrintWriter out, PrintWriter err, boolean terminal) {
    private static final String PREFIX = "sjd: ";

    /** Characters of a line at most: what a user gave may be quoted in it. */
    private static final int LONGEST = 500;

    /** One line about something that is wrong. */
    public void error(String message) {
        err.println(PREFIX + Excerpt.ends(spaced(message), LONGEST));
        err.flush();
    }

    /** One line about something that may not be what the user wants. */
    public void warning(String message) {
        error("warning: " + message);
    }

    /** Text on one line, without characters that would steer a terminal. */
    public static String oneLine(String text) {
        return Excerpt.visible(spaced(text));
    }

    private static String spaced(String text) {
        return text.strip().replaceAll("\\s+", " ");
    }
}
