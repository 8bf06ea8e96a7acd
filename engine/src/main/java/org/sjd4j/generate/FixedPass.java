package org.sjd4j.generate;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.sampling.LargestLogits;
import org.sjd4j.llama.Denoising;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.proposal.NeighbourHead;
import org.sjd4j.tensor.DeviceWork;
import org.sjd4j.tensor.NativeMemory;
import org.sjd4j.tensor.PassThreads;
import org.sjd4j.tensor.PassThreads.Work;
import org.sjd4j.tensor.StagedTensor;
import org.sjd4j.tensor.Tensors;

/**
 * A pass of one shape: as many rows for each of some images, and both branches of guidance. Rows that no image has are
 * computed as well and read by nobody. So every row is computed by the same kernels in the same order, whatever the window,
 * and all operators can be recorded once and replayed.
 */
final class FixedPass implements AutoCloseable {
    /**
     * What is fixed.
     *
     * @param images slots of the store that take part: the first ones
     * @param width rows of each image
     * @param noisy whether rows may be noisy
     * @param count how many of the largest logits of each row are selected; 0 for all
     */
    record Shape(int images, int width, boolean noisy, int count) {
        int rows() {
            return images * width;
        }
    }

    /** Rows of the image in a slot. */
    record Part(int slot, ImageSession session, int position, List<Row> rows) {}

    private final ImageTokenNetwork network;
    private final @Nullable Denoising denoising;
    private final @Nullable NeighbourHead neighbour;
    private final FixedStore store;
    private final Shape shape;
    private final int ids;
    private final int sequences;
    private final int noiseWidth;
    private final long products;
    private final NativeMemory<Buffers> memory;
    private final StagedTensor numbers;
    private final StagedTensor scales;
    private final StagedTensor noise;
    private final long[] hostNumbers;
    private final float[] hostScales;
    private final float[] hostNoise;
    private final DeviceWork<Outputs> work;

    /**
     * What goes to the device, and where its results are copied to.
     *
     * @param values {@code [rows, count]}, or all logits of each row
     * @param places int32 {@code [rows, count]}
     * @param totals {@code [rows]}
     * @param features {@code [rows, featureWidth]}
     */
    private record Buffers(
            StagedTensor numbers,
            StagedTensor scales,
            StagedTensor noise,
            Tensor values,
            Tensor places,
            Tensor totals,
            Tensor features) {}

    /**
     * What a pass leaves on the device.
     *
     * @param features of the rows for a neighbour head, those with the prompt before those without, {@code [rows, featureWidth]}; or
     *     nothing
     */
    private record Outputs(
            LogitSelection selection, @Nullable Tensor features) {
        Outputs kept() {
            return new Outputs(selection.kept(), features == null ? null : LogitSelection.keep(features));
        }

        void close() {
            selection.close();
            if (features != null) {
                features.close();
            }
        }
    }

    /** @param like an image of the model */
    FixedPass(Shape shape, FixedStore store, ImageSession like) {
        this.shape = shape;
        this.store = store;
        network = like.network();
        denoising = like.proposals().denoising();
        neighbour = like.proposals().neighbour();
        ids = like.layout().codebookSize();
        sequences = shape.images * store.branches();
        products = (long) sequences * shape.width * network.stack().config().parameters();
        noiseWidth = shape.noisy ? like.embeddingSize() + Denoising.timeWidth() : 0;
        Device device = like.device();
        int width = shape.count == 0 ? ids : shape.count;
        hostNumbers = new long[3 * shape.rows() + 3 * sequences * shape.width];
        hostScales = new float[2 * shape.images];
        hostNoise = new float[shape.rows() * noiseWidth];
        memory = NativeMemory.of(() -> new Buffers(
                StagedTensor.zeros(ScalarType.Long, hostNumbers.length, device),
                StagedTensor.zeros(ScalarType.Float, hostScales.length, device),
                StagedTensor.zeros(ScalarType.Float, hostNoise.length, device),
                StagedTensor.pinned(ScalarType.Float, device, shape.rows(), width),
                StagedTensor.pinned(ScalarType.Int, device, shape.rows(), Math.max(1, shape.count)),
                StagedTensor.pinned(ScalarType.Float, device, shape.rows()),
                StagedTensor.pinned(ScalarType.Float, device, shape.rows(), Math.max(1, featureWidth()))));
        numbers = memory.contents().numbers;
        scales = memory.contents().scales;
        noise = memory.contents().noise;
        work = new DeviceWork<>(device, this::outputs, Outputs::kept, Outputs::close);
    }

