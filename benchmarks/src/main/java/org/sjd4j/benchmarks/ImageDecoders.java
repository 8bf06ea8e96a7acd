package org.sjd4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.NativeMemory;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;
import org.sjd4j.vision.ImageTokenizer;
import org.sjd4j.vision.MoVqTokenizer;
import org.sjd4j.vision.VqganTokenizer;

/**
 * Times one published image tokenizer at its true size, with float32 weights at random, and says how much memory its
 * process took at most. A process measures one thing, because the peak is that of its whole life.
 *
 * <p>Usage: {@code ImageDecoders (chameleon | emu3 | vq16) (decode | encode) [SIDE [CHANNEL DIVISOR]]}.
 */
public final class ImageDecoders {
    private static final double DEVIATION = 0.02;
    private static final double GIB = 1 << 30;

    private ImageDecoders() {}

    /** A tokenizer, and the side of the images for which it was published. */
    private enum Published {
        CHAMELEON(DecoderGeometry.chameleon(), 768),
        EMU3(DecoderGeometry.emu3(), 720),
        VQ16(DecoderGeometry.vq16(), 384);

        private final DecoderGeometry geometry;
        private final int side;

        Published(DecoderGeometry geometry, int side) {
            this.geometry = geometry;
            this.side = side;
        }

        ImageTokenizer tokenizer(Weights weights) {
            return switch (this) {
                case CHAMELEON -> new VqganTokenizer(weights, VqganTokenizer.Names.TAMING, false);
                case EMU3 -> new MoVqTokenizer(weights, MoVqTokenizer.Names.ORIGINAL);
                case VQ16 -> new VqganTokenizer(weights, VqganTokenizer.Names.TAMING, true);
            };
        }
    }

    /** Measures. */
    public static void main(String[] arguments) throws IOException {
        var published = Published.valueOf(arguments[0].toUpperCase(Locale.ROOT));
        boolean decode = arguments[1].equals("decode");
        int side = arguments.length > 2 ? Integer.parseInt(arguments[2]) : published.side;
        var geometry =
                arguments.length > 3 ? published.geometry.thinner(Integer.parseInt(arguments[3])) : published.geometry;
        LibTorch.load();
        try (var memory = NativeMemory.of(() -> published.tokenizer(random(geometry)))) {
            System.out.printf(
                    Locale.ROOT,
                    "%s %s %dx%d, %d threads: %.2f GiB with the weights%n",
                    arguments[0],
                    arguments[1],
                    side,
                    side,
                    LibTorch.threads(),
                    status("VmRSS"));
            long begin = System.nanoTime();
            double busy = processorSeconds();
            double mean = decode
                    ? decode(memory.contents(), geometry, side / geometry.patch())
                    : encode(memory.contents(), side);
            System.out.printf(
                    Locale.ROOT,
                    "%.1f s, %.1f s of CPU time, at most %.2f GiB (mean of what came out: %.3g)%n",
                    (System.nanoTime() - begin) / 1e9,
                    processorSeconds() - busy,
                    status("VmHWM"),
                    mean);
        }
    }

    private static double decode(ImageTokenizer tokenizer, DecoderGeometry geometry, int lines) {
        return Tensors.inference(() -> {
            int[] codes = new int[lines * lines];
            for (int i = 0; i < codes.length; i++) {
                codes[i] = (int) (i * 7919L % geometry.codes());
            }
            return tokenizer.decode(Tensors.of(codes, 1, lines, lines)).mean().item_double();
        });
    }

    private static double encode(ImageTokenizer tokenizer, int side) {
        return Tensors.inference(() -> {
            Tensor image = torch.rand(1, 3, side, side).sub(new Scalar(0.5));
            return tokenizer.encode(image).to(ScalarType.Float).mean().item_double();
        });
    }

    /** Normal numbers; norms begin as the identity. */
    private static Weights random(DecoderGeometry geometry) {
        torch.manual_seed(1);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        geometry.tensors().forEach((name, shape) -> {
            Tensor tensor = torch.empty(shape, Tensors.options(ScalarType.Float), new MemoryFormatOptional());
            boolean one = shape.length == 1 && (name.endsWith("weight") || name.endsWith("running_var"));
            tensors.put(name, one ? tensor.fill_(new Scalar(1)) : tensor.normal_(0, DEVIATION, null));
        });
        return Weights.of("random weights", tensors);
    }

    /** What all threads of this process have used: unlike the time, it says little about what else the machine did. */
    private static double processorSeconds() {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
    }

    /** A line of the process's status in GiB. */
    private static double status(String key) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith(key))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D+", "")) * 1024 / GIB)
                .findFirst()
                .orElse(Double.NaN);
    }
}
