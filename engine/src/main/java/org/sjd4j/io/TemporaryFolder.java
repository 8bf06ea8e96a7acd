package org.sjd4j.io;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A folder of the user's own where everybody may write. What lies in it is trusted, native libraries among it, so nobody else
 * may have made it, and nobody else may write to it.
 */
final class TemporaryFolder {
    private static final int WRITABLE_BY_OTHERS = 022;

    private TemporaryFolder() {}

    /**
     * Opens or makes the folder, {@code sjd4j-} and the user's number.
     *
     * @throws IOException if it cannot be made, or is not the user's own
     */
    static Path in(Path root) throws IOException {
        Object user = user(root);
        Path folder = root.resolve("sjd4j-" + user);
        try {
            var alone = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
            Files.createDirectory(folder, alone);
        } catch (FileAlreadyExistsException _) {
            // it may be the user's own from before
        }
        requireOwn(folder, user);
        return folder;
    }

    /** The user's number: that of a file that this process makes. */
    private static Object user(Path root) throws IOException {
        Path file = Files.createTempFile(root, "sjd4j", ".tmp");
        try {
            return Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        } finally {
            Files.delete(file);
        }
    }

    /**
     * Refuses what another user could have put there.
     *
     * @throws FileSystemException if it is no folder, is a link, belongs to another user, or can be written by others
     */
    static void requireOwn(Path folder, Object user) throws IOException {
        var found = Files.readAttributes(folder, "unix:isDirectory,uid,mode", LinkOption.NOFOLLOW_LINKS);
        String wrong = null;
        if (!Boolean.TRUE.equals(found.get("isDirectory"))) {
            wrong = "is a link or a file, not a folder";
        } else if (!user.equals(found.get("uid"))) {
            wrong = "belongs to the user " + found.get("uid");
        } else if (!(found.get("mode") instanceof Integer mode) || (mode & WRITABLE_BY_OTHERS) != 0) {
            wrong = "can be written by other users";
        }
        if (wrong != null) {
            throw new FileSystemException(folder.toString(), null, folder + " " + wrong);
        }
    }
}