    private int featureWidth() {
        return neighbour == null ? 0 : neighbour.featureWidth();
    }

    /**
     * Runs the pass.
     *
     * @param parts images of different slots
     * @param taken takes the logits of each part, in their order
     * @return nanoseconds until the logits were there
     */
    long run(List<Part> parts, Taken taken) {
        try (var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            long begin = System.nanoTime();
            fill(parts);
            Outputs outputs = PassThreads.current().run(Work.PASS, products, work::run);
            for (Part part : parts) {
                fetch(outputs, part);
            }
            work.await();
            long nanos = System.nanoTime() - begin;
            for (int i = 0; i < parts.size(); i++) {
                Part part = parts.get(i);
                taken.take(i, logits(outputs.selection(), part));
            }
            return nanos;
        }
    }

    /** Takes the logits of a part before the next pass overwrites them. */
    @FunctionalInterface
    interface Taken {
        void take(int part, SelectedLogits logits);
    }

    private void fill(List<Part> parts) {
        int width = shape.width;
        int rows = shape.rows();
        int all = sequences * width;
        long[] input = hostNumbers;
        Arrays.fill(input, 0);
        Arrays.fill(hostScales, 1);
        int table = 3 * rows;
        int writes = table + all;
        int last = writes + all;
        Arrays.fill(input, 0, rows, parts.getFirst().session.layout().firstImageId());
        for (int sequence = 0; sequence < sequences; sequence++) {
            Arrays.fill(input, table + sequence * width, table + (sequence + 1) * width, store.tableIndex(sequence, 0));
            Arrays.fill(input, writes + sequence * width, writes + (sequence + 1) * width, store.spareIndex(sequence));
        }
        for (Part part : parts) {
            ImageSession session = part.session;
            int count = part.rows.size();
            hostScales[part.slot] = (float) session.sampling().guidanceScale();
            hostScales[shape.images + part.slot] = (float) session.sampling().temperature();
            for (int i = 0; i < count; i++) {
                int at = part.slot * width + i;
                switch (part.rows.get(i)) {
                    case Row.Token token -> input[at] = token.id();
                    case Row.Start _ -> input[rows + at] = 1;
                    case Row.Noisy noisy -> {
                        input[2 * rows + at] = 1;
                        putNoise(at, noisy);
                    }
                }
                for (int branch = 0; branch < session.branches(); branch++) {
                    int sequence = part.slot * store.branches() + branch;
                    long row = session.branch(branch).first() + part.position + i;
                    int entry = sequence * width + i;
                    input[table + entry] = store.tableIndex(sequence, part.position + i);
                    input[writes + entry] = store.cacheIndex(sequence, row);
                    input[last + entry] = row;
                }
            }
        }
        numbers.send(input);
        scales.send(hostScales);
        if (shape.noisy) {
            noise.send(hostNoise);
        }
    }

    /** All embeddings stand before all features of noise levels. */
    private void putNoise(int row, Row.Noisy noisy) {
        int features = Denoising.timeWidth();
        int width = noiseWidth - features;
        System.arraycopy(noisy.embedding(), 0, hostNoise, row * width, width);
        float[] time = Denoising.timeFeatures(new float[] {noisy.noiseLevel()});
        System.arraycopy(time, 0, hostNoise, shape.rows() * width + row * features, features);
    }

    private Outputs outputs() {
        int images = shape.images;
        int branches = store.branches();
        int width = shape.width;
        long rows = shape.rows();
        long all = (long) sequences * width;
        Tensor input = numbers.device();
        Tensor starts = input.narrow(0, rows, rows).gt(new Scalar(0));
        Tensor noisy = input.narrow(0, 2 * rows, rows).gt(new Scalar(0));
        Tensor table = input.narrow(0, 3 * rows, all);
        Tensor writes = input.narrow(0, 3 * rows + all, all);
        Tensor last = input.narrow(0, 3 * rows + 2 * all, all);

        Tensor embedded = embedded(input.narrow(0, 0, rows), noisy);
        long hidden = embedded.size(2);
        Tensor perBranch = embedded.view(images, 1, width, hidden).expand(images, branches, width, hidden);
        Tensor x = torch.where(starts.view(images, 1, width, 1), store.starts(images), perBranch)
                .reshape(1, all, hidden);
        var adapter = shape.noisy && denoising != null ? denoising.behind(0, perRow(noisy)) : null;
        Tensor normed = network.stack()
                .forward(
                        store.withContext(x, table),
                        store.rotations(table),
                        store.cache().fixed(writes, last, width),
                        adapter);
        Tensor logits = network.logits(normed).to(ScalarType.Float).view(images, branches, width, ids);
        Tensor scale = scales.device().narrow(0, 0, images);
        Tensor temperature = scales.device().narrow(0, images, images);
        return new Outputs(LogitSelection.of(logits, scale, temperature, shape.count), features(normed));
    }

