package org.sjd4j.spring;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.ImageGenerator;
import org.sjd4j.api.Progress;
import org.sjd4j.api.Request;

/**
 * Images with previews of each, after equal parts of its tokens. Previews are made by the thread that generates, and handed to listeners by
 * the calling one: a slow listener keeps no other call waiting.
 */
final class PreviewedCall implements ImageGenerator.StepListener {
    private final List<Request> requests;
    private final int previews;
    private final BlockingQueue<Optional<ImagePreview>> queue = new LinkedBlockingQueue<>();
    private final int[] made;

    /** The parts of its tokens, of {@code previews + 1}, that each image has passed. */
    private final int[] passed;

    /** @param previews of each image at most, at least 1: a step that accepts many tokens may pass several parts */
    PreviewedCall(List<Request> requests, int previews) {
        this.requests = requests;
        this.previews = previews;
        made = new int[requests.size()];
        passed = new int[requests.size()];
    }

    /** Generates the images; otherwise as {@link ImageGenerator#generate}. */
    List<GeneratedImage> generate(ImageGenerator generator, List<ImagePreviewListener> listeners) {
        var images = generator.submit(requests, this);
        var _ = images.whenComplete((_, _) -> queue.add(Optional.empty()));
        try {
            for (var next = queue.take(); next.isPresent(); next = queue.take()) {
                var preview = next.get();
                listeners.forEach(listener -> listener.onPreview(preview));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the wait for the images notices
        } catch (RuntimeException | Error e) {
            images.cancel(false);
            throw e;
        }
        return ImageGenerator.await(images);
    }

    @Override
    public void stepped(int image, Progress progress) {
        int part = (int) ((long) progress.accepted() * (previews + 1) / progress.length());
        if (part == passed[image] || progress.accepted() == progress.length()) {
            return;
        }
        passed[image] = part;
        queue.add(Optional.of(new ImagePreview(
                requests.get(image),
                image,
                made[image]++,
                progress.steps(),
                progress.accepted(),
                progress.length(),
                progress.preview())));
    }
}
