package org.sjd4j.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.stream.LongStream;
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
import org.sjd4j.llama.AttentionContext;
import org.sjd4j.llama.Denoising;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.llama.KvCache;
import org.sjd4j.llama.SharedCache;
import org.sjd4j.proposal.NeighbourHead;
import org.sjd4j.proposal.Proposals;
import org.sjd4j.tensor.PartnerThread;
import org.sjd4j.tensor.PassThreads;
import org.sjd4j.tensor.PassThreads.Work;
import org.sjd4j.tensor.Tensors;

/**
 * One image in the making: its prompts, conditional and unconditional, and their cache. All families share it; what they
 * differ in is behind {@link ImageTokenNetwork}.
 *
 * <p>Row {@code i} of a pass at position {@code p} stands at {@code n - 1 + p + i} in the cache of a branch whose prompt
 * has {@code n} rows: the first pass reads the last of them. The prompts of the branches may differ in length.
 *
 * <p>All calls must come from the thread that owns the model.
 */
public final class ImageSession implements ImageModel, AutoCloseable {
    private final ImageTokenNetwork network;
    private final Proposals proposals;
    private final @Nullable Denoising denoising;
    private final Corrections corrections;
    private final RasterLayout layout;
    private final Sampling sampling;
    private final RowProcessor processor;
    private final RowProcessor partnersProcessor;
    private final RowEmbedding embedding;
    private final Device device;
    private final KvCache cache;
    private final List<Branch> branches = new ArrayList<>();
    private final boolean aligned;
    private @Nullable FixedPasses fixed;
    private long modelNanos;
    private long samplingNanos;

    /**
     * Reads the prompts into a fresh cache.
     *
     * @param proposals what the model has that makes better drafts
     * @param layout the order of the image's tokens
     * @param conditional makes the rows of what the image shows
     * @param unconditional makes the rows of what guidance leads away from, if {@code sampling} is guided
     */
    public ImageSession(
            ImageTokenNetwork network,
            Proposals proposals,
            RasterLayout layout,
            Supplier<ImageTokenNetwork.Prompt> conditional,
            Supplier<ImageTokenNetwork.Prompt> unconditional,
            Sampling sampling,
            Device device) {
        this(
                network,
                proposals,
                layout,
                conditional,
                unconditional,
                sampling,
                device,
                device.is_cpu() && network.stack().config().attendsInBlocks());
    }

