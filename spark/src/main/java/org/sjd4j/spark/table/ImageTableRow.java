package org.sjd4j.spark.table;

import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.GeneratedImage;

/** The table that a generating job leaves: a row for each caption. */
public final class ImageTableRow {
    public static final String PNG = "png";
    public static final String FILE = "file";
    public static final String ERROR = "error";

    /** Names and types of the columns. */
    public static final StructType SCHEMA = new StructType()
            .add(Captions.ID, DataTypes.StringType, false)
            .add(Captions.CAPTION, DataTypes.StringType, true)
            .add("seed", DataTypes.LongType, false)
            .add(PNG, DataTypes.BinaryType, true)
            .add(FILE, DataTypes.StringType, true)
            .add("tokens", DataTypes.IntegerType, true)
            .add("steps", DataTypes.IntegerType, true)
            .add("step_compression", DataTypes.DoubleType, true)
            .add("seconds", DataTypes.DoubleType, true)
            .add("model_seconds", DataTypes.DoubleType, true)
            .add(ERROR, DataTypes.StringType, true);

    private ImageTableRow() {}

    /**
     * A row that was generated.
     *
     * @param png the image, or nothing if it lies in a file
     * @param file where it lies below the job's directory, or nothing if it is in the row
     */
    public static Row of(
            String id, String caption, long seed, byte @Nullable [] png, @Nullable String file, GeneratedImage image) {
        var statistics = image.statistics();
        var timing = image.timing();
        return RowFactory.create(
                id,
                caption,
                seed,
                png,
                file,
                image.tokens().length,
                statistics.steps(),
                statistics.stepCompression(),
                timing.total(),
                timing.model(),
                null);
    }

    /** A row that could not be generated. */
    public static Row failed(String id, @Nullable String caption, long seed, String error) {
        return RowFactory.create(id, caption, seed, null, null, null, null, null, null, null, error);
    }
}
