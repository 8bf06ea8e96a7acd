package org.sjd4j.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.Distribution;
import org.sjd4j.decode.ImageModel;
import org.sjd4j.decode.Layout;
import org.sjd4j.decode.NoiseSchedule;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.RowProcessor;
import org.sjd4j.decode.Sampling;
import org.sjd4j.tensor.Tensors;

/**
 * One picture of a {@link RasterLlama} in the making: the prompt, its unconditional twin, and their cache.
 *
 * <p>All calls must come from the thread that owns the model.
 */
public final class RasterSession implements ImageModel, AutoCloseable {
    private final RasterLlama.Config config;
    private final RasterLlama model;
    private final @Nullable Denoising denoising;
    private final float[] normalised;
    private final Layout layout;
    private final RowProcessor processor;
    private final Device device;
    private final int branches;
    private final KvCache cache;
    private final Tensor rotations;
    private final Tensor rowTable;
    private final Tensor startRow;
    private final Tensor context;
    private long modelNanos;
    private long samplingNanos;

    /**
     * Reads the prompts into a fresh cache.
     *
     * @param prompt word ids, filled up to the model's prompt slots
     * @param negativePrompt the unconditional branch's prompt, used only if {@code sampling} is guided
     * @param denoising what the model needs to read noisy rows, if it can
     */
    public RasterSession(
            RasterLlama model,
            @Nullable Denoising denoising,
            int[] prompt,
            int[] negativePrompt,
            Sampling sampling,
            Device device) {
        this.model = model;
        this.denoising = denoising;
        this.config = model.config();
        this.device = device;
        this.layout = new RasterLayout(config.grid(), config.grid(), 0, config.codes());
        this.processor = new RowProcessor(layout, sampling);
        this.branches = sampling.guided() ? 2 : 1;
        // a processor attends to a few rows faster in float32, whatever the type of the matrix products
        ScalarType attention =
                device.is_cpu() ? ScalarType.Float : model.stack().products();
        this.cache = new KvCache(config.llama(), branches, config.rows(), attention, device);
        int slots = config.promptSlots();
        int[] ids = new int[branches * slots];
        System.arraycopy(prompt, 0, ids, 0, slots);
        if (branches == 2) {
            System.arraycopy(negativePrompt, 0, ids, slots, slots);
        }
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            rotations = kept(model.rotations(device));
            rowTable = kept(model.project(model.codeTable()));
            normalised = denoising == null ? new float[0] : Tensors.floats(denoising.normalise(model.codeTable()));
            Tensor words = Tensors.of(ids, branches, slots).to(device, ScalarType.Long);
            Tensor prefix = model.promptRows(words);
            startRow = kept(prefix.narrow(0, 0, 1).narrow(1, slots - 1, 1).clone());
            context = kept(model.places().add(model.topic(words)));
            cache.startAt(0, slots - 1);
            model.stack().forward(prefix.narrow(1, 0, slots - 1), rotations.narrow(0, 0, slots - 1), cache, null);
        }
    }

    private static Tensor kept(Tensor tensor) {
        tensor.retainReference();
        return tensor;
    }

    @Override
    public int length() {
        return config.length();
    }

    /** One past the last code, which stands for the prompt's start token. */
    @Override
    public int startToken() {
        return config.codes();
    }

    @Override
    public Layout layout() {
        return layout;
    }

    @Override
    public Distribution[] step(int position, List<Row> rows, int guided) {
        long begin = System.nanoTime();
        int full = branches == 1 ? 0 : Math.min(guided, rows.size());
        float[] logits = logits(position, rows, full);
        long middle = System.nanoTime();
        var result = new Distribution[rows.size()];
        for (int i = 0; i < result.length; i++) {
            int offset = i * config.codes();
            int twin = (rows.size() + i) * config.codes();
            result[i] = i < full
                    ? processor.process(position + i, logits, offset, logits, twin)
                    : processor.process(position + i, logits, offset);
        }
        modelNanos += middle - begin;
        samplingNanos += System.nanoTime() - middle;
        return result;
    }

    @Override
    public int embeddingSize() {
        return denoising == null ? 0 : config.codeWidth();
    }

    @Override
    public float[] embedding(int id) {
        if (denoising == null) {
            throw new UnsupportedOperationException("this model reads no noisy rows");
        }
        return Arrays.copyOfRange(normalised, id * config.codeWidth(), (id + 1) * config.codeWidth());
    }

    @Override
    public NoiseSchedule noiseSchedule() {
        return denoising == null ? NoiseSchedule.KARRAS : denoising.schedule();
    }

    /**
     * Logits of one forward pass: those of every row, then those of the unconditional twins of the first {@code guided}
     * rows, {@code [rows + guided, codes]}.
     */
    private float[] logits(int position, List<Row> rows, int guided) {
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            int count = rows.size();
            boolean noisy = rows.stream().anyMatch(Row.Noisy.class::isInstance);
            Tensor drawn = noisy ? embedMixed(rows) : embed(rows);
            Tensor gate = noisy && denoising != null ? gate(rows) : null;
            long first = config.promptSlots() - 1L + position;
            Tensor turns = rotations.narrow(0, first, count);
            cache.startAt(first, count);
            Tensor input;
            if (guided == count || branches == 1) {
                input = drawn.add(context.narrow(1, position, count));
            } else {
                input = withTwins(drawn, guided).add(withTwins(context, position, count, guided));
                turns = Tensors.cat(0, turns, turns.narrow(0, 0, guided));
                gate = gate == null ? null : withTwins(gate, guided);
            }
            LowRankAdapter.Gated adapter = gate == null || denoising == null ? null : adapter(denoising, rows, gate);
            return Tensors.floats(model.logits(model.stack().forward(input, turns, cache, adapter)));
        }
    }

    /** Rows {@code [1, rows, n]}, and the first few of them once more. */
    private static Tensor withTwins(Tensor rows, int twins) {
        return Tensors.cat(1, rows, rows.narrow(1, 0, twins));
    }

    /** The places and topics of both branches, joined. */
    private static Tensor withTwins(Tensor context, int position, int count, int twins) {
        return Tensors.cat(
                1,
                context.narrow(0, 0, 1).narrow(1, position, count),
                context.narrow(0, 1, 1).narrow(1, position, twins));
    }

    /**
     * Nanoseconds of the network alone, stack and head, on rows that are ready: what no decoder can undercut. The cache is
     * overwritten from these rows on, as by {@link #step}.
     *
     * @param position image position that the first row predicts
     * @param count number of rows
     */
    public long networkNanos(int position, int count) {
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            Tensor input = startRow.expand(1, count, -1).add(context.narrow(1, position, count));
            long first = config.promptSlots() - 1L + position;
            Tensor turns = rotations.narrow(0, first, count);
            cache.startAt(first, count);
            long begin = System.nanoTime();
            Tensor logits = model.logits(model.stack().forward(input, turns, cache, null));
            Tensors.floats(logits.select(1, 0).narrow(1, 0, 1)); // a number at hand means that the device has finished
            return System.nanoTime() - begin;
        }
    }

    private static LowRankAdapter.@Nullable Gated adapter(Denoising denoising, List<Row> rows, Tensor gate) {
        int first = 0;
        while (!(rows.get(first) instanceof Row.Noisy)) {
            first++;
        }
        return denoising.behind(first, gate.narrow(1, first, gate.size(1) - first));
    }

    private Tensor gate(List<Row> rows) {
        float[] open = new float[rows.size()];
        for (int i = 0; i < open.length; i++) {
            open[i] = rows.get(i) instanceof Row.Noisy ? 1 : 0;
        }
        return Tensors.of(open, 1, open.length, 1).to(device, ScalarType.Float);
    }

    /** Clean rows {@code [1, rows, hidden]} before place and topic are added; the first may be the start token. */
    private Tensor embed(List<Row> rows) {
        boolean start = rows.getFirst() instanceof Row.Token(int id) && id == startToken();
        List<Row> drawn = start ? rows.subList(1, rows.size()) : rows;
        if (drawn.isEmpty()) {
            return startRow;
        }
        int[] codes = new int[drawn.size()];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = ((Row.Token) drawn.get(i)).id();
        }
        Tensor index = Tensors.of(codes, codes.length).to(device, ScalarType.Long);
        Tensor embedded = rowTable.index_select(0, index).unsqueeze(0);
        return start ? Tensors.cat(1, startRow, embedded) : embedded;
    }

    /** As {@link #embed}, with noisy rows among the clean ones. */
    private Tensor embedMixed(List<Row> rows) {
        var clean = new ArrayList<Row>();
        var noisy = new ArrayList<Row.Noisy>();
        long cleanCount = rows.stream().filter(Row.Token.class::isInstance).count();
        int[] order = new int[rows.size()];
        for (int i = 0; i < order.length; i++) {
            switch (rows.get(i)) {
                case Row.Token token -> {
                    order[i] = clean.size();
                    clean.add(token);
                }
                case Row.Noisy row -> {
                    order[i] = Math.toIntExact(cleanCount) + noisy.size();
                    noisy.add(row);
                }
            }
        }
        Tensor all = Tensors.cat(1, embed(clean), embedNoisy(noisy));
        return all.index_select(1, Tensors.of(order, order.length).to(device, ScalarType.Long));
    }

    private Tensor embedNoisy(List<Row.Noisy> rows) {
        if (denoising == null) {
            throw new UnsupportedOperationException("this model reads no noisy rows");
        }
        int width = config.codeWidth();
        float[] z = new float[rows.size() * width];
        float[] levels = new float[rows.size()];
        for (int i = 0; i < levels.length; i++) {
            System.arraycopy(rows.get(i).embedding(), 0, z, i * width, width);
            levels[i] = rows.get(i).noiseLevel();
        }
        Tensor noise = Tensors.of(z, 1, levels.length, width).to(device, ScalarType.Float);
        Tensor features = Tensors.of(Denoising.timeFeatures(levels), 1, levels.length, Denoising.timeWidth())
                .to(device, ScalarType.Float);
        return denoising.rows(model, noise, features);
    }

    /** Nanoseconds spent in forward passes so far, copying the logits out included. */
    public long modelNanos() {
        return modelNanos;
    }

    /** Nanoseconds spent on turning logits into distributions so far. */
    public long samplingNanos() {
        return samplingNanos;
    }

    @Override
    public void close() {
        cache.close();
        rotations.close();
        rowTable.close();
        startRow.close();
        context.close();
    }
}
