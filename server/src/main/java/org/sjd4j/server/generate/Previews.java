package org.sjd4j.server.generate;

import java.awt.image.BufferedImage;
import java.util.Optional;
import org.sjd4j.api.Progress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes previews of one image, on its worker's thread, where its other images wait for them: so they take a tenth of the time at most, and one
 * that fails is left out.
 */
public final class Previews {
    private static final Logger LOG = LoggerFactory.getLogger(Previews.class);
    private static final int SHARE = 10;

    private long next = System.nanoTime();

    /** Whether it is time for one. */
    public boolean due() {
        return System.nanoTime() - next >= 0;
    }

    /** Makes one, or none if that fails. */
    public Optional<BufferedImage> make(Progress progress) {
        long begin = System.nanoTime();
        try {
            return Optional.of(progress.preview());
        } catch (RuntimeException e) {
            LOG.warn("a preview could not be made", e);
            return Optional.empty();
        } finally {
            long end = System.nanoTime();
            next = end + SHARE * (end - begin);
        }
    }
}
