package org.sjd4j.spring;

/**
 * Hears of previews while images are generated. A bean of this type hears of those of all calls; the listener of a call's {@linkplain
 * Sjd4jImageOptions options} of its own.
 *
 * <p>Calls come from the thread that generates, which waits for them: a listener only hands the preview on. What it throws ends the image.
 */
@FunctionalInterface
public interface ImagePreviewListener {
    /** A preview. */
    void onPreview(ImagePreview preview);
}
