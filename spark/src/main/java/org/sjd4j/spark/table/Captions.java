package org.sjd4j.spark.table;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.countDistinct;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.sha2;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.SparkException;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.expressions.Window;
import org.jspecify.annotations.Nullable;
import org.sjd4j.options.UserException;
import org.sjd4j.spark.cluster.Cluster;
import picocli.CommandLine.Option;

/** Where captions come from. */
public final class Captions {
    /** The column of a row's name. */
    public static final String ID = "id";

    /** The column of what to generate. */
    public static final String CAPTION = "caption";

    /** Digits of a hash that name a caption. */
    private static final int DIGITS = 16;

    @Option(
            names = "--captions",
            paramLabel = "PATH",
            required = true,
            description = "Parquet, CSV with a header, or JSON lines; a file or a directory of files.")
    private String path = "";

    @Option(
            names = "--captions-format",
            paramLabel = "parquet|csv|json",
            description = "Default: what the path's name ends in, otherwise parquet.")
    private @Nullable String format;

    @Option(
            names = "--caption-column",
            paramLabel = "NAME",
            defaultValue = CAPTION,
            description = "Default: ${DEFAULT-VALUE}")
    private String captionColumn = CAPTION;

    @Option(
            names = "--id-column",
            paramLabel = "NAME",
            description = "Names every row, for files and seeds. Default: a hash of the caption, and which of its"
                    + " repetitions it is.")
    private @Nullable String idColumn;

    /** What the rows depend on besides the path. */
    public Map<String, String> identity() {
        return Map.of(
                "captions", file(), "caption_column", captionColumn, "id_column", idColumn == null ? "" : idColumn);
    }

    /**
     * The rows: {@link #ID}, different in each and never null, and {@link #CAPTION}, which may be null; both texts. They
     * do not depend on how the input is split.
     *
     * @throws UserException if there is no such input or column, or names are missing or repeat
     */
    public Dataset<Row> read(SparkSession spark) {
        var frame = input(spark);
        requireColumn(frame, captionColumn, "--caption-column");
        var caption = frame.col(quoted(captionColumn)).cast("string").as(CAPTION);
        if (idColumn == null) {
            var repetition = row_number().over(Window.partitionBy(CAPTION).orderBy(CAPTION));
            var hash = sha2(coalesce(col(CAPTION), lit("")), 256).substr(1, DIGITS);
            return frame.select(caption).select(concat_ws("-", hash, repetition).as(ID), col(CAPTION));
        }
        requireColumn(frame, idColumn, "--id-column");
        var rows = frame.select(frame.col(quoted(idColumn)).cast("string").as(ID), caption);
        requireNames(rows);
        return rows;
    }

    /** Relative paths are where the driver is. */
    private String file() {
        return path.contains(":")
                ? path
                : Path.of(path).toAbsolutePath().normalize().toString();
    }

    private Dataset<Row> input(SparkSession spark) {
        var reader = spark.read();
        try {
            return switch (format()) {
                case "parquet" -> reader.parquet(path);
                case "json" -> reader.option("mode", "FAILFAST").json(path);
                case "csv" ->
                    reader.option("header", true)
                            .option("mode", "FAILFAST")
                            .option("multiLine", true)
                            .option("escape", "\"")
                            .csv(path);
                default ->
                    throw new UserException("--captions-format is '" + format + "', expected parquet, csv or json");
            };
        } catch (Exception e) { // Spark's analysis throws checked ones that it does not declare
            if (e instanceof AnalysisException analysis) {
                throw new UserException("--captions " + path + ": " + analysis.getSimpleMessage(), e);
            }
            if (e instanceof SparkException) {
                throw new UserException("--captions " + path + ": " + Cluster.reason(e), e);
            }
            throw e;
        }
    }

    private String format() {
        if (format != null) {
            return format.toLowerCase(Locale.ROOT);
        }
        String name = path.toLowerCase(Locale.ROOT);
        return name.endsWith(".csv") ? "csv" : name.endsWith(".jsonl") || name.endsWith(".json") ? "json" : "parquet";
    }

    private void requireColumn(Dataset<Row> frame, String name, String option) {
        if (!Arrays.asList(frame.columns()).contains(name)) {
            throw new UserException(path + " has no column '" + name + "' but " + String.join(", ", frame.columns())
                    + "; choose one by " + option);
        }
    }

    private static String quoted(String column) {
        return "`" + column.replace("`", "``") + "`";
    }

    private void requireNames(Dataset<Row> rows) {
        var counts =
                rows.agg(count(lit(1)), count(col(ID)), countDistinct(col(ID))).first();
        long all = counts.getLong(0);
        if (counts.getLong(1) < all) {
            throw new UserException(path + ": column '" + idColumn + "' is empty in " + (all - counts.getLong(1))
                    + " of " + all + " rows; every row needs a name");
        }
        if (counts.getLong(2) < all) {
            throw new UserException(path + ": column '" + idColumn + "' has " + counts.getLong(2)
                    + " different names for " + all + " rows; every row needs one of its own");
        }
    }
}
