package com.example;

import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.decode.Decoders;

/** Generates one image by autoregression and one by the fast exact decoder; they must be the same. */
public class Draws {
    public static void main(String[] arguments) throws Exception {
        try (var model = TextToImage.open(BundledModel.directory(), "cpu")) {
            var defaults = model.defaults();
            var slow = model.generate(new Request(
                    "a red apple", 7, Decoders.named("ar"), defaults.settings(), defaults.sampling()));
            var fast = model.generate(new Request(
                    "a red apple", 7, Decoders.named("sjd-exact"), defaults.settings(), defaults.sampling()));
            if (!java.util.Arrays.equals(slow.tokens(), fast.tokens()) || fast.statistics().steps() >= slow.statistics().steps()) {
                throw new IllegalStateException(slow.statistics().steps() + " and " + fast.statistics().steps() + " steps, or other tokens");
            }
            ImageIO.write(fast.image(), "png", Path.of(arguments[0]).toFile());
            System.out.println("the same image in " + fast.statistics().steps() + " steps instead of " + slow.statistics().steps());
        }
    }
}
