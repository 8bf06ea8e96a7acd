package org.sjd4j.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.ImageModel;
import org.sjd4j.decode.NoiseSchedule;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.decode.sampling.RowProcessor;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.llama.Denoising;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.llama.KvCache;
import org.sjd4j.llama.SharedCache;
import org.sjd4j.tensor.PassThreads;
import org.sjd4j.tensor.PassThreads.Work;
import org.sjd4j.tensor.Tensors;

/**
 * One image in the making: the prompt, its unconditional row, and their cache. All families share it; what they differ
 * in is behind {@link ImageTokenNetwork}.
 *
 * <p>Row {@code i} of a pass at position {@code p} stands at {@code n - 1 + p + i} in the cache of a branch whose prompt
 * has {@code n} rows: the last of them is fed with the first pass. The prompts of the branches may differ in length.
 *
 * <p>All calls must come from the thread that owns the model.
 */
public final class ImageSession implements ImageModel, AutoCloseable {
    /** Stands for the last row of the prompt, which need not be a token. */
    private static final int START = -1;

    private final ImageTokenNetwork network;
    private final @Nullable Denoising denoising;
    private final RasterLayout layout;
    private final int ids;
    private final RowProcessor processor;
    private final Device device;
    private final KvCache cache;
    private final List<Branch> branches = new ArrayList<>();
    private final boolean aligned;
    private final int width;
    private final Map<Integer, float[]> normalised = new HashMap<>();
    private long modelNanos;
    private long samplingNanos;

    /**
     * A prompt that has been read.
     *
     * @param first where the row stands that predicts the first token
     * @param start that row, {@code [1, 1, hidden]}
     * @param context {@code [1, length, hidden]}, or nothing
     * @param rotations of the rows from {@code first} on
     */
    private record Branch(
            long first, Tensor start, @Nullable Tensor context, Tensor rotations) {
        void close() {
            start.close();
            rotations.close();
            if (context != null) {
                context.close();
            }
        }
    }

