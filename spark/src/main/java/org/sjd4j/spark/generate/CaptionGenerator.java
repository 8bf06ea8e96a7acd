package org.sjd4j.spark.generate;

import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.util.LongAccumulator;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.PngFile;
import org.sjd4j.api.TextToImage;
import org.sjd4j.decode.sampling.DecodingException;
import org.sjd4j.family.TooLittleMemoryException;
import org.sjd4j.spark.cluster.ExecutorProcess;
import org.sjd4j.spark.table.ImageTableRow;

/**
 * Generates the captions of a partition, one after the other, on the model of the executor's process.
 *
 * <p>What is wrong with one caption ends in its row. What is wrong with the executor, such as a model that cannot be
 * loaded or too little memory, ends the task, so that Spark tries it elsewhere.
 *
 * @param files where images go, or nothing to leave them in the rows
 * @param generated counts images, for Spark's page
 * @param failed counts captions that could not be generated
 */
record CaptionGenerator(
        GenerationPlan plan, @Nullable ImageFolder files, LongAccumulator generated, LongAccumulator failed)
        implements MapPartitionsFunction<Row, Row> {
    /** Spark's default. */
    private static final int USUAL_FAILURES = 4;

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        if (!rows.hasNext()) {
            return rows; // nothing to load a model for
        }
        var model = ExecutorProcess.model(plan.model());
        return stream(rows)
                .map(row -> generate(model, row.getString(0), row.getString(1)))
                .iterator();
    }

    private static Stream<Row> stream(Iterator<Row> rows) {
        Iterable<Row> all = () -> rows;
        return StreamSupport.stream(all.spliterator(), false);
    }

    private Row generate(TextToImage model, String id, @Nullable String caption) {
        long seed = plan.seed(id);
        if (caption == null || caption.isBlank()) {
            return failure(id, caption, seed, "the caption is empty");
        }
        var recipe = plan.recipe(id, caption);
        Row row;
        try {
            var image = model.generate(recipe.request());
            byte[] png = PngFile.encode(image.image(), recipe);
            row = files == null
                    ? ImageTableRow.of(id, caption, seed, png, null, image)
                    : ImageTableRow.of(id, caption, seed, null, files.write(id, png), image);
        } catch (RuntimeException e) {
            if (!isOfTheCaption(e)) {
                throw e;
            }
            return failure(id, caption, seed, Objects.requireNonNullElse(e.getMessage(), e.toString()));
        }
        generated.add(1);
        return row;
    }

    /**
     * Whether another executor would not do better. What nobody foresaw, such as what LibTorch reports of memory and devices, gets
     * another chance elsewhere, and in the last one counts as the caption's, so that the job ends.
     */
    private static boolean isOfTheCaption(RuntimeException failure) {
        var task = TaskContext.get();
        if (Thread.currentThread().isInterrupted()
                || task.isInterrupted()
                || failure instanceof UncheckedIOException
                || failure instanceof TooLittleMemoryException) {
            return false;
        }
        int most = SparkEnv.get().conf().getInt("spark.task.maxFailures", USUAL_FAILURES);
        return failure instanceof DecodingException
                || failure instanceof IllegalArgumentException
                || task.attemptNumber() + 1 >= most;
    }

    private Row failure(String id, @Nullable String caption, long seed, String error) {
        failed.add(1);
        return ImageTableRow.failed(id, caption, seed, error);
    }
}
