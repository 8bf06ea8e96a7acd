package org.sjd4j.benchmarks;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.generate.FixedPasses;
import org.sjd4j.generate.ImageSession;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.llama.LlamaStack;
import org.sjd4j.llama.VocabularyLlama;
import org.sjd4j.proposal.Proposals;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.NativeMemory;
import org.sjd4j.tensor.OwnerThread;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/**
 * A language model of a published one's dimensions with random weights that are made on the device, in bfloat16: for times
 * of passes. Its image has no structural tokens.
 */
record RandomModel(String name, LlamaConfig config, int vocabulary, RasterLayout layout) {
    private static final int PROMPT = 24;
    private static final int WARM_UPS = 4;
    private static final int REPETITIONS = 15;
    private static final Sampling SAMPLING = new Sampling(3, 1, 2048, 1);
    private static final String EAGER = "sjd4j.eager";
    private static final long GIB = 1 << 30;

    /** @param sizes nothing, or the numbers of blocks and of channels, to try the program with a smaller model */
    static RandomModel of(String name, String... sizes) {
        return switch (name) {
            case "emu3" ->
                new RandomModel(
                        name,
                        config(8, 14336, LlamaConfig.QueryKeyNorm.NONE, sizes),
                        184622,
                        new RasterLayout(90, 91, 151854, 32768));
            case "lumina" ->
                new RandomModel(
                        name,
                        config(32, 11008, LlamaConfig.QueryKeyNorm.NONE, sizes),
                        65536,
                        new RasterLayout(48, 49, 4, 8192));
            default -> throw new IllegalArgumentException("there is no model '" + name + "'");
        };
    }

    private static LlamaConfig config(int keyHeads, int intermediate, LlamaConfig.QueryKeyNorm norm, String... sizes) {
        int layers = sizes.length > 0 ? Integer.parseInt(sizes[0]) : 32;
        int hidden = sizes.length > 1 ? Integer.parseInt(sizes[1]) : 4096;
        return new LlamaConfig(
                hidden,
                layers,
                32,
                keyHeads,
                hidden / 32,
                intermediate * hidden / 4096,
                1e-5,
                1e6,
                LlamaConfig.Rotary.HALVES,
                norm,
                LlamaConfig.NormOrder.BEFORE);
    }

    /** Times passes of 1, 16, 64 and 96 rows, as graphs and operator by operator; says each as a line of figures. */
    void measure(ComputeDevice where, BiConsumer<String, Map<String, Object>> say) {
        var owner = new OwnerThread("benchmark");
        try {
            owner.call(() -> {
                Device device = LibTorch.device(where);
                double bandwidth = Tensors.inference(() -> bandwidth(device));
                try (var memory = NativeMemory.of(() -> network(device))) {
                    for (boolean eager :
                            where == ComputeDevice.CPU ? new boolean[] {true} : new boolean[] {false, true}) {
                        System.setProperty(EAGER, Boolean.toString(eager));
                        for (int rows : new int[] {1, 16, 64, 96}) {
                            passes(memory.contents(), device, bandwidth, rows, eager, say);
                        }
                    }
                }
                return true;
            });
        } finally {
            owner.close();
        }
    }

    private VocabularyLlama network(Device device) {
        var shapes = new LinkedHashMap<String, Tensor>(); // of no memory of their own
        LlamaStack.parameters(config, "model")
                .forEach(parameter -> shapes.put(parameter.name(), shape(parameter.shape())));
        for (String table : List.of("model.embed_tokens.weight", "lm_head.weight")) {
            shapes.put(table, shape(vocabulary, config.hidden()));
        }
        var weights = Weights.ofCopies("random weights", shapes, tensor -> random(tensor.shape(), device), () -> {});
        return new VocabularyLlama(
                config,
                weights.at("model"),
                weights,
                vocabulary,
                layout.firstImageId(),
                layout.codebookSize(),
                Precision.BFLOAT16);
    }

    private static Tensor shape(long... sizes) {
        return Tensors.of(new float[1], 1).expand(sizes);
    }

    private static Tensor random(long[] shape, Device device) {
        boolean norm = shape.length == 1;
        double scale = norm ? 0 : 1 / Math.sqrt(shape[1]);
        return Tensors.keep(() -> torch.randn(shape, Tensors.options(ScalarType.BFloat16, device))
                .mul(new Scalar(scale))
                .add(new Scalar(norm ? 1 : 0)));
    }

    private void passes(
            VocabularyLlama network,
            Device device,
            double bandwidth,
            int rows,
            boolean eager,
            BiConsumer<String, Map<String, Object>> say) {
        int[] ids = IntStream.range(0, PROMPT).map(i -> 100 + 7 * i).toArray();
        try (var passes = new FixedPasses(rows);
                var session = new ImageSession(
                        network,
                        Proposals.NONE,
                        layout,
                        () -> network.prompt(ids, device),
                        () -> network.prompt(Arrays.copyOf(ids, PROMPT / 2), device),
                        SAMPLING,
                        device)) {
            passes.admit(session);
            for (int used : rows == 64 ? new int[] {1, 64} : new int[] {rows}) {
                var line = new LinkedHashMap<String, Object>();
                line.put("model", name);
                line.put("mode", eager ? "eager" : "graph");
                line.put("rows", rows);
                line.put("used", used);
                try {
                    double[] seconds = times(session, used);
                    double median = seconds[seconds.length / 2];
                    double floor = bytes(session) / bandwidth;
                    line.put("ms", 1e3 * median);
                    line.put("least_ms", 1e3 * seconds[0]);
                    line.put("floor_ms", 1e3 * floor);
                    line.put("of_floor", median / floor);
                } catch (RuntimeException e) {
                    line.put("error", String.valueOf(e.getMessage()));
                }
                say.accept("passes", line);
            }
        }
    }

    /** Seconds of a step as a decoder sees it, tokens in, distributions out, ascending. */
    private double[] times(ImageSession session, int used) {
        var row = Collections.<Row>nCopies(used, new Row.Token(layout.firstImageId()));
        double[] seconds = new double[REPETITIONS];
        for (int i = -WARM_UPS; i < REPETITIONS; i++) {
            int position = 1 + (i + WARM_UPS) * used;
            long begin = System.nanoTime();
            session.step(position, row);
            if (i >= 0) {
                seconds[i] = (System.nanoTime() - begin) / 1e9;
            }
        }
        Arrays.sort(seconds);
        return seconds;
    }

    /** What a pass reads at least: the weights of the blocks and of the codes' head, and both branches' keys and values. */
    private double bytes(ImageSession session) {
        double weights = config.parameters() + (double) layout.codebookSize() * config.hidden();
        double cache = 2.0 * 2 * config.layers() * config.keyWidth() * (session.length() + PROMPT);
        return Short.BYTES * (weights + cache);
    }

    /** Bytes a second that are read while a gigabyte is summed. */
    private static double bandwidth(Device device) {
        Tensor numbers = torch.ones(new long[] {GIB / Float.BYTES}, Tensors.options(ScalarType.Float, device));
        double best = Double.POSITIVE_INFINITY;
        for (int i = 0; i < 6; i++) {
            long begin = System.nanoTime();
            try (var scope = new PointerScope();
                    var guard = new NoGradGuard()) {
                Tensors.floats(numbers.sum());
            }
            best = Math.min(best, (System.nanoTime() - begin) / 1e9);
        }
        return GIB / best;
    }
}
