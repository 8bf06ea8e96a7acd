package org.sjd4j.benchmarks;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.decode.Decoders;
import org.sjd4j.tensor.LibTorch;

/**
 * Seconds that an image of the bundled model takes, decoder by decoder: {@code [--fixed] COUNT DECODER...}. Prints a line
 * with the median and the mean of all but the first third, in which the JVM warms up. {@code --fixed} gives every pass all
 * threads.
 */
final class ImageSeconds {
    private static final String PROMPT = "red apple, noto style";

    private ImageSeconds() {}

    public static void main(String[] arguments) {
        var words = new ArrayDeque<>(List.of(arguments));
        if (words.getFirst().equals("--fixed")) {
            words.removeFirst();
            LibTorch.setThreads(LibTorch.threads());
        }
        int count = Integer.parseInt(words.removeFirst());
        try (var model = TextToImage.open(BundledModel.directory(), "cpu")) {
            var defaults = model.defaults();
            for (String name : words) {
                double[] seconds = new double[count];
                for (int i = 0; i < count; i++) {
                    var request =
                            new Request(PROMPT, i, Decoders.named(name), defaults.settings(), defaults.sampling());
                    long begin = System.nanoTime();
                    model.generate(request);
                    seconds[i] = (System.nanoTime() - begin) / 1e9;
                }
                double[] warm = Arrays.stream(seconds).skip(count / 3).sorted().toArray();
                System.out.printf(
                        Locale.ROOT,
                        "%s %.3f %.3f%n",
                        name,
                        warm[warm.length / 2],
                        Arrays.stream(warm).average().orElseThrow());
            }
        }
    }
}
