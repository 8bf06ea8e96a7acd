package org.sjd4j.spring;

import java.util.List;
import org.sjd4j.api.ImageGenerator;
import org.sjd4j.api.Progress;
import org.sjd4j.api.Request;

/** Makes previews of some images: so many of each, at equal parts of its tokens. An image's steps come one after another. */
final class PreviewSteps implements ImageGenerator.StepListener {
    private final List<Request> requests;
    private final List<ImagePreviewListener> listeners;
    private final int previews;
    private final int[] made;

    /** The parts of its tokens, of {@code previews + 1}, that each image has passed. */
    private final int[] passed;

    PreviewSteps(List<Request> requests, List<ImagePreviewListener> listeners, int previews) {
        this.requests = requests;
        this.listeners = listeners;
        this.previews = previews;
        made = new int[requests.size()];
        passed = new int[requests.size()];
    }

    @Override
    public void stepped(int image, Progress progress) {
        int part = (int) ((long) progress.accepted() * (previews + 1) / progress.length());
        if (part == passed[image] || progress.accepted() == progress.length()) {
            return;
        }
        passed[image] = part;
        var preview = new ImagePreview(
                requests.get(image),
                image,
                made[image]++,
                progress.steps(),
                progress.accepted(),
                progress.length(),
                progress.preview());
        listeners.forEach(listener -> listener.onPreview(preview));
    }
}
