package org.sjd4j.spring.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import org.sjd4j.spring.Sjd4jImageOptions;
import org.springframework.ai.image.ImageModel;
import org.springframework.ai.image.ImagePrompt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

@RestController
class EventsController {
    private final ImageModel images;

    EventsController(ImageModel images) {
        this.images = images;
    }

    @GetMapping("/events")
    SseEmitter events(@RequestParam String prompt) {
        var events = new SseEmitter(0L);
        var options = Sjd4jImageOptions.builder()
                .partialImages(2)
                .previewListener(preview -> send(events, "preview", preview.png()))
                .build();
        Thread.startVirtualThread(() -> {
            try {
                var image = images.call(new ImagePrompt(prompt, options))
                        .getResults()
                        .getFirst()
                        .getOutput();
                send(events, "image", Base64.getDecoder().decode(image.getB64Json()));
                events.complete();
            } catch (RuntimeException e) {
                events.completeWithError(e);
            }
        });
        return events;
    }

    private static void send(SseEmitter events, String name, byte[] png) {
        try {
            events.send(SseEmitter.event().name(name).data(Base64.getEncoder().encodeToString(png)));
        } catch (IOException e) {
            throw new UncheckedIOException("the client has gone", e);
        }
    }
}
