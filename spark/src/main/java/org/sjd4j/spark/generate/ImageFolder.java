package org.sjd4j.spark.generate;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.util.SerializableConfiguration;

/**
 * A folder of images on any file system that Hadoop knows.
 *
 * @param directory of the job, which the folder lies in
 * @param configuration of the file system
 */
record ImageFolder(String directory, SerializableConfiguration configuration) implements Serializable {
    /** The folder's name. */
    static final String NAME = "images";

    /** What a row's name must be, to be the name of a file on any file system. */
    static final String NAMES = "[A-Za-z0-9][A-Za-z0-9._-]{0,199}";

    private static final Pattern FILE_NAME = Pattern.compile(NAMES);

    ImageFolder(String directory, Configuration configuration) {
        this(directory, new SerializableConfiguration(configuration));
    }

    /**
     * Writes an image: it is there whole or not at all, also when two attempts write it at once.
     *
     * @param id of its row
     * @return where it lies, relative to the directory
     */
    String write(String id, byte[] png) {
        if (!FILE_NAME.matcher(id).matches()) {
            throw new IllegalArgumentException("'" + id + "' cannot name a file; expected letters, digits, . _ and -");
        }
        String name = NAME + "/" + id + ".png";
        var target = new Path(directory, name);
        var partial = new Path(target.getParent(), "." + id + "-" + UUID.randomUUID() + ".partial");
        try {
            var files = target.getFileSystem(configuration.value());
            try (var out = files.create(partial, true)) {
                out.write(png);
            }
            if (!files.rename(
                    partial, target)) { // some file systems do not replace what another attempt left, the same bytes
                files.delete(partial, false);
                if (!files.exists(target)) {
                    throw new IOException("cannot rename " + partial);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + target, e);
        }
        return name;
    }
}
