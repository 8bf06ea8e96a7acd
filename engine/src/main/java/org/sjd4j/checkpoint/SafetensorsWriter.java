package org.sjd4j.checkpoint;

import static org.sjd4j.tensor.CheckpointException.quote;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.DType;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Collects tensors, then writes them as one safetensors file.
 *
 * <p>The same tensors and metadata give the same bytes, in whatever order they were added: tensors by decreasing
 * alignment of their type, then by name, and the header padded with spaces to a multiple of 8 bytes, as {@code prepare}
 * in huggingface/safetensors ({@code safetensors/src/tensor.rs}) does; metadata by key.
 *
 * <p>Writing is all or nothing: the bytes go to a temporary file in the same directory, reach the disk, and only then
 * take the name of the target. A process that has the old file open or mapped keeps reading the old bytes. Not for use by
 * several threads at once.
 */
public final class SafetensorsWriter {

    private static final JsonFactory JSON = new JsonFactory();
    private static final int BUFFER = 1 << 20;

    private static final Comparator<Entry> ORDER = Comparator.comparing(Entry::dtype, Comparator.reverseOrder())
            .thenComparing(entry -> entry.name().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

    private final Map<String, Entry> tensors = new HashMap<>();
    private final SortedMap<String, String> metadata = new TreeMap<>();

    private record Entry(String name, DType dtype, long[] shape, MemorySegment data) {}

    /**
     * Adds a tensor. Its data is read when {@link #write} runs and must stay alive and unchanged until then.
     *
     * @param data the elements, row-major and little-endian, exactly as many bytes as type and shape need
     * @throws IllegalArgumentException if the name is taken, reserved or no Unicode text, or the size does not match
     */
    public SafetensorsWriter add(String name, DType dtype, long[] shape, MemorySegment data) {
        if (name.equals(SafetensorsHeader.METADATA) || !StrictJson.isWellFormed(name)) {
            throw new IllegalArgumentException("tensor name " + quote(name) + " is reserved or no Unicode text");
        }
        if (data.byteSize() != dtype.byteSize(shape)) {
            throw new IllegalArgumentException("tensor " + quote(name) + " of " + dtype + Arrays.toString(shape)
                    + " needs " + dtype.byteSize(shape) + " bytes, but has " + data.byteSize());
        }
        if (tensors.putIfAbsent(name, new Entry(name, dtype, shape.clone(), data)) != null) {
            throw new IllegalArgumentException("tensor " + quote(name) + " was already added");
        }
        return this;
    }

    /**
     * Adds free-form text to the file's {@code __metadata__}.
     *
     * @throws IllegalArgumentException if the key is taken, or key or value are no Unicode text
     */
    public SafetensorsWriter metadata(String key, String value) {
        if (!StrictJson.isWellFormed(key) || !StrictJson.isWellFormed(value)) {
            throw new IllegalArgumentException("metadata " + quote(key) + " is no Unicode text");
        }
        if (metadata.putIfAbsent(key, value) != null) {
            throw new IllegalArgumentException("metadata " + quote(key) + " was already added");
        }
        return this;
    }

    /**
     * Writes the file, replacing one of the same name (of a symbolic link the link, not its target). If this fails,
     * whatever was there before is still there, and nothing else; only if the very last step fails, making the new name
     * durable, is the new file in place.
     *
     * @throws CheckpointException if the file cannot be written
     */
    public void write(Path file) {
        Path target = file.toAbsolutePath();
        Path directory = target.resolveSibling(".");
        Path temporary = target.resolveSibling(".sjd4j-" + UUID.randomUUID() + ".tmp");
        List<Entry> entries = tensors.values().stream().sorted(ORDER).toList();
        byte[] header = header(entries, file);
        try {
            try (FileChannel channel =
                    FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                writeAll(channel, header, entries);
                channel.force(true);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            forceDirectory(directory);
        } catch (IOException e) {
            throw new CheckpointException(
                    file.toString(),
                    "a failure to write (" + e + ")",
                    "a writable directory with space for the file",
                    "free space or choose another place",
                    e);
        } finally {
            deleteQuietly(temporary);
        }
    }

    private byte[] header(List<Entry> entries, Path file) {
        var bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), bytes)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectPropertyStart(SafetensorsHeader.METADATA);
                metadata.forEach(json::writeStringProperty);
                json.writeEndObject();
            }
            long begin = 0;
            for (Entry entry : entries) {
                long end = Math.addExact(begin, entry.data().byteSize());
                json.writeObjectPropertyStart(entry.name());
                json.writeStringProperty("dtype", entry.dtype().name());
                json.writeName("shape");
                json.writeArray(entry.shape(), 0, entry.shape().length);
                json.writeName("data_offsets");
                json.writeArray(new long[] {begin, end}, 0, 2);
                json.writeEndObject();
                begin = end;
            }
            json.writeEndObject();
        }
        while (bytes.size() % Long.BYTES != 0) {
            bytes.write(' ');
        }
        if (bytes.size() > StrictJson.LONGEST_DOCUMENT) {
            throw new CheckpointException(
                    file.toString(),
                    "a header of " + bytes.size() + " bytes",
                    "at most " + StrictJson.LONGEST_DOCUMENT,
                    "split the tensors over several files or shorten the metadata");
        }
        return bytes.toByteArray();
    }

    private static void writeAll(FileChannel channel, byte[] header, List<Entry> entries) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
        MemorySegment staging = MemorySegment.ofBuffer(buffer);
        buffer.order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).flip();
        drain(buffer, channel);
        drain(ByteBuffer.wrap(header), channel);
        for (Entry entry : entries) {
            long size = entry.data().byteSize();
            for (long from = 0; from < size; from += BUFFER) {
                int length = (int) Math.min(BUFFER, size - from);
                MemorySegment.copy(entry.data(), from, staging, 0, length);
                drain(buffer.position(0).limit(length), channel);
            }
        }
    }

    private static void drain(ByteBuffer buffer, FileChannel channel) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    /** Makes the new name itself survive a power failure. Windows keeps directories durable on its own. */
    private static void forceDirectory(Path directory) throws IOException {
        if (System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows")) {
            return;
        }
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void deleteQuietly(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            // only a leftover; the failure that led here is the one to report
        }
    }
}
