package org.sjd4j.tensor;

import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;

/**
 * The native objects of something that lives longer than a step, such as a loaded model: made together, freed together.
 *
 * <p>Belongs to the thread that made it.
 *
 * @param <T> what holds on to the objects
 */
public final class NativeMemory<T> implements AutoCloseable {
    private final T contents;
    private final PointerScope scope;

    private NativeMemory(T contents, PointerScope scope) {
        this.contents = contents;
        this.scope = scope;
    }

    /** Runs {@code work} without recording for gradients and keeps every native object that it makes. */
    public static <T> NativeMemory<T> of(Supplier<T> work) {
        try (var scope = new PointerScope()) {
            var memory = new NativeMemory<>(Tensors.ungraded(work), scope);
            scope.extend();
            return memory;
        }
    }

    /** What {@code work} returned. */
    public T contents() {
        return contents;
    }

    /** Frees every object. */
    @Override
    public void close() {
        scope.close();
    }
}
