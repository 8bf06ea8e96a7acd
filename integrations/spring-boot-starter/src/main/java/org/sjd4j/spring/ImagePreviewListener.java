package org.sjd4j.spring;

/**
 * Hears of previews while images are generated. A bean of this type hears of those of all calls, the listener in a call's {@linkplain
 * Sjd4jImageOptions options} of its own.
 *
 * <p>It is called on the thread that called the image model and waits there. What it throws ends the call.
 */
@FunctionalInterface
public interface ImagePreviewListener {
    /** A preview. Those of an image come in their order, and all of them before the call returns. */
    void onPreview(ImagePreview preview);
}
