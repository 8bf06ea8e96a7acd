package org.sjd4j.spark;

import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.util.LongAccumulator;
import org.jspecify.annotations.Nullable;
import org.sjd4j.pipeline.PictureFile;
import org.sjd4j.pipeline.TextToImage;

/**
 * Draws the captions of a partition, one after the other, on the model of the executor's process.
 *
 * <p>What is wrong with one caption ends in its row. What is wrong with the executor, such as a model that cannot be
 * loaded or too little memory, ends the task, so that Spark tries it elsewhere.
 *
 * @param files where pictures go, or nothing to leave them in the rows
 * @param drawn counts pictures, for Spark's page
 * @param failed counts captions that could not be drawn
 */
record CaptionDrawer(DrawingPlan plan, @Nullable PictureFolder files, LongAccumulator drawn, LongAccumulator failed)
        implements MapPartitionsFunction<Row, Row> {

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        if (!rows.hasNext()) {
            return rows; // nothing to load a model for
        }
        var model = ExecutorProcess.model(plan.model());
        return stream(rows)
                .map(row -> draw(model, row.getString(0), row.getString(1)))
                .iterator();
    }

    private static Stream<Row> stream(Iterator<Row> rows) {
        Iterable<Row> all = () -> rows;
        return StreamSupport.stream(all.spliterator(), false);
    }

    private Row draw(TextToImage model, String id, @Nullable String caption) {
        long seed = plan.seed(id);
        if (caption == null || caption.isBlank()) {
            return failure(id, caption, seed, "the caption is empty");
        }
        var recipe = plan.recipe(id, caption);
        Row row;
        try {
            var picture = model.generate(recipe.request());
            byte[] png = PictureFile.encode(picture.image(), recipe);
            row = files == null
                    ? DrawnRow.of(id, caption, seed, png, null, picture)
                    : DrawnRow.of(id, caption, seed, null, files.write(id, png), picture);
        } catch (RuntimeException e) {
            if (isOfTheExecutor(e)) {
                throw e;
            }
            return failure(id, caption, seed, Objects.requireNonNullElse(e.getMessage(), e.toString()));
        }
        drawn.add(1);
        return row;
    }

    /** Whether another executor might do better; LibTorch reports memory that it does not get as a plain exception. */
    private static boolean isOfTheExecutor(RuntimeException failure) {
        return Thread.currentThread().isInterrupted()
                || TaskContext.get().isInterrupted()
                || failure instanceof UncheckedIOException
                || (failure.getClass() == RuntimeException.class
                        && Objects.requireNonNullElse(failure.getMessage(), "").contains("memory"));
    }

    private Row failure(String id, @Nullable String caption, long seed, String error) {
        failed.add(1);
        return DrawnRow.failed(id, caption, seed, error);
    }
}
