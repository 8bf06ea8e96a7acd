package org.sjd4j.training.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.llama.Attention;
import org.sjd4j.llama.AttentionContext;
import org.sjd4j.tensor.Tensors;

/**
 * Neighbouring rows of a pass that attend together: to the first rows of an earlier pass and to rows among themselves.
 * Attending span by span, a long image needs no mask of all its rows times all its rows.
 *
 * @param first row
 * @param count of rows
 * @param seen rows of the earlier pass that any of them sees
 * @param mask {@code [count, seen + count]}, 0 where a row may look and minus infinity elsewhere
 */
public record AttentionSpan(int first, int count, int seen, Tensor mask) {
    /** Rows of a span; only a segment that is longer makes one longer. */
    public static final int ROWS = 512;

    /** Spans of a whole sequence: each row sees itself and those before it. */
    static List<AttentionSpan> causal(int rows, Device device) {
        var spans = new ArrayList<AttentionSpan>();
        for (int first = 0; first < rows; first += ROWS) {
            int count = Math.min(ROWS, rows - first);
            float[] mask = closed(count, first + count);
            for (int i = 0; i < count; i++) {
                Arrays.fill(mask, i * (first + count), i * (first + count) + first + i + 1, 0);
            }
            spans.add(new AttentionSpan(first, count, first, tensor(mask, count, first + count, device)));
        }
        return spans;
    }

    /**
     * Spans of rows in segments: row {@code j} sees the first {@code before + starts[j]} rows of an earlier pass, and those
     * of its own segment up to itself.
     *
     * @param starts for every row the first row of its segment
     */
    static List<AttentionSpan> segmented(int before, int[] starts, Device device) {
        var spans = new ArrayList<AttentionSpan>();
        for (int first = 0; first < starts.length; ) {
            int end = end(starts, first);
            int count = end - first;
            int seen = before + starts[end - 1];
            int columns = seen + count;
            float[] mask = closed(count, columns);
            for (int j = first; j < end; j++) {
                int row = (j - first) * columns;
                Arrays.fill(mask, row, row + before + starts[j], 0);
                Arrays.fill(mask, row + seen + starts[j] - first, row + seen + j - first + 1, 0);
            }
            spans.add(new AttentionSpan(first, count, seen, tensor(mask, count, columns, device)));
            first = end;
        }
        return spans;
    }

    /** Whole segments of at most {@link #ROWS} rows, but at least one. */
    private static int end(int[] starts, int first) {
        int end = first;
        for (int j = first + 1; j <= starts.length; j++) {
            if (j == starts.length || starts[j] == j) {
                if (end > first && j - first > ROWS) {
                    return end;
                }
                end = j;
            }
        }
        return end;
    }

    private static float[] closed(int rows, int columns) {
        float[] mask = new float[Math.multiplyExact(rows, columns)];
        Arrays.fill(mask, Float.NEGATIVE_INFINITY);
        return mask;
    }

    private static Tensor tensor(float[] mask, int rows, int columns, Device device) {
        return Tensors.of(mask, rows, columns).to(device, ScalarType.Float);
    }

    /**
     * Attends span by span.
     *
     * @param q queries of all rows, {@code [images, heads, rows, headSize]}
     * @param kv the keys and values that a span sees, {@code [images, 2 * heads, seen + count, headSize]}
     */
    static Tensor attend(List<AttentionSpan> spans, Tensor q, Function<AttentionSpan, Tensor> kv) {
        Tensor[] attended =
                spans.stream().map(span -> span.attend(q, kv.apply(span))).toArray(Tensor[]::new);
        return attended.length == 1 ? attended[0] : Tensors.cat(2, attended);
    }

    private Tensor attend(Tensor q, Tensor seen) {
        return Attention.masked(of(q), AttentionContext.keys(seen), AttentionContext.values(seen), mask);
    }

    /** The rows of this span, of {@code [images, heads, rows, headSize]}. */
    Tensor of(Tensor rows) {
        return rows.narrow(2, first, count);
    }
}
