package org.sjd4j.spark.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;
import org.jspecify.annotations.Nullable;
import org.sjd4j.io.Identity;
import org.sjd4j.options.UserException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a job leaves, on any file system that Hadoop knows: {@code job.json}, what it is, and {@code rows}, a Parquet table
 * that grows task by task. The same job goes on with the rows that are missing.
 */
public final class JobDirectory implements AutoCloseable {
    private static final String IDENTITY = "job.json";
    private static final String ROWS = "rows";
    private static final JsonMapper JSON = JsonMapper.shared();

    private final SparkSession spark;
    private final Path root;
    private final StructType schema;
    private @Nullable JobLock lock;

    /** Relative paths mean other places to executors, so from here on there are none. */
    private JobDirectory(SparkSession spark, Path root, StructType schema) throws IOException {
        this.spark = spark;
        this.root =
                root.getFileSystem(spark.sparkContext().hadoopConfiguration()).makeQualified(root);
        this.schema = schema;
    }

    /** Where it is, as every machine understands it. */
    public String location() {
        return root.toString();
    }

    /**
     * Opens or makes the directory of a job, which no other driver can use until it is closed.
     *
     * @param identity what its rows depend on
     * @param schema of its rows
     * @throws UserException if it belongs to another job, is in use, or cannot be made
     */
    public static JobDirectory open(
            SparkSession spark, String directory, Map<String, String> identity, StructType schema) {
        try {
            var job = new JobDirectory(spark, new Path(directory), schema);
            try {
                job.begin(new TreeMap<>(identity));
                return job;
            } catch (IOException | RuntimeException e) {
                job.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UserException("--out " + directory + " cannot be made or written: " + e.getMessage(), e);
        }
    }

    /**
     * The directory of a job that has begun.
     *
     * @param schema of its rows
     * @throws UserException if there is none
     */
    public static JobDirectory existing(SparkSession spark, String directory, StructType schema) {
        try {
            var job = new JobDirectory(spark, new Path(directory), schema);
            if (!job.fileSystem().exists(new Path(job.root, ROWS))) {
                throw new UserException(directory
                        + " is no directory of a generate job that has generated something; name what was its --out");
            }
            return job;
        } catch (IOException e) {
            throw new UserException(directory + " cannot be read: " + e.getMessage(), e);
        }
    }

    private void begin(Map<String, String> identity) throws IOException {
        var files = fileSystem();
        if (!files.exists(identityFile()) && files.exists(root) && holdsOtherThings(files)) {
            throw new UserException(
                    "--out " + root + " holds other files, but no job; choose an empty or a new directory");
        }
        files.mkdirs(root);
        lock = JobLock.take(files, root);
        if (files.exists(identityFile())) {
            requireSame(identity);
        } else {
            var partial = new Path(root, "_" + IDENTITY);
            try (var out = files.create(partial, true)) {
                out.write(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(identity));
            }
            if (!files.rename(partial, identityFile())) {
                throw new IOException("cannot rename " + partial);
            }
        }
    }

    /** What a driver leaves that is killed at once is no other thing. */
    private boolean holdsOtherThings(FileSystem files) throws IOException {
        return Arrays.stream(files.listStatus(root))
                .anyMatch(entry -> !entry.getPath().getName().startsWith("_"));
    }

    /** The file that says what job this is. */
    private Path identityFile() {
        return new Path(root, IDENTITY);
    }

    /** That every executor finds this directory by the same path, known by the file that the driver has written there. */
    public ClusterCheck.Need visibility() {
        return new Visibility(
                identityFile().toString(),
                new SerializableConfiguration(spark.sparkContext().hadoopConfiguration()));
    }

    private record Visibility(String file, SerializableConfiguration configuration) implements ClusterCheck.Need {
        @Override
        public String problem() {
            var path = new Path(file);
            try {
                return path.getFileSystem(configuration.value()).exists(path)
                        ? ""
                        : "there is no " + file + "; --out must be the same for all";
            } catch (IOException e) {
                return file + " cannot be read: " + e.getMessage();
            }
        }
    }

    private void requireSame(Map<String, String> identity) throws IOException {
        var files = fileSystem();
        var file = identityFile();
        Map<String, String> found;
        try (var in = files.open(file)) {
            found = JSON.readValue(
                    new String(in.readAllBytes(), StandardCharsets.UTF_8),
                    new TypeReference<TreeMap<String, String>>() {});
        } catch (JacksonException e) {
            throw new UserException(file + " is damaged: choose another directory", e);
        }
        var differences = Identity.differences(found, identity);
        if (!differences.isEmpty()) {
            throw new UserException("--out " + root + " holds another job (" + String.join("; ", differences)
                    + "); choose another directory or the same settings");
        }
    }

    private FileSystem fileSystem() throws IOException {
        return root.getFileSystem(spark.sparkContext().hadoopConfiguration());
    }

    @Override
    public void close() {
        if (lock != null) {
            lock.close();
        }
    }

    /** The rows that are finished, those with errors among them. */
    public Dataset<Row> rows() {
        var path = new Path(root, ROWS);
        try {
            return fileSystem().exists(path)
                    ? spark.read().schema(schema).parquet(path.toString())
                    : spark.createDataFrame(List.<Row>of(), schema);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + path, e);
        }
    }

    /**
     * Adds rows, a file for each partition that is there when the partition's task ends, and stays if the job is stopped: so
     * the second algorithm of Hadoop's committer. Its known flaw, a task with several files of which some are committed, does
     * not exist for tasks with one file.
     */
    public void append(Dataset<Row> rows) {
        rows.write()
                .mode(SaveMode.Append)
                .option("mapreduce.fileoutputcommitter.algorithm.version", "2")
                .parquet(new Path(root, ROWS).toString());
    }
}
