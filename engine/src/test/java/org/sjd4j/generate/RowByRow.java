package org.sjd4j.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.Row;
import org.sjd4j.decode.sampling.Layout;
import org.sjd4j.llama.SharedCache;

/** Compares rows of passes bit by bit: what a row is told must not depend on the rows beside it. */
public final class RowByRow {
    private static final int[] WINDOWS = {2, 7, 16, 64};

    private final Supplier<ImageSession> begin;
    private final Random random;
    private final int[] tokens;
    private final int length;
    private final int branches;
    private final int ids;
    private final float[][][] alone;

    /** @param begin begins the same image each time */
    private RowByRow(Supplier<ImageSession> begin, long seed) {
        this.begin = begin;
        random = new Random(seed);
        try (var session = begin.get()) {
            tokens = tokens(session.layout());
            length = session.length();
            branches = session.branches();
            ids = session.layout().codebookSize();
            alone = new float[length][][];
            for (int position = 0; position < length; position++) {
                alone[position] = split(session.outputs(position, rows(position, 1, tokens)), 1)[0];
            }
        }
    }

    /**
     * Compares passes of one row with windows, both branches together and side by side, and with shared passes of three
     * images.
     */
    public static void check(Supplier<ImageSession> begin, long seed) {
        var check = new RowByRow(begin, seed);
        for (int window : WINDOWS) {
            check.window(window, false);
            if (check.branches == 2) {
                check.window(window, true);
            }
        }
        for (boolean windows : new boolean[] {false, true}) {
            check.shared(windows, false);
            if (check.branches == 2) {
                check.shared(windows, true);
            }
        }
    }

    private int[] tokens(RasterLayout layout) {
        int[] result = new int[layout.length()];
        for (int i = 0; i < result.length; i++) {
            int forced = layout.forcedAt(i);
            result[i] = forced == Layout.NONE ? layout.firstImageId() + random.nextInt(layout.codebookSize()) : forced;
        }
        return result;
    }

    private static List<Row> rows(int position, int count, int[] tokens) {
        var rows = new ArrayList<Row>();
        for (int i = 0; i < count; i++) {
            rows.add(Row.before(position + i, tokens));
        }
        return rows;
    }

    /** Logits of a part as those of each row and branch. */
    private float[][][] split(float[] logits, int count) {
        var result = new float[count][branches][];
        for (int branch = 0; branch < branches; branch++) {
            for (int i = 0; i < count; i++) {
                int from = (branch * count + i) * ids;
                result[i][branch] = Arrays.copyOfRange(logits, from, from + ids);
            }
        }
        return result;
    }

    private void assertAlone(String where, int position, int count, float[] logits) {
        float[][][] found = split(logits, count);
        for (int i = 0; i < count; i++) {
            for (int branch = 0; branch < branches; branch++) {
                assertThat(Arrays.equals(found[i][branch], alone[position + i][branch]))
                        .as("%s, row %s of %s at %s, branch %s", where, i, count, position, branch)
                        .isTrue();
            }
        }
    }

    /** Windows over the whole image, each after one whose drafts were wrong. */
    private void window(int window, boolean sideBySide) {
        try (var session = begin.get()) {
            for (int position = 0; position < length; ) {
                int count = Math.min(window, length - position);
                int[] wrong = tokens(session.layout());
                System.arraycopy(tokens, 0, wrong, 0, position);
                session.outputs(position, rows(position, count, wrong));
                var rows = rows(position, count, tokens);
                float[] logits =
                        sideBySide ? session.outputsSideBySide(position, rows) : session.outputs(position, rows);
                assertAlone("window " + window + (sideBySide ? ", side by side" : ""), position, count, logits);
                position += 1 + random.nextInt(count);
            }
        }
    }

    /** Three images at different positions, with windows of different widths or one row each. */
    private void shared(boolean windows, boolean sideBySide) {
        try (var cache = new SharedCache(3)) {
            var sessions = List.of(begin.get(), begin.get(), begin.get());
            sessions.forEach(session -> session.share(cache));
            int[] positions = new int[3];
            while (Arrays.stream(positions).anyMatch(position -> position < length)) {
                var parts = new ArrayList<SharedPass.Part>();
                for (int i = 0; i < 3; i++) {
                    if (positions[i] < length && random.nextInt(4) > 0) {
                        int count = windows ? 1 + random.nextInt(Math.min(16, length - positions[i])) : 1;
                        parts.add(
                                new SharedPass.Part(sessions.get(i), positions[i], rows(positions[i], count, tokens)));
                        positions[i] += count;
                    }
                }
                if (!parts.isEmpty()) {
                    float[] logits =
                            sideBySide ? SharedPass.valuesSideBySide(cache, parts) : SharedPass.values(cache, parts);
                    assertShared(parts, logits);
                }
            }
            sessions.forEach(ImageSession::close);
        }
    }

    private void assertShared(List<SharedPass.Part> parts, float[] logits) {
        int from = 0;
        for (SharedPass.Part part : parts) {
            int to = from + part.count() * ids;
            assertAlone(
                    "a pass of " + parts.size(),
                    part.position(),
                    part.rows().size(),
                    Arrays.copyOfRange(logits, from, to));
            from = to;
        }
    }
}