    ImageSession(
            ImageTokenNetwork network,
            Proposals proposals,
            RasterLayout layout,
            Supplier<ImageTokenNetwork.Prompt> conditional,
            Supplier<ImageTokenNetwork.Prompt> unconditional,
            Sampling sampling,
            Device device,
            boolean inBlocks) {
        this.network = network;
        this.proposals = proposals;
        this.denoising = proposals.denoising();
        this.layout = layout;
        this.sampling = sampling;
        this.processor = new RowProcessor(layout, sampling);
        this.partnersProcessor = new RowProcessor(layout, sampling);
        this.embedding = new RowEmbedding(network, denoising, layout.firstImageId(), device);
        this.device = device;
        this.corrections = new Corrections(proposals.neighbour(), layout);
        // a CPU attends to a few rows faster in float32, whatever the type of the matrix products
        ScalarType attention =
                device.is_cpu() ? ScalarType.Float : network.stack().products();
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            var prompts =
                    sampling.guided() ? List.of(conditional.get(), unconditional.get()) : List.of(conditional.get());
            var lengths = prompts.stream().mapToLong(ImageTokenNetwork.Prompt::length);
            long longest = lengths.max().orElseThrow();
            aligned = prompts.stream().allMatch(prompt -> prompt.length() == longest);
            cache = new KvCache(
                    network.stack().config(),
                    prompts.size(),
                    Math.toIntExact(longest + layout.length() - 1),
                    attention,
                    device,
                    inBlocks);
            try {
                prefill(read(prompts));
            } catch (RuntimeException | Error e) {
                close();
                throw e;
            }
        }
    }

    /** Keeps what passes need of the prompts, and returns their rows but the last ones. */
    private List<PassInput> read(List<ImageTokenNetwork.Prompt> prompts) {
        var inputs = new ArrayList<PassInput>();
        for (var prompt : prompts) {
            long last = prompt.length() - 1;
            Tensor all =
                    network.rotations(Math.toIntExact(prompt.length()), layout.length(), layout.lineLength(), device);
            inputs.add(new PassInput(
                    prompt.rows().narrow(1, 0, last), all.narrow(0, 0, last), new boolean[Math.toIntExact(last)]));
            Tensor start = prompt.rows().narrow(1, last, 1).clone();
            Tensor rotated = all.narrow(0, last, layout.length()).clone();
            // all are here, so none is kept that no branch closes
            branches.add(new Branch(
                    last, kept(start), prompt.context() == null ? null : kept(prompt.context()), kept(rotated)));
        }
        return inputs;
    }

    private void prefill(List<PassInput> inputs) {
        long[] counts = inputs.stream().mapToLong(input -> input.rows().size(1)).toArray();
        cache.startAt(new long[counts.length], counts);
        long rows = LongStream.of(counts).sum();
        if (rows > 0) {
            var _ = run(
                    rows,
                    () -> forward(joined(inputs), cache),
                    () -> bothBranches(branch -> {
                        if (counts[branch] > 0) {
                            forward(inputs.get(branch), cache.sequence(branch));
                        }
                    }));
        }
    }

    /** The rows of all branches as one input of the stack. */
    private PassInput joined(List<PassInput> inputs) {
        return aligned ? PassInput.batched(inputs) : PassInput.joined(inputs);
    }

    private Tensor forward(PassInput input, AttentionContext context) {
        var adapter = denoising == null ? null : denoising.behind(input.noisy(), device);
        return network.stack().forward(input.rows(), input.rotations(), context, adapter);
    }

    private static Tensor kept(Tensor tensor) {
        tensor.retainReference();
        return tensor;
    }

    @Override
    public int length() {
        return layout.length();
    }

    @Override
    public RasterLayout layout() {
        return layout;
    }

    /** As the prompts are read: no distributions are made. */
    @Override
    public void read(int[] tokens) {
        List<Row> rows = Row.before(tokens);
        var _ = run(
                (long) rows.size() * branches(),
                () -> Tensors.inference(
                        () -> forward(joined(inputs(0, rows)), cache).defined()),
                () -> Tensors.inference(() -> {
                    List<PassInput> inputs = inputs(0, rows);
                    return bothBranches(branch -> forward(inputs.get(branch), cache.sequence(branch)));
                }));
    }

    @Override
    public Distribution[] step(int position, List<Row> rows) {
        if (fixed != null) {
            return fixed.run(List.of(new SharedPass.Part(this, position, rows))).distributions(0);
        }
        long begin = System.nanoTime();
        float[] outputs = run(
                (long) rows.size() * branches(),
                () -> outputs(position, rows),
                () -> outputsSideBySide(position, rows));
        passed(System.nanoTime() - begin);
        return distributions(position, rows.size(), outputs, 0);
    }

    /** Runs a pass of so many rows of the network, both branches together or one beside the other: as is faster. */
    private <T> T run(long rows, Supplier<T> together, Supplier<T> sideBySide) {
        return branches() == 2 && device.is_cpu()
                ? PassThreads.current().run(Work.PASS, products(rows), together, sideBySide)
                : PassThreads.current().run(Work.PASS, products(rows), together);
    }

    /** Does something for the conditional branch and, on another thread, for the unconditional one. */
    static boolean bothBranches(IntConsumer work) {
        PartnerThread.runBoth(
                () -> Tensors.inference(() -> work.accept(0)), () -> Tensors.inference(() -> work.accept(1)));
        return true;
    }

    /** About how many multiplications a pass of so many rows takes. */
    private long products(long rows) {
        return rows * network.stack().config().parameters();
    }

    /** How many rows of the network a row of a decoder takes: two with guidance. */
    int branches() {
        return branches.size();
    }

    /** Counts a forward pass for this image. */
    void passed(long nanos) {
        modelNanos += nanos;
    }

    /** Outputs of one forward pass: those of every row, then those of the unconditional rows, {@code [., outputWidth]}. */
    float[] outputs(int position, List<Row> rows) {
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            return Tensors.floats(outputs(joined(inputs(position, rows)), cache));
        }
    }

    /** As {@link #outputs(int, List)}, with the branches side by side: they meet in guidance alone. */
    float[] outputsSideBySide(int position, List<Row> rows) {
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            List<PassInput> inputs = inputs(position, rows);
            float[] outputs = new float[2 * rows.size() * outputWidth()];
            bothBranches(branch -> Tensors.copy(
                    outputs(inputs.get(branch), cache.sequence(branch)), outputs, branch * outputs.length / 2));
            return outputs;
        }
    }

    /** Outputs {@code [., ., outputWidth]} of rows of this image or of others of the same model. */
    Tensor outputs(PassInput input, AttentionContext context) {
        Tensor normed = forward(input, context);
        Tensor logits = network.logits(normed);
        NeighbourHead head = proposals.neighbour();
        return head == null ? logits : Tensors.cat(-1, logits.to(ScalarType.Float), head.features(normed));
    }

    /** How many numbers a pass gives for a row: its logits, and behind them what a neighbour head needs of it. */
    int outputWidth() {
        return layout.codebookSize() + corrections.featureWidth();
    }

    /** As {@link #step}, and gives the normalised rows of the pass, {@code [branches, rows, hidden]}, to somebody. */
    public Distribution[] step(int position, List<Row> rows, Consumer<Tensor> normed) {
        float[] logits = Tensors.inference(() -> {
            Tensor all = forward(joined(inputs(position, rows)), cache);
            normed.accept(all.view(branches(), rows.size(), -1));
            return Tensors.floats(network.logits(all));
        });
        var processed = new Distribution[rows.size()];
        hostOutputs(position, rows.size(), logits, 0, layout.codebookSize())
                .process(processor, processed, 0, rows.size());
        return processed;
    }

    /**
     * Distributions of the rows of a pass.
     *
     * @param outputs of rows, {@code [., outputWidth]}; this image's {@code count} stand from row {@code first} on, and with
     *     guidance their unconditional rows behind them
     */
    Distribution[] distributions(int position, int count, float[] outputs, int first) {
        long begin = System.nanoTime();
        var result = new Distribution[count];
        var rows = hostOutputs(position, count, outputs, first, outputWidth());
        corrections.passed(position, true, rows);
        int half = count / 2;
        var _ = PassThreads.current()
                .run(
                        Work.SAMPLING,
                        (long) count * layout.codebookSize(),
                        () -> rows.process(processor, result, 0, count),
                        () -> {
                            PartnerThread.runBoth(
                                    () -> rows.process(processor, result, 0, half),
                                    () -> rows.process(partnersProcessor, result, half, count));
                            return true;
                        });
        samplingNanos += System.nanoTime() - begin;
        return result;
    }

    private HostOutputs hostOutputs(int position, int count, float[] outputs, int first, int width) {
        return new HostOutputs(layout, processor, branches(), position, count, outputs, first, width);
    }

    /**
     * Distributions of {@code count} rows that predict the tokens from {@code position} on.
     *
     * @param begins whether these are the first rows of a step
     */
    Distribution[] distributions(int position, int count, SelectedLogits logits, boolean begins) {
        long begin = System.nanoTime();
        var result = new Distribution[count];
        corrections.passed(position, begins, logits);
        for (int i = 0; i < count; i++) {
            result[i] = logits.distribution(processor, position + i, i);
        }
        samplingNanos += System.nanoTime() - begin;
        return result;
    }

    @Override
    public boolean correctsRows() {
        return proposals.neighbour() != null;
    }

    @Override
    public Distribution corrected(int position, Row read, int left, int above) {
        long begin = System.nanoTime();
        float[] logits = corrections.logits(position, read, left, above, (float) sampling.temperature());
        Distribution corrected = processor.processGuided(position, logits, 0);
        samplingNanos += System.nanoTime() - begin;
        return corrected;
    }

    /** Makes the rows of a pass, those of the branches one after the other, and lets the cache begin where they stand. */
    PassInput input(int position, List<Row> rows) {
        return PassInput.joined(inputs(position, rows));
    }

    /** As {@link #input}, for each branch by itself. */
    List<PassInput> inputs(int position, List<Row> rows) {
        int count = rows.size();
        Tensor embedded = embedding.embed(position == 0 ? rows.subList(1, count) : rows);
        startAt(position, count);
        boolean[] noisy = new boolean[count];
        for (int i = 0; i < count; i++) {
            noisy[i] = rows.get(i) instanceof Row.Noisy;
        }
        return branches.stream()
                .map(branch -> new PassInput(
                        branch.input(position, count, embedded), branch.rotations(position, count), noisy))
                .toList();
    }

    /** Lets the cache begin where the rows of a pass stand. */
    private void startAt(int position, int count) {
        long[] counts = new long[branches()];
        Arrays.fill(counts, count);
        cache.startAt(branches.stream().mapToLong(b -> b.first() + position).toArray(), counts);
    }

    @Override
    public int embeddingSize() {
        return embedding.width();
    }

    @Override
    public float[] embedding(int id) {
        return embedding.normalised(id);
    }

    @Override
    public NoiseSchedule noiseSchedule() {
        return denoising == null ? NoiseSchedule.KARRAS : denoising.schedule();
    }

    /** Moves the cache to those of other images of the same model: attention in shared passes is one call then. */
    public void share(SharedCache shared) {
        shared.adopt(cache);
    }

    /** Lets passes of this image alone be of a fixed shape, until it is closed. */
    void runBy(FixedPasses passes) {
        fixed = passes;
    }

    /** A prompt that was read: the conditional one, and with guidance the unconditional one. */
    Branch branch(int index) {
        return branches.get(index);
    }

    /** Rows that each branch may have at most, those of its prompt included. */
    int cacheRows() {
        return cache.capacity();
    }

    /** How logits become probabilities. */
    Sampling sampling() {
        return sampling;
    }

    /** Lets a cache take the memory of its images, which are of this one's model. */
    void reserve(SharedCache shared) {
        shared.reserve(cache);
    }

    /** The keys and values of this image's rows. */
    KvCache cache() {
        return cache;
    }

    /** The network that generates this image. */
    public ImageTokenNetwork network() {
        return network;
    }

    /** What the model has that makes better drafts. */
    Proposals proposals() {
        return proposals;
    }

    /** Where the network is. */
    Device device() {
        return device;
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
            List<PassInput> inputs = branches.stream()
                    .map(branch -> new PassInput(
                            branch.start().expand(1, count, -1).contiguous(),
                            branch.rotations(position, count),
                            new boolean[count]))
                    .toList();
            startAt(position, count);
            return run(
                    (long) count * branches(),
                    () -> nanos(() -> await(outputs(joined(inputs), cache))),
                    () -> nanos(
                            () -> bothBranches(branch -> await(outputs(inputs.get(branch), cache.sequence(branch))))));
        }
    }

    /** Returns when the device has finished: a number is at hand. */
    private static void await(Tensor logits) {
        Tensors.floats(logits.select(1, 0).narrow(1, 0, 1));
    }

    private static long nanos(Runnable work) {
        long begin = System.nanoTime();
        work.run();
        return System.nanoTime() - begin;
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
        if (fixed != null) {
            fixed.left(this);
            fixed = null;
        }
        branches.forEach(Branch::close);
    }
}