    /** What the neighbour head needs of each row: its numbers with the prompt, and behind them those without. */
    private @Nullable Tensor features(Tensor normed) {
        if (neighbour == null) {
            return null;
        }
        int branches = store.branches();
        long half = featureWidth() / 2;
        Tensor features = neighbour.features(normed).view(shape.images, branches, shape.width, 2 * half);
        Tensor with = features.select(1, 0).narrow(-1, 0, half);
        Tensor without = features.select(1, branches - 1L).narrow(-1, half, half);
        return Tensors.cat(-1, with, without).view(shape.rows(), 2 * half);
    }

    /** Rows {@code [1, images * width, hidden]} of the network. */
    private Tensor embedded(Tensor tokens, Tensor noisy) {
        Tensor clean = network.embed(tokens);
        if (!shape.noisy || denoising == null) {
            return clean;
        }
        long rows = shape.rows();
        long features = Denoising.timeWidth();
        long width = noiseWidth - features;
        Tensor z = noise.device().narrow(0, 0, rows * width).view(1, rows, width);
        Tensor time = noise.device().narrow(0, rows * width, rows * features).view(1, rows, features);
        return torch.where(noisy.view(1, rows, 1), denoising.rows(network, z, time), clean);
    }

    /** 1 for the noisy ones of all rows of all branches, {@code [1, rows, 1]}. */
    private Tensor perRow(Tensor noisy) {
        return noisy.view(shape.images, 1, shape.width)
                .expand(shape.images, store.branches(), shape.width)
                .reshape(1, -1, 1)
                .to(ScalarType.Float);
    }

    private void fetch(Outputs outputs, Part part) {
        LogitSelection selection = outputs.selection();
        Buffers results = memory.contents();
        fetch(part, outputs.features(), results.features);
        fetch(part, selection.values() == null ? selection.logits() : selection.values(), results.values);
        fetch(part, selection.places(), results.places);
        fetch(part, selection.totals(), results.totals);
    }

    /** Begins to copy a part's rows, if there are any. */
    private void fetch(Part part, @Nullable Tensor from, Tensor to) {
        if (from != null) {
            long first = (long) part.slot * shape.width;
            long count = part.rows.size();
            to.narrow(0, first, count).copy_(from.narrow(0, first, count), true);
        }
    }

    private SelectedLogits logits(LogitSelection selection, Part part) {
        int first = part.slot * shape.width;
        int count = part.rows.size();
        Buffers results = memory.contents();
        IntFunction<float[]> row = index -> Tensors.floats(selection.logits().select(0, first + index));
        float[] features = floats(results.features, first, count, featureWidth());
        if (shape.count == 0) {
            return new SelectedLogits(
                    null, floats(results.values, first, count, ids), row, ids, features, featureWidth());
        }
        int[] places = new int[count * shape.count];
        new IntPointer(results.places.data_ptr_int())
                .position((long) first * shape.count)
                .get(places);
        var largest = new LargestLogits(
                shape.count,
                floats(results.values, first, count, shape.count),
                places,
                floats(results.totals, first, count, 1));
        return new SelectedLogits(largest, new float[0], row, ids, features, featureWidth());
    }

    /** Some rows of a CPU tensor {@code [rows, width]}. */
    private static float[] floats(Tensor tensor, int first, int count, int width) {
        float[] values = new float[count * width];
        if (values.length == 0) {
            return values;
        }
        new FloatPointer(tensor.data_ptr_float()).position((long) first * width).get(values);
        return values;
    }

    @Override
    public void close() {
        work.close();
        memory.close();
    }
}
