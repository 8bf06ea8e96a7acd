package org.sjd4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.emu3.Emu3;
import org.sjd4j.generate.ImageSession;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.llama.VocabularyLlama;
import org.sjd4j.proposal.Proposals;
import org.sjd4j.tensor.NativeMemory;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;

/**
 * Loads a checkpoint of Emu3's true dimensions, with weights at random, and times passes through it against the floor that
 * reading the weights once from memory sets.
 *
 * <p>Usage: {@code FullSize write DIR LAYERS} and then {@code FullSize measure DIR LAYERS PRECISION}.
 */
public final class FullSize {
    private static final int VOCABULARY = 184622;
    private static final int GRID = 90;
    private static final int PROMPT = 24;
    private static final int REPETITIONS = 5;
    private static final double GIB = 1 << 30;
    private static final Map<String, Integer> IDS = Map.of(
            "<|extra_203|>", 151849,
            "<|extra_204|>", 151850,
            "<|extra_200|>", 151846,
            "<|extra_201|>", 151847,
            "<|image token|>", 151851,
            "<|image start|>", 151852,
            "<|image end|>", 151853,
            "<|visual token 000000|>", 151854);

    private FullSize() {}

    /** Writes or measures. */
    public static void main(String[] arguments) throws IOException {
        Path directory = Path.of(arguments[1]);
        int layers = Integer.parseInt(arguments[2]);
        var llama = new LlamaConfig(
                4096,
                layers,
                32,
                8,
                128,
                14336,
                1e-5,
                1e6,
                LlamaConfig.Rotary.HALVES,
                LlamaConfig.QueryKeyNorm.NONE,
                LlamaConfig.NormOrder.BEFORE);
        if (arguments[0].equals("write")) {
            long bytes = FullSizeCheckpoint.write(directory, llama, VOCABULARY);
            System.out.printf(Locale.ROOT, "%.2f GiB of weights%n", bytes / GIB);
        } else {
            measure(directory, new Emu3.Config(llama, VOCABULARY, IDS), Precision.named(arguments[3]));
        }
    }

    private static void measure(Path directory, Emu3.Config config, Precision precision) throws IOException {
        System.out.println("precision: " + precision);
        long begin = System.nanoTime();
        try (var checkpoint = MappedCheckpoint.open(directory);
                var memory = NativeMemory.of(() -> Emu3.network(config, checkpoint.weights(), precision))) {
            System.out.printf(Locale.ROOT, "load: %.2f s%n", seconds(begin));
            System.out.println(resident());
            double gib = checkpoint.bytes() / GIB;
            double passed = config.llama().parameters()
                    + (double) config.codes() * config.llama().hidden();
            double read = precision.bytesPerWeight() * passed;
            System.out.printf(
                    Locale.ROOT, "weights: %.2f GiB in files, %.2f GiB in memory read by a pass%n", gib, read / GIB);
            if (precision.trains()) {
                begin = System.nanoTime();
                readAll(checkpoint);
                System.out.printf(Locale.ROOT, "first reading of all files: %.1f s%n", seconds(begin));
            }
            double bandwidth = bandwidth();
            double floor = read / bandwidth;
            System.out.printf(Locale.ROOT, "bandwidth: %.1f GB/s, so at least %.3f s a pass%n", bandwidth / 1e9, floor);
            passes(config, memory.contents(), floor);
            System.out.println(resident());
        }
    }

    private static void passes(Emu3.Config config, VocabularyLlama network, double floor) {
        var cpu = new Device("cpu");
        int[] ids = IntStream.range(0, PROMPT).map(i -> 100 + 7 * i).toArray();
        var sampling = new Sampling(3, 1, 2048, 1);
        long begin = System.nanoTime();
        try (var session = new ImageSession(
                network,
                Proposals.NONE,
                config.layout(GRID, GRID),
                () -> network.prompt(ids, cpu),
                () -> network.prompt(Arrays.copyOf(ids, PROMPT / 2), cpu),
                sampling,
                cpu)) {
            System.out.printf(Locale.ROOT, "prefill of both prompts: %.2f s%n", seconds(begin));
            int position = 0;
            for (int rows : new int[] {1, 16, 64}) {
                List<Row> tokens = Collections.nCopies(rows, new Row.Token(config.firstCode()));
                double[] steps = new double[REPETITIONS];
                double[] alone = new double[REPETITIONS];
                for (int i = 0; i < REPETITIONS; i++) {
                    alone[i] = session.networkNanos(1 + position, rows) / 1e9;
                    long start = System.nanoTime();
                    session.step(1 + position, tokens);
                    steps[i] = seconds(start);
                    position += rows;
                }
                Arrays.sort(steps);
                Arrays.sort(alone);
                double median = steps[REPETITIONS / 2];
                System.out.printf(
                        Locale.ROOT,
                        "%d guided row(s): %.3f s a step (median of %d, least %.3f), %.2f of the floor; network alone %.3f s%n",
                        rows,
                        median,
                        REPETITIONS,
                        steps[0],
                        median / floor,
                        alone[REPETITIONS / 2]);
            }
        }
    }

    /** Reads every page of the weights once. */
    private static void readAll(MappedCheckpoint checkpoint) {
        checkpoint
                .tensors()
                .values()
                .forEach(tensor -> Tensors.inference(() -> {
                    Tensor words = tensor.view(torch.ScalarType.Int);
                    words.max().item_int();
                }));
    }

    /** Bytes per second that a sum over memory that no cache holds takes, at best. */
    private static double bandwidth() {
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            Tensor large = torch.ones(1L << 29);
            double best = 0;
            for (int i = 0; i < REPETITIONS; i++) {
                long begin = System.nanoTime();
                large.sum().item_float();
                best = Math.max(best, 4.0 * large.numel() / seconds(begin));
            }
            return best;
        }
    }

    private static String resident() throws IOException {
        var text = new StringBuilder();
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM")
                    || line.startsWith("VmRSS")
                    || line.startsWith("RssAnon")
                    || line.startsWith("RssFile")) {
                text.append(line.replaceAll("\\s+", " ")).append("; ");
            }
        }
        return text.toString();
    }

    private static double seconds(long beginNanos) {
        return (System.nanoTime() - beginNanos) / 1e9;
    }
}
