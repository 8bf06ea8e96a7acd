package org.sjd4j.checkpoint;

import static org.sjd4j.tensor.CheckpointException.quote;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.sjd4j.tensor.CheckpointException;

/**
 * Opens every file of a checkpoint. It says what lies in place of a file that was not downloaded: a pointer of Git
 * LFS, git-annex or Xet, a web page, an error in words, nothing at all.
 */
public final class CheckpointFile {
    private static final int HEAD = 1024;
    private static final int LONGEST_TEXT = 60;

    /** Pointer files of Git LFS, {@code docs/spec.md}; hawser is its first name. */
    private static final Pattern LFS = Pattern.compile(
            "version https?://(?:git-lfs|hawser)\\.github\\.com/spec/\\S*\\s(?:.*\\s)?size (\\d+).*", Pattern.DOTALL);

    private static final String LFS_START = "version https://git-lfs.github.com/spec/";
    private static final String ANNEX = "/annex/objects/";
    private static final String XET = "# xet version";
    private static final List<String> PAGES = List.of("<!doctype", "<html", "<head", "<?xml", "<error");
    private static final String AGAIN = "download it again";

    private CheckpointFile() {}

    /** Whether a directory has an entry of this name, be it a link that leads nowhere. */
    public static boolean isThere(Path file) {
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * Checks that there is a file of text with content of its own.
     *
     * @param expected what the file should be, for messages
     * @throws CheckpointException if there is none, or something else lies in its place
     */
    public static void requireText(Path file, String expected) {
        requireOwnContent(file, head(file, expected), expected);
    }

    /** As {@link #requireText}, for a file that is no text. */
    public static void requireBinary(Path file, String expected) {
        byte[] head = head(file, expected);
        requireOwnContent(file, head, expected);
        boolean text = true;
        boolean zeros = true;
        for (byte b : head) {
            text &= b < 0 || b >= ' ' && b != 0x7f || b == '\t' || b == '\n' || b == '\r';
            zeros &= b == 0;
        }
        if (text) {
            String words = new String(head, StandardCharsets.UTF_8).strip().replaceAll("\\s+", " ");
            String shown = words.length() > LONGEST_TEXT ? words.substring(0, LONGEST_TEXT) + "..." : words;
            throw new CheckpointException(file.toString(), "a text, " + quote(shown), expected, AGAIN);
        }
        if (zeros) {
            throw new CheckpointException(
                    file.toString(), "nothing but zeros at its beginning", expected, "finish its download");
        }
    }

    private static byte[] head(Path file, String expected) {
        if (!Files.exists(file)) {
            throw missing(file, expected);
        }
        if (!Files.isRegularFile(file)) {
            String found = Files.isDirectory(file) ? "a directory, no regular file" : "no regular file";
            throw new CheckpointException(file.toString(), found, expected, "check the path");
        }
        byte[] head;
        try (InputStream in = Files.newInputStream(file)) {
            head = in.readNBytes(HEAD);
        } catch (IOException e) {
            throw new CheckpointException(
                    file.toString(), "a file that cannot be read", expected, "check its permissions", e);
        }
        if (head.length == 0) {
            throw new CheckpointException(file.toString(), "an empty file", expected, AGAIN);
        }
        return head;
    }

    private static CheckpointException missing(Path file, String expected) {
        if (isThere(file)) {
            return dangling(file, expected);
        }
        var unfinished = HubCache.unfinished(file.toAbsolutePath().normalize().getParent());
        return unfinished.isEmpty()
                ? new CheckpointException(file.toString(), "no such file", expected, "check the path")
                : new CheckpointException(
                        file.toString(),
                        "no such file, and an unfinished download " + quote(fileName(unfinished.getFirst())),
                        expected,
                        "finish the download");
    }

    private static String fileName(Path path) {
        return String.valueOf(path.getFileName());
    }

    private static CheckpointException dangling(Path file, String expected) {
        String target;
        try {
            target = Files.readSymbolicLink(file).toString();
        } catch (IOException | UnsupportedOperationException e) {
            target = "an unknown place";
        }
        boolean annex = target.replace('\\', '/').contains(ANNEX);
        return new CheckpointException(
                file.toString(),
                "a link to " + target + ", which is not there",
                expected,
                annex ? "run 'git annex get' in its directory" : "finish the download, or copy the link's target too");
    }

    private static void requireOwnContent(Path file, byte[] head, String expected) {
        String text = new String(head, StandardCharsets.ISO_8859_1)
                .replaceFirst("^\u00ef\u00bb\u00bf", "")
                .strip();
        var lfs = LFS.matcher(text);
        if (lfs.matches() || text.startsWith(LFS_START)) {
            throw new CheckpointException(
                    file.toString(),
                    "a Git LFS pointer" + (lfs.matches() ? " in place of " + lfs.group(1) + " bytes" : ""),
                    expected,
                    "run 'git lfs pull' in its directory, or download the file itself");
        }
        if (text.startsWith(ANNEX)) {
            throw new CheckpointException(
                    file.toString(),
                    "a git-annex pointer",
                    expected,
                    "run 'git annex get' in its directory, or download the file itself");
        }
        if (text.startsWith(XET)) {
            throw new CheckpointException(
                    file.toString(), "a Xet pointer", expected, "fetch the file itself with git-xet or 'hf download'");
        }
        String lower = text.toLowerCase(Locale.ROOT);
        if (PAGES.stream().anyMatch(lower::startsWith)) {
            throw new CheckpointException(
                    file.toString(), "a web page", expected, "read in it what the server said, then " + AGAIN);
        }
    }
}
