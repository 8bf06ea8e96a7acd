package org.sjd4j.spring.sample;

import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.sjd4j.spring.Sjd4jImageOptions;
import org.springframework.ai.image.ImageModel;
import org.springframework.ai.image.ImagePrompt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
class ImagesController {
    private final ImageModel images;

    ImagesController(ImageModel images) {
        this.images = images;
    }

    @GetMapping(path = "/image", produces = "image/png")
    byte[] image(@RequestParam String prompt, @RequestParam(required = false) @Nullable Long seed) {
        var options = Sjd4jImageOptions.builder().seed(seed).build();
        var image = images.call(new ImagePrompt(prompt, options))
                .getResults()
                .getFirst()
                .getOutput();
        return Base64.getDecoder().decode(image.getB64Json());
    }
}
