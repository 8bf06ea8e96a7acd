package org.sjd4j.spark.cluster;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.Arrays;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/**
 * Local files under {@code gated:/path}, where a table gets no further files after its first until another file exists. So a test can do
 * something in the middle of a job on a machine of any speed.
 */
public final class GatedFileSystem extends RawLocalFileSystem {
    public static final String SCHEME = "gated";

    /** Says in Hadoop's configuration which file opens the gate. */
    public static final String OPENED_BY = "fs.gated.opened-by";

    private static final long LOOK_MILLIS = 5;

    @Override
    public String getScheme() {
        return SCHEME;
    }

    @Override
    public URI getUri() {
        return URI.create(SCHEME + ":///");
    }

    /** Tasks commit their files so. */
    @Override
    public boolean rename(Path from, Path to) throws IOException {
        var gate = java.nio.file.Path.of(getConf().get(OPENED_BY));
        try {
            while (to.getName().endsWith(".parquet") && !isFirst(to) && Files.notExists(gate)) {
                Thread.sleep(LOOK_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
        return super.rename(from, to);
    }

    private boolean isFirst(Path file) throws IOException {
        return Arrays.stream(listStatus(file.getParent()))
                .noneMatch(entry -> entry.getPath().getName().endsWith(".parquet"));
    }
}
