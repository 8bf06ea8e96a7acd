package org.sjd4j.evaluation.report;

import com.samskivert.mustache.Template;
import java.util.List;
import java.util.Locale;
import org.sjd4j.evaluation.Run;

/**
 * Images of one prompt and seed side by side.
 *
 * @param images at least one
 */
record ImageRow(String prompt, long seed, List<Image> images) {
    private static final Template TEMPLATE = Templates.named("images");

    /**
     * An image and where it came from.
     *
     * @param run with or without pixels
     * @param source a {@link DataUri}
     */
    record Image(Run run, String source) {
        String label() {
            return run.choice().label();
        }

        String steps() {
            return Page.count(run.statistics().steps(), "step");
        }

        String seconds() {
            return String.format(Locale.ROOT, "%.2f", run.timing().total());
        }

        /** Whether it is what {@code ar} gave, and not {@code ar} itself. */
        boolean same() {
            return !run.choice().isBaseline() && run.identical();
        }

        /** The percentage of the tokens that it shares with what {@code ar} gave, if not all. */
        String other() {
            return run.choice().isBaseline() || run.identical()
                    ? ""
                    : String.format(Locale.ROOT, "%.0f", Math.floor(100 * run.sameTokens()));
        }
    }

    String html() {
        return Templates.render(TEMPLATE, this);
    }
}
