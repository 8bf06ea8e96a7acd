package org.sjd4j.cli;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.LoadedModel;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.generate.ImageSession;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.options.Console;
import org.sjd4j.options.ModelOptions;

/**
 * The {@code sjd} command in a process whose model begins no more images than a file says, so that a test can do something in the
 * middle of its work on a machine of any speed. Images with which a server warms up do not count.
 */
public final class GatedMain {
    private static final String FILE = "sjd4j.test.gate";
    private static final Set<String> WARM_UP = Set.of("a red apple", "red apple, noto style");
    private static final long LOOK_NANOS = 5_000_000;

    private GatedMain() {}

    /** The other side of the gate. */
    record Gate(Path file) {
        static final int OPEN = Integer.MAX_VALUE;

        /** Options of the process's JVM. */
        List<String> options() {
            return List.of("-XX:TieredStopAtLevel=1", "-D" + FILE + "=" + file);
        }

        /** Lets the process begin so many images in all. */
        void open(int images) throws IOException {
            Path next = Files.writeString(file.resolveSibling(file.getFileName() + ".next"), Integer.toString(images));
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    /** Runs a command and exits with its code. */
    public static void main(String[] arguments) {
        var out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        var err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        var line = Sjd.commandLine(new Console(out, err, false));
        line.getSubcommands()
                .values()
                .forEach(command -> command.getMixins().values().forEach(mixin -> {
                    if (mixin instanceof ModelOptions options) {
                        options.seenThrough(GatedMain::gated);
                    }
                }));
        System.exit(line.execute(arguments));
    }

    private static ModelDescription gated(ModelDescription description) {
        Path gate = Path.of(System.getProperty(FILE));
        return (ModelDescription) Proxy.newProxyInstance(
                GatedMain.class.getClassLoader(), new Class<?>[] {ModelDescription.class}, (_, method, arguments) -> {
                    try {
                        Object result = method.invoke(description, arguments);
                        return result instanceof LoadedModel loaded
                                ? new Gated(loaded, gate, new AtomicInteger())
                                : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private record Gated(LoadedModel model, Path gate, AtomicInteger begun) implements LoadedModel {
        @Override
        public ImageTokenNetwork network() {
            return model.network();
        }

        @Override
        public ImageSession begin(String prompt, String negativePrompt, Sampling sampling, ImageSize size) {
            if (!WARM_UP.contains(prompt)) {
                int number = begun.incrementAndGet();
                while (allowed() < number && !Thread.currentThread().isInterrupted()) { // and stays so
                    LockSupport.parkNanos(LOOK_NANOS);
                }
            }
            return model.begin(prompt, negativePrompt, sampling, size);
        }

        private int allowed() {
            try {
                return Integer.parseInt(Files.readString(gate));
            } catch (IOException e) {
                return 0;
            }
        }

        @Override
        public int promptTokens(String prompt) {
            return model.promptTokens(prompt);
        }

        @Override
        public int longestPrompt(ImageSize size) {
            return model.longestPrompt(size);
        }

        @Override
        public BufferedImage image(int[] tokens, ImageSize size) {
            return model.image(tokens, size);
        }

        @Override
        public int[] tokens(BufferedImage image, ImageSize size) {
            return model.tokens(image, size);
        }

        @Override
        public void close() {
            model.close();
        }
    }
}
