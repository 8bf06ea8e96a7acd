package org.sjd4j.checkpoint;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.SequencedSet;
import org.sjd4j.tensor.CheckpointException;

/** A file of named tensors, mapped and validated. Instances are immutable and may be used by many threads. */
public sealed interface TensorFile extends AutoCloseable permits SafetensorsFile, TorchFile {

    /** Names of all tensors. */
    SequencedSet<String> names();

    /**
     * Type, shape and place of a tensor.
     *
     * @throws CheckpointException if there is no tensor of this name
     */
    TensorInfo info(String name);

    /**
     * The bytes of a tensor: read-only, little-endian, row-major. They may start at any byte of the file, so read them
     * with unaligned layouts. They live until {@link #close()}; afterwards Java code that reaches for them gets an {@link
     * IllegalStateException}, but native code that kept their address would crash.
     *
     * @throws CheckpointException if there is no tensor of this name
     */
    MemorySegment segment(String name);

    /** Free-form text about the file; empty if it has none. */
    Map<String, String> metadata();

    /** Where the tensors come from. */
    String source();

    /** Unmaps the file. May be called more than once. */
    @Override
    void close();
}
