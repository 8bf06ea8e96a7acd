package org.sjd4j.cli.evaluate;

import org.sjd4j.options.UserException;

/**
 * Seeds that follow each other.
 *
 * @param count at least one
 */
record Seeds(long first, int count) {
    private static final int MOST = 1_000_000;

    /**
     * Reads {@code FROM..TO}, both included, or a single seed.
     *
     * @throws UserException if the text is something else
     */
    static Seeds of(String text) {
        try {
            int dots = text.indexOf("..");
            long from = Long.parseLong(dots < 0 ? text : text.substring(0, dots));
            long to = dots < 0 ? from : Long.parseLong(text.substring(dots + 2));
            if (to >= from && to - from >= 0 && to - from < MOST) {
                return new Seeds(from, Math.toIntExact(to - from + 1));
            }
        } catch (NumberFormatException _) {
            // reported below
        }
        throw new UserException(
                "the seeds '%s' make no range; write a number such as 7 or a range such as 1..8".formatted(text));
    }
}