    /**
     * Reads the prompts into a fresh cache.
     *
     * @param denoising what the model needs to read noisy rows, if it can
     * @param layout the order of the image's tokens
     * @param conditional makes the rows of what the image shows
     * @param unconditional makes the rows of what guidance leads away from, if {@code sampling} is guided
     */
    public ImageSession(
            ImageTokenNetwork network,
            @Nullable Denoising denoising,
            RasterLayout layout,
            Supplier<ImageTokenNetwork.Prompt> conditional,
            Supplier<ImageTokenNetwork.Prompt> unconditional,
            Sampling sampling,
            Device device) {
        this.network = network;
        this.denoising = denoising;
        this.layout = layout;
        this.ids = layout.codebookSize();
        this.processor = new RowProcessor(layout, sampling);
        this.device = device;
        this.width = denoising == null ? 0 : denoising.width();
        // a CPU attends to a few rows faster in float32, whatever the type of the matrix products
        ScalarType attention =
                device.is_cpu() ? ScalarType.Float : network.stack().products();
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            var read = new ArrayList<ImageTokenNetwork.Prompt>();
            read.add(conditional.get());
            if (sampling.guided()) {
                read.add(unconditional.get());
            }
            long longest = read.stream()
                    .mapToLong(ImageTokenNetwork.Prompt::length)
                    .max()
                    .orElseThrow();
            cache = new KvCache(
                    network.stack().config(),
                    read.size(),
                    Math.toIntExact(longest + layout.length() - 1),
                    attention,
                    device);
            aligned = read.stream().allMatch(prompt -> prompt.length() == longest);
            try {
                long rows = read.stream()
                        .mapToLong(ImageTokenNetwork.Prompt::length)
                        .sum();
                PassThreads.current().run(Work.PASS, products(rows), () -> {
                    prefill(read);
                    return true;
                });
            } catch (RuntimeException | Error e) {
                close();
                throw e;
            }
        }
    }

    private void prefill(List<ImageTokenNetwork.Prompt> prompts) {
        var rows = new ArrayList<Tensor>();
        var turns = new ArrayList<Tensor>();
        long[] counts = new long[prompts.size()];
        for (int i = 0; i < counts.length; i++) {
            var prompt = prompts.get(i);
            long last = prompt.length() - 1;
            Tensor rotations =
                    network.rotations(Math.toIntExact(prompt.length()), layout.length(), layout.lineLength(), device);
            counts[i] = last;
            rows.add(prompt.rows().narrow(1, 0, last));
            turns.add(rotations.narrow(0, 0, last));
            branches.add(new Branch(
                    last,
                    kept(prompt.rows().narrow(1, last, 1).clone()),
                    prompt.context() == null ? null : kept(prompt.context()),
                    kept(rotations.narrow(0, last, layout.length()).clone())));
        }
        cache.startAt(new long[counts.length], counts);
        if (Arrays.stream(counts).sum() > 0) {
            network.stack().forward(joined(aligned ? 0 : 1, rows), turns(turns), cache, null);
        }
    }

    private static Tensor kept(Tensor tensor) {
        tensor.retainReference();
        return tensor;
    }

    private static Tensor joined(int dimension, List<Tensor> parts) {
        return parts.size() == 1 ? parts.getFirst() : Tensors.cat(dimension, parts.toArray(Tensor[]::new));
    }

    /** Rotations of the branches' rows: one set if they are the same, one after the other if the rows are. */
    private Tensor turns(List<Tensor> perBranch) {
        return aligned ? perBranch.getFirst() : joined(0, perBranch);
    }

    @Override
    public int length() {
        return layout.length();
    }

    @Override
    public int startToken() {
        return START;
    }

    @Override
    public RasterLayout layout() {
        return layout;
    }

    @Override
    public Distribution[] step(int position, List<Row> rows, int guided) {
        long begin = System.nanoTime();
        int unconditionalRows = unconditionalRows(rows, guided);
        float[] logits = PassThreads.current()
                .run(
                        Work.PASS,
                        products(rows.size() + unconditionalRows),
                        () -> logits(position, rows, unconditionalRows));
        passed(System.nanoTime() - begin);
        return distributions(position, rows.size(), unconditionalRows, logits, 0);
    }

    /** About how many multiplications a pass of so many rows takes. */
    private long products(long rows) {
        return rows * network.stack().config().parameters();
    }

    /** How many of the rows need a twin of the unconditional branch. */
    int unconditionalRows(List<Row> rows, int guided) {
        return branches.size() == 1 ? 0 : Math.min(guided, rows.size());
    }

    /** Counts a forward pass for this image. */
    void passed(long nanos) {
        modelNanos += nanos;
    }

    /**
     * Distributions of the rows of a pass.
     *
     * @param logits of rows, {@code [., ids]}; this image's {@code count} stand from row {@code first} on, and the twins of
     *     the first {@code unconditionalRows} of them behind
     */
    Distribution[] distributions(int position, int count, int unconditionalRows, float[] logits, int first) {
        long begin = System.nanoTime();
        var result = new Distribution[count];
        for (int i = 0; i < count; i++) {
            int offset = (first + i) * ids - layout.firstImageId();
            int twin = (first + count + i) * ids - layout.firstImageId();
            result[i] = i < unconditionalRows
                    ? processor.process(position + i, logits, offset, logits, twin)
                    : processor.process(position + i, logits, offset);
        }
        samplingNanos += System.nanoTime() - begin;
        return result;
    }

    @Override
    public int embeddingSize() {
        return width;
    }

    @Override
    public float[] embedding(int id) {
        if (denoising == null) {
            throw new UnsupportedOperationException("this model reads no noisy rows");
        }
        int code = id - layout.firstImageId();
        return normalised.computeIfAbsent(
                code,
                row -> Tensors.inference(() ->
                        Tensors.floats(denoising.normalise(network.codeTable().select(0, row)))));
    }

    @Override
    public NoiseSchedule noiseSchedule() {
        return denoising == null ? NoiseSchedule.KARRAS : denoising.schedule();
    }

    /**
     * Logits of one forward pass: those of every row, then those of the unconditional rows of the first {@code unconditionalRows}
     * rows, {@code [rows + unconditionalRows, ids]}.
     */
    private float[] logits(int position, List<Row> rows, int unconditionalRows) {
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            return Tensors.floats(network.logits(hidden(position, rows, unconditionalRows)));
        }
    }

    private Tensor hidden(int position, List<Row> rows, int unconditionalRows) {
        boolean batched = aligned && (unconditionalRows == rows.size() || branches.size() == 1);
        Fed fed = feed(position, rows, unconditionalRows, batched);
        var adapter = denoising == null ? null : denoising.behind(fed.noisy, device);
        return network.stack().forward(fed.rows, fed.turns, cache, adapter);
    }

    /**
     * The rows of a pass as the stack reads them.
     *
     * @param rows {@code [branches, rows, hidden]}, or {@code [1, rows and unconditionalRows, hidden]}
     * @param turns their rotations
     * @param noisy which of the second dimension are noisy
     */
    @SuppressWarnings("ArrayRecordComponent") // read, never compared
    record Fed(Tensor rows, Tensor turns, boolean[] noisy) {}

    /**
     * Makes the rows of a pass, and makes room for them in the cache.
     *
     * @param batched whether the branches are entries of a batch, and not one after the other
     */
    Fed feed(int position, List<Row> rows, int unconditionalRows, boolean batched) {
        int count = rows.size();
        boolean anyNoisy = rows.stream().anyMatch(Row.Noisy.class::isInstance);
        boolean starts = rows.getFirst().equals(new Row.Token(START));
        List<Row> behind = starts ? rows.subList(1, count) : rows;
        Tensor generated = behind.isEmpty() ? null : anyNoisy ? embedMixed(behind) : embed(behind);
        var inputs = new ArrayList<Tensor>();
        var turns = new ArrayList<Tensor>();
        long[] first = new long[branches.size()];
        long[] counts = new long[branches.size()];
        for (int i = 0; i < first.length; i++) {
            Branch branch = branches.get(i);
            first[i] = branch.first + position;
            counts[i] = i == 0 ? count : unconditionalRows;
            if (counts[i] > 0) {
                inputs.add(input(branch, position, counts[i], starts, generated));
                turns.add(branch.rotations.narrow(0, position, counts[i]));
            }
        }
        cache.startAt(first, counts);
        boolean[] noisy = new boolean[batched ? count : count + unconditionalRows];
        for (int i = 0; i < noisy.length; i++) {
            noisy[i] = rows.get(i < count ? i : i - count) instanceof Row.Noisy;
        }
        return new Fed(joined(batched ? 0 : 1, inputs), batched ? turns.getFirst() : joined(0, turns), noisy);
    }

    /**
     * Moves what was read so far into room with other images of the same model: then attention in shared passes is one
     * call.
     */
    public void share(SharedCache room) {
        room.adopt(cache);
    }

    /** Where this image's rows look back. */
    KvCache cache() {
        return cache;
    }

    /** The network that generates this image. */
    ImageTokenNetwork network() {
        return network;
    }

    /** What the network needs to read noisy rows, if it can. */
    @Nullable
    Denoising denoising() {
        return denoising;
    }

    /** Where the network is. */
    Device device() {
        return device;
    }

    /** The first {@code count} rows of a pass as a branch reads them. */
    private static Tensor input(Branch branch, int position, long count, boolean starts, @Nullable Tensor generated) {
        Tensor rows;
        if (generated == null || starts && count == 1) {
            rows = branch.start;
        } else if (starts) {
            rows = Tensors.cat(1, branch.start, generated.narrow(1, 0, count - 1));
        } else {
            rows = generated.narrow(1, 0, count);
        }
        return branch.context == null ? rows : rows.add(branch.context.narrow(1, position, count));
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
            var inputs = new ArrayList<Tensor>();
            var turns = new ArrayList<Tensor>();
            for (Branch branch : branches) {
                inputs.add(branch.start.expand(1, count, -1).contiguous());
                turns.add(branch.rotations.narrow(0, position, count));
            }
            Tensor input = joined(aligned ? 0 : 1, inputs);
            Tensor rotations = turns(turns);
            long[] counts = new long[branches.size()];
            Arrays.fill(counts, count);
            cache.startAt(branches.stream().mapToLong(b -> b.first + position).toArray(), counts);
            return PassThreads.current().run(Work.PASS, products((long) count * branches.size()), () -> {
                long begin = System.nanoTime();
                Tensor logits = network.logits(network.stack().forward(input, rotations, cache, null));
                Tensors.floats(logits.select(1, 0).narrow(1, 0, 1)); // a number at hand: the device has finished
                return System.nanoTime() - begin;
            });
        }
    }

    /** Clean rows {@code [1, rows, hidden]}. */
    private Tensor embed(List<? extends Row> rows) {
        int[] tokens = new int[rows.size()];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = ((Row.Token) rows.get(i)).id();
        }
        return network.embed(Tensors.of(tokens, tokens.length).to(device, ScalarType.Long));
    }

    /** As {@link #embed}, with noisy rows among the clean ones. */
    private Tensor embedMixed(List<Row> rows) {
        var clean = new ArrayList<Row.Token>();
        var noisy = new ArrayList<Row.Noisy>();
        for (Row row : rows) {
            switch (row) {
                case Row.Token token -> clean.add(token);
                case Row.Noisy z -> noisy.add(z);
            }
        }
        if (clean.isEmpty()) {
            return embedNoisy(noisy);
        }
        int[] order = new int[rows.size()];
        int token = 0;
        int z = clean.size();
        for (int i = 0; i < order.length; i++) {
            order[i] = rows.get(i) instanceof Row.Token ? token++ : z++;
        }
        Tensor all = Tensors.cat(1, embed(clean), embedNoisy(noisy));
        return all.index_select(1, Tensors.of(order, order.length).to(device, ScalarType.Long));
    }

    private Tensor embedNoisy(List<Row.Noisy> rows) {
        if (denoising == null) {
            throw new UnsupportedOperationException("this model reads no noisy rows");
        }
        float[] z = new float[rows.size() * width];
        float[] levels = new float[rows.size()];
        for (int i = 0; i < levels.length; i++) {
            System.arraycopy(rows.get(i).embedding(), 0, z, i * width, width);
            levels[i] = rows.get(i).noiseLevel();
        }
        Tensor noise = Tensors.of(z, 1, levels.length, width).to(device, ScalarType.Float);
        Tensor features = Tensors.of(Denoising.timeFeatures(levels), 1, levels.length, Denoising.timeWidth())
                .to(device, ScalarType.Float);
        return denoising.rows(network, noise, features);
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
        branches.forEach(Branch::close);
    }
}
