package org.sjd4j.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Function;
import org.sjd4j.tensor.CheckpointException;

/**
 * A file of tensors in memory: nothing is read before it is used.
 *
 * @param bytes all of it, read-only
 * @param arena unmaps it when it is closed
 */
record MappedFile(MemorySegment bytes, Arena arena) {

    /**
     * Maps a file and reads it.
     *
     * @param expected what the file should be, for messages
     * @param reading validates the bytes; the arena is its result's from then on, unless it throws
     * @throws CheckpointException if there is no such file, or it cannot be mapped, or as {@code reading} does
     */
    @SuppressWarnings("MustBeClosed") // the arena is handed to the result, which closes it
    static <T> T open(Path path, String expected, Function<MappedFile, T> reading) {
        CheckpointFile.requireBinary(path, expected);
        Arena arena = Arena.ofShared();
        boolean opened = false;
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            var bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            T file = reading.apply(new MappedFile(bytes, arena));
            opened = true;
            return file;
        } catch (IOException e) {
            throw new CheckpointException(
                    path.toString(), "a file that cannot be mapped", expected, "check its permissions", e);
        } finally {
            if (!opened) {
                arena.close();
            }
        }
    }
}
