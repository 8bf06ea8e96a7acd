package org.sjd4j.metrics;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.CheckpointFile;
import org.sjd4j.tensor.CheckpointException;

/**
 * Arrays of floating-point numbers in an {@code .npz} file: a zip file of {@code .npy} members, stored or deflated. Format:
 * NumPy, {@code numpy/lib/format.py}. No more is read than an array of the expected shape has.
 */
final class NumpyArchive {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int LONGEST_HEADER = 1 << 16;
    private static final Pattern HEADER = Pattern.compile(
            "\\{'descr': '<f([48])', 'fortran_order': (?:False|True), 'shape': \\(([0-9, ]*)\\), ?\\}\\s*");
    private static final String ADVICE = "check where the file comes from";

    private NumpyArchive() {}

    /**
     * An array of 32- or 64-bit numbers, in the order of the file: row by row or column by column, which is the same for a
     * symmetric matrix.
     *
     * @param shape that it must have
     * @throws CheckpointException if the file or the array is malformed, or has another shape or type
     */
    static double[] doubles(Path file, String name, int... shape) {
        CheckpointFile.requireBinary(file, "an .npz file");
        try (var zip = new ZipFile(file.toFile())) {
            ZipEntry entry = zip.getEntry(name + ".npy");
            if (entry == null) {
                throw wrong(file, "no array '" + name + "'", "the arrays mu and sigma", null);
            }
            try (var in = new DataInputStream(zip.getInputStream(entry))) {
                return read(file, name, in, shape);
            }
        } catch (EOFException e) {
            throw wrong(file, "array '" + name + "' cut off", "a whole file", e);
        } catch (IOException e) {
            throw wrong(file, "no readable .npz file (" + e.getMessage() + ")", "a zip file of arrays", e);
        }
    }

    private static double[] read(Path file, String name, DataInputStream in, int... shape) throws IOException {
        String header = header(file, name, in);
        Matcher parts = HEADER.matcher(header);
        if (!parts.matches()) {
            throw wrong(file, "array '" + name + "' of another kind", "little-endian numbers of 32 or 64 bits", null);
        }
        String found = parts.group(2).replace(" ", "").replaceFirst(",$", "");
        String expected = String.join(
                ",", Arrays.stream(shape).mapToObj(Integer::toString).toList());
        if (!found.equals(expected)) {
            throw wrong(file, "array '" + name + "' of shape (" + found + ")", "(" + expected + ")", null);
        }
        int elements = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        boolean single = parts.group(1).equals("4");
        double[] values = new double[elements];
        int row = shape[shape.length - 1];
        ByteBuffer bytes =
                ByteBuffer.allocate(row * (single ? Float.BYTES : Double.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < elements; at += row) {
            in.readFully(bytes.array());
            for (int i = 0; i < row; i++) {
                values[at + i] = single ? bytes.getFloat(i * Float.BYTES) : bytes.getDouble(i * Double.BYTES);
            }
        }
        return values;
    }

    private static String header(Path file, String name, DataInputStream in) throws IOException {
        if (!Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
            throw wrong(file, "array '" + name + "' without its magic number", "an .npy member", null);
        }
        int version = in.readUnsignedByte();
        in.readUnsignedByte(); // the minor version changes nothing
        int length = version == 1
                ? Short.toUnsignedInt(Short.reverseBytes(in.readShort()))
                : Integer.reverseBytes(in.readInt());
        if (version < 1 || version > 2 || length < 0 || length > LONGEST_HEADER) {
            throw wrong(file, "array '" + name + "' of version " + version, "version 1 or 2", null);
        }
        byte[] header = new byte[length];
        in.readFully(header);
        return new String(header, StandardCharsets.ISO_8859_1);
    }

    private static CheckpointException wrong(Path file, String found, String expected, @Nullable Exception cause) {
        return new CheckpointException(file.toString(), found, expected, ADVICE, cause);
    }
}
