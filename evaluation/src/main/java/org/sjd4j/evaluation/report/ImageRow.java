package org.sjd4j.evaluation.report;

import com.samskivert.mustache.Template;
import java.util.List;
import java.util.Locale;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.run.ImageRecord;

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
     * @param choice the decoder
     * @param image how it was made
     * @param source a {@link DataUri}
     */
    record Image(DecoderChoice choice, ImageRecord image, String source) {
        String label() {
            return choice.label();
        }

        String steps() {
            return image.steps() + (image.steps() == 1 ? " step" : " steps");
        }

        String seconds() {
            return String.format(Locale.ROOT, "%.2f", image.seconds().total());
        }

        /** Whether it is what {@code ar} gave, and not {@code ar} itself. */
        boolean same() {
            return !choice.isBaseline() && image.identicalToAr();
        }

        /** The percentage of the tokens that it shares with what {@code ar} gave, if not all. */
        String other() {
            return choice.isBaseline() || image.identicalToAr()
                    ? ""
                    : String.format(Locale.ROOT, "%.0f", Math.floor(100 * image.sameTokens()));
        }
    }

    String html() {
        return Templates.render(TEMPLATE, this);
    }
}
