package org.sjd4j.cli.output;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.sjd4j.io.AtomicFile;
import org.sjd4j.options.UserException;
import org.sjd4j.text.WordTokenizer;

/** Which files a command writes; that they can be written is checked before any work is done. */
public final class Outputs {
    private static final int LONGEST_NAME = 40;

    /** A name that ends like a file's. */
    private static final Pattern FILE = Pattern.compile("[^./\\\\]\\.[A-Za-z0-9]{1,5}$");

    private Outputs() {}

    /**
     * One PNG file per image.
     *
     * @param out a file, a directory (anything that does not look like a file, made if need be), or null for a file named after the prompt in the working directory
     * @param firstSeed image {@code i} has the seed {@code firstSeed + i}
     * @throws UserException if they cannot be written
     */
    public static List<Path> images(@Nullable String out, String prompt, long firstSeed, int count) {
        if (out == null || isDirectory(out)) {
            Path directory = out == null ? workingDirectory() : directory("--out", out);
            return IntStream.range(0, count)
                    .mapToObj(
                            i -> noDirectory(directory.resolve(name(prompt) + "-" + (firstSeed + i) + ".png"), "--out"))
                    .toList();
        }
        image("--out", out);
        return numbered(out, "--out", count);
    }

    /**
     * One PNG file.
     *
     * @throws UserException if it cannot be written
     */
    public static Path image(String option, String file) {
        if (!file.toLowerCase(Locale.ROOT).endsWith(".png")) {
            throw new UserException(option + " " + file + " is no .png file; images are PNG files");
        }
        return checked(path(file), option);
    }

    /**
     * One file of any kind.
     *
     * @throws UserException if it cannot be written
     */
    public static Path file(String option, String file) {
        return checked(path(file), option);
    }

    /**
     * One GIF file per image.
     *
     * @throws UserException if they cannot be written
     */
    public static List<Path> animations(String file, int count) {
        if (!file.toLowerCase(Locale.ROOT).endsWith(".gif")) {
            throw new UserException("--trajectory " + file + " is no .gif file; trajectories are GIF files");
        }
        return numbered(file, "--trajectory", count);
    }

    private static List<Path> numbered(String file, String option, int count) {
        if (count == 1) {
            return List.of(checked(path(file), option));
        }
        int dot = file.lastIndexOf('.');
        return IntStream.rangeClosed(1, count)
                .mapToObj(i -> checked(path(file.substring(0, dot) + "-" + i + file.substring(dot)), option))
                .toList();
    }

    private static boolean isDirectory(String out) {
        return !FILE.matcher(out).find() || Files.isDirectory(path(out));
    }

    /**
     * A directory to write into; {@link AtomicFile} makes it with the first file, so that a failure before leaves nothing.
     *
     * @throws UserException if it is not there and cannot be made, or cannot be written
     */
    public static Path directory(String option, String name) {
        Path directory = path(name);
        Path there = directory.toAbsolutePath();
        while (!Files.exists(there) && there.getParent() != null) {
            there = there.getParent();
        }
        if (!Files.isDirectory(there) || !Files.isWritable(there)) {
            throw new UserException(
                    option + ": the directory " + directory + " cannot be made or written; choose another");
        }
        return directory;
    }

    private static Path workingDirectory() {
        Path here = Path.of("");
        if (!Files.isWritable(here.toAbsolutePath())) {
            throw new UserException("the working directory " + here.toAbsolutePath()
                    + " cannot be written; say with --out where the image shall be");
        }
        return here;
    }

    private static Path checked(Path file, String option) {
        Path folder = file.toAbsolutePath().resolveSibling(".").normalize();
        String wrong = !Files.isDirectory(folder)
                ? "there is no directory " + folder + "; make it first"
                : !Files.isWritable(folder) ? "the directory " + folder + " cannot be written; choose another" : "";
        if (!wrong.isEmpty()) {
            throw new UserException(option + ": " + wrong);
        }
        return noDirectory(file, option);
    }

    private static Path noDirectory(Path file, String option) {
        if (Files.isDirectory(file)) {
            throw new UserException(option + ": " + file + " is a directory; choose another name");
        }
        return file;
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new UserException("'" + text + "' is no file name: " + e.getReason(), e);
        }
    }

    /** The words of a prompt as a file name. */
    private static String name(String prompt) {
        String words = String.join("-", WordTokenizer.words(prompt));
        int length = words.codePointCount(0, words.length());
        String name = words.substring(0, words.offsetByCodePoints(0, Math.min(length, LONGEST_NAME)));
        return name.isEmpty() ? "image" : name;
    }
}
