package org.sjd4j.training.tokenizer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.training.data.ImageStore;
import org.sjd4j.training.data.Split;
import org.sjd4j.training.report.ContactSheet;
import org.sjd4j.vision.Pixels;

/** Batches of an {@link ImageStore} for training an image tokenizer. */
public final class StoredImages implements ImageBatches {
    private static final int VALIDATION = 128;
    private static final int SHEET = 32;

    private final ImageStore store;
    private final List<ImageStore.Image> training;
    private final List<ImageStore.Image> heldOut;
    private final int batch;
    private final long seed;
    private final Device device;

    /** Batches of {@code batch} images on a device, sampled at random from the training split. */
    public StoredImages(ImageStore store, int batch, long seed, Device device) {
        this.device = device;
        this.store = store;
        this.training = store.images(Split.TRAIN);
        this.heldOut = thinned(store.images(Split.HELD_OUT));
        this.batch = batch;
        this.seed = seed;
    }

    private static List<ImageStore.Image> thinned(List<ImageStore.Image> all) {
        int stride = Math.max(1, all.size() / VALIDATION);
        var kept = new ArrayList<ImageStore.Image>();
        for (int i = 0; i < all.size() && kept.size() < VALIDATION; i += stride) {
            kept.add(all.get(i));
        }
        return kept;
    }

    @Override
    public Tensor training(long step) {
        var random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + step);
        var chosen = new ArrayList<ImageStore.Image>();
        for (int i = 0; i < batch; i++) {
            chosen.add(training.get(random.nextInt(training.size())));
        }
        return ImageStore.tensor(chosen, store.size()).to(device, ScalarType.Float);
    }

    @Override
    public Tensor validation() {
        return ImageStore.tensor(heldOut, store.size()).to(device, ScalarType.Float);
    }

    @Override
    public int sheetSize() {
        return Math.min(SHEET, heldOut.size());
    }

    @Override
    public void writeSheet(Path png, Tensor above, Tensor below) {
        var originals = Pixels.images(above);
        var results = Pixels.images(below);
        var sheet = new ContactSheet(16);
        for (int line = 0; line < originals.size(); line += 16) {
            int end = Math.min(originals.size(), line + 16);
            originals.subList(line, end).forEach(sheet::add);
            results.subList(line, end).forEach(sheet::add);
        }
        try {
            sheet.write(png);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + png, e);
        }
    }
}
