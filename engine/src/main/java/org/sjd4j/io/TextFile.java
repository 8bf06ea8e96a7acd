package org.sjd4j.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Text files as people and other programs write them: UTF-8, with a byte order mark or without, and UTF-16 and UTF-32 with
 * one. Editors of Windows write such marks, and PowerShell writes UTF-16.
 *
 * <p>No mark is part of the text. That holds at the beginning of each line, where marks stay when files are joined.
 */
public final class TextFile {
    private static final char MARK = '\uFEFF';
    private static final char REPLACEMENT = '\uFFFD';
    private static final Pattern MARKS = Pattern.compile("^" + MARK + "+", Pattern.MULTILINE);

    /** In this order, for the mark of UTF-16LE is the beginning of that of UTF-32LE. */
    private static final List<Charset> MARKED = List.of(
            StandardCharsets.UTF_8,
            StandardCharsets.UTF_32LE,
            StandardCharsets.UTF_32BE,
            StandardCharsets.UTF_16LE,
            StandardCharsets.UTF_16BE);

    private TextFile() {}

    /**
     * The text of a file, without byte order marks.
     *
     * @throws NoTextException if it is in another encoding, or no text; the message names the file and the line
     * @throws IOException if it cannot be read
     */
    public static String read(Path file) throws IOException {
        return text(Files.readAllBytes(file), file.toString());
    }

    /** The lines of a file, as {@link #read} reads it. A line ends with a line feed, a carriage return, or both. */
    public static List<String> lines(Path file) throws IOException {
        return read(file).lines().toList();
    }

    /**
     * The text in some bytes.
     *
     * @param name what they are called in messages
     * @throws NoTextException if they are in another encoding, or no text
     */
    public static String text(byte[] bytes, String name) throws NoTextException {
        Charset charset = charset(bytes);
        String text = new String(bytes, charset);
        if (text.indexOf(REPLACEMENT) >= 0) { // written in the text, or put there for what is no text
            requireWellFormed(bytes, charset, name);
        }
        int zero = text.indexOf('\0');
        if (zero >= 0) {
            throw new NoTextException(name, line(text, zero), "has a zero character, as UTF-16 and binary files have");
        }
        return text.indexOf(MARK) < 0 ? text : MARKS.matcher(text).replaceAll("");
    }

    /** What the mark says, or UTF-8. */
    private static Charset charset(byte[] bytes) {
        for (Charset charset : MARKED) {
            byte[] mark = String.valueOf(MARK).getBytes(charset);
            if (bytes.length >= mark.length && Arrays.equals(mark, 0, mark.length, bytes, 0, mark.length)) {
                return charset;
            }
        }
        return StandardCharsets.UTF_8;
    }

    private static void requireWellFormed(byte[] bytes, Charset charset, String name) throws NoTextException {
        var in = ByteBuffer.wrap(bytes);
        var out = CharBuffer.allocate(bytes.length);
        if (charset.newDecoder().decode(in, out, true).isError()) {
            String found = String.format(Locale.ROOT, "has the byte 0x%02x", in.get(in.position()));
            throw new NoTextException(
                    name, line(out.flip().toString(), out.limit()), found + ", which is no " + charset.name());
        }
    }

    private static long line(String text, int end) {
        return 1 + text.chars().limit(end).filter(c -> c == '\n').count();
    }
}
