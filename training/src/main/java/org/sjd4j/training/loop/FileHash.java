package org.sjd4j.training.loop;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.sjd4j.training.data.DataSet;

/** SHA-256, to know a file or a data set again. */
public final class FileHash {
    private FileHash() {}

    /**
     * The digest of a file in hexadecimal digits.
     *
     * @throws TrainingException if it cannot be read
     */
    public static String sha256(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            var digest = digest();
            byte[] buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw new TrainingException(file + " is missing or not readable", e);
        }
    }

    /** The digest of a data set's captions and splits, with the size of its images. */
    public static String sha256(DataSet data) {
        var digest = digest();
        digest.update(Integer.toString(data.size()).getBytes(StandardCharsets.UTF_8));
        data.examples().forEach(example -> digest.update(example.toString().getBytes(StandardCharsets.UTF_8)));
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is part of every JDK", e);
        }
    }
}
