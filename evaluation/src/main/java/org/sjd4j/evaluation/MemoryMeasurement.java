package org.sjd4j.evaluation;

import java.util.ArrayList;
import java.util.List;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.evaluation.Comparison.Listener;
import org.sjd4j.evaluation.Table.Cell;
import org.sjd4j.tensor.LibTorch;

/** Whether many images in one process leave anything behind. */
public final class MemoryMeasurement {
    private static final int SAMPLES = 10;
    private static final long SETTLE_MILLIS = 200;
    private static final double MEGA = 1 << 20;

    private MemoryMeasurement() {}

    /**
     * Makes images, the decoders, prompts and seeds of the plan taking turns, and looks at the process now and then.
     *
     * @param generations number of images
     */
    public static Measurement measure(TextToImage model, Plan plan, int generations, Listener listener) {
        for (DecoderChoice choice : plan.choices()) {
            model.generate(request(plan, choice, 0)); // what is allocated once is no leak
        }
        var rows = new ArrayList<List<Cell>>();
        rows.add(sample(0));
        for (int i = 0; i < generations; i++) {
            model.generate(request(plan, plan.choices().get(i % plan.choices().size()), i));
            listener.made(i + 1, generations);
            if ((i + 1) * SAMPLES / generations > i * SAMPLES / generations) {
                rows.add(sample(i + 1));
            }
        }
        var columns = Table.columns(
                "generations", "images so far",
                "native_objects", "native objects",
                "resident_mb", "resident memory, MB",
                "heap_mb", "of it Java heap in use, MB");
        var conditions = Conditions.of(model, plan.sampling());
        conditions.put(
                "decoders",
                String.join(
                        " ", plan.choices().stream().map(DecoderChoice::label).toList()));
        return new Measurement(
                "memory", conditions, List.of(new Table("Memory after images in one process", columns, rows)));
    }

    private static Request request(Plan plan, DecoderChoice choice, int index) {
        String prompt = plan.prompts().get(index % plan.prompts().size());
        long seed = plan.seeds().get(index % plan.seeds().size());
        return new Request(prompt, seed, choice.decoder(), choice.settings(), plan.sampling());
    }

    private static List<Cell> sample(int generations) {
        collectGarbage();
        var runtime = Runtime.getRuntime();
        return List.of(
                Cell.of(generations),
                Cell.of(LibTorch.nativeObjects()),
                Cell.of(LibTorch.residentBytes() / MEGA, 1),
                Cell.of((runtime.totalMemory() - runtime.freeMemory()) / MEGA, 1));
    }

    /** Garbage is no leak; the thread that frees native objects of Java garbage needs a moment. */
    private static void collectGarbage() {
        System.gc();
        try {
            Thread.sleep(SETTLE_MILLIS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
