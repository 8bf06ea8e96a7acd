package org.sjd4j.langchain4j.sample;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.sjd4j.langchain4j.Sjd4jImageModel;

/** The shortest program. */
public final class OneImage {
    private OneImage() {}

    static void main() throws Exception {
        try (var model = Sjd4jImageModel.builder().seed(42).build()) {
            var image = model.generate("a red car").content();
            Files.write(Path.of("car.png"), Base64.getDecoder().decode(image.base64Data()));
        }
    }
}
