package org.sjd4j.checkpoint;

import static org.sjd4j.tensor.CheckpointException.quote;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.CheckpointException;

/**
 * A safetensors file, validated completely before any tensor of it can be reached, so that no offset or shape from an
 * untrusted file gets to native code unchecked. Format: huggingface/safetensors, {@code README.md} and {@code
 * safetensors/src/tensor.rs}.
 *
 * <p>The file is mapped, not read; files of more than 2 GiB are nothing special. It must not be shortened or changed in
 * place while it is open: replace files as {@link SafetensorsWriter} does, by renaming a new one over them. Instances
 * are immutable and may be used by many threads.
 */
public final class SafetensorsFile implements TensorFile {

    private final String source;
    private final SafetensorsHeader header;
    private final MemorySegment data;
    private final @Nullable Arena arena;

    private SafetensorsFile(MemorySegment file, String source, @Nullable Arena arena) {
        this.source = source;
        this.header = SafetensorsHeader.read(file, source);
        this.data = file.asSlice(header.dataStart()).asReadOnly();
        this.arena = arena;
    }

    /**
     * Maps and validates a file. Time and memory are bounded by the length of its header, at most 100 MB.
     *
     * @throws CheckpointException if the file cannot be read or breaks a rule of the format
     */
    public static SafetensorsFile open(Path path) {
        return MappedFile.open(
                path,
                "a safetensors file",
                mapped -> new SafetensorsFile(mapped.bytes(), path.toString(), mapped.arena()));
    }

    /**
     * Validates a file that is already in memory, such as a resource. The segment stays the caller's: it must outlive
     * the result, whose {@link #close()} does nothing.
     *
     * @param source where the bytes come from, for messages
     * @throws CheckpointException if the bytes break a rule of the format
     */
    public static SafetensorsFile parse(MemorySegment file, String source) {
        return new SafetensorsFile(file, source, null);
    }

    /** Names of all tensors, in order of their data. */
    @Override
    public SequencedSet<String> names() {
        return header.tensors().sequencedKeySet();
    }

    /**
     * Type, shape and place of a tensor.
     *
     * @throws CheckpointException if there is no tensor of this name
     */
    @Override
    public TensorInfo info(String name) {
        TensorInfo info = header.tensors().get(name);
        if (info == null) {
            throw new CheckpointException(
                    source,
                    header.tensors().size() + " tensors, none of them named " + quote(name),
                    "that tensor",
                    "check that the checkpoint belongs to this model");
        }
        return info;
    }

    /**
     * The bytes of a tensor: read-only, little-endian, row-major. They may start at any byte of the file, so read them
     * with unaligned layouts. They live until {@link #close()}; afterwards Java code that reaches for them gets an {@link
     * IllegalStateException}, but native code that kept their address would crash.
     *
     * @throws CheckpointException if there is no tensor of this name
     */
    @Override
    public MemorySegment segment(String name) {
        TensorInfo info = info(name);
        return data.asSlice(info.begin(), info.byteSize());
    }

    /** The free-form {@code __metadata__} of the file; empty if it has none. */
    @Override
    public Map<String, String> metadata() {
        return header.metadata();
    }

    /** Where the tensors come from: the path, or the name given to {@link #parse}. */
    @Override
    public String source() {
        return source;
    }

    /** Unmaps the file. May be called more than once. */
    @Override
    public void close() {
        if (arena != null && arena.scope().isAlive()) {
            arena.close();
        }
    }
}
