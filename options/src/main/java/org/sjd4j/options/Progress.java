package org.sjd4j.options;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.sjd4j.decode.StepObserver;

/** A line on the terminal that says how far an image is. Where nobody watches, it does nothing; see {@link OfHours}. */
public final class Progress implements StepObserver {
    private static final String CLEAR = "\r\033[K";

    private final Console console;
    private final String label;
    private final int tokens;

    /**
     * Progress of one image.
     *
     * @param label what is generated
     * @param tokens of the whole image
     */
    public Progress(Console console, String label, int tokens) {
        this.console = console;
        this.label = label;
        this.tokens = tokens;
    }

    /** Says that something takes a moment, until the next line or {@link #clear(Console)}. */
    public static void say(Console console, String text) {
        if (console.terminal()) {
            console.err().print(CLEAR + Console.oneLine(text));
            console.err().flush();
        }
    }

    /** Progress of hours: where nobody watches, a line now and then goes to the log. */
    public static final class OfHours {
        private static final Duration BETWEEN = Duration.ofMinutes(1);

        private final Console console;
        private Instant next = Instant.now().plus(BETWEEN);

        public OfHours(Console console) {
            this.console = console;
        }

        public void say(String text) {
            if (console.terminal()) {
                Progress.say(console, text);
            } else if (Instant.now().isAfter(next)) {
                console.err().println(Console.oneLine(text));
                console.err().flush();
                next = Instant.now().plus(BETWEEN);
            }
        }
    }

    /** Seconds as people say them. */
    public static String duration(double seconds) {
        long whole = Math.round(seconds);
        return whole < 100
                ? whole + " s"
                : whole < 6000
                        ? Math.round(whole / 60.0) + " min"
                        : String.format(Locale.ROOT, "%d h %02d min", whole / 3600, whole % 3600 / 60);
    }

    /** Empties the line. */
    public static void clear(Console console) {
        say(console, "");
    }

    @Override
    public void afterStep(int step, int accepted, int[] drafts) {
        say(console, "%s: %s of %s tokens in %s steps".formatted(label, accepted, tokens, step));
    }
}
