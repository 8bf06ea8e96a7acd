package org.sjd4j.checkpoint;

import static org.sjd4j.tensor.CheckpointException.quote;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.pickle.Pickled;
import org.sjd4j.checkpoint.pickle.StateDict;
import org.sjd4j.checkpoint.pickle.StoredZip;
import org.sjd4j.checkpoint.pickle.Unpickler;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.DType;

/**
 * The tensors of a file that PyTorch saved ({@code .pt}, {@code .pth}, {@code .bin}, {@code .ckpt}), without running what
 * is written in it: see {@link Unpickler}. Both layouts are read, the zip file of PyTorch 1.6 and later and the older row
 * of pickles (PyTorch, {@code torch/serialization.py}: {@code _legacy_load}).
 *
 * <p>Whatever a training script saved beside the weights is left out: see {@link StateDict}. Every tensor is checked against
 * its storage before any can be reached. Tensors are mapped, not read; those that are not dense (transposed ones) are
 * copied when asked for.
 */
public final class TorchFile implements TensorFile {
    private static final byte PICKLE = (byte) 0x80;
    private static final BigInteger LEGACY_MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long LEGACY_PROTOCOL = 1001;
    private static final String ROOT = "data.pkl";
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final String ADVICE = "download the file again";

    private final String source;
    private final @Nullable Arena arena;
    private final SequencedMap<String, Entry> entries = new LinkedHashMap<>();

    /** A tensor and the bytes of its storage. */
    private record Entry(TensorInfo info, Pickled.Tensor stored, MemorySegment storage) {}

    private TorchFile(MemorySegment file, @Nullable String key, String source, @Nullable Arena arena) {
        this.source = source;
        this.arena = arena;
        if (StoredZip.isZip(file)) {
            readZip(file, key);
        } else {
            readLegacy(file, key);
        }
    }

    /**
     * Maps and validates a file.
     *
     * @throws CheckpointException if it cannot be read or is malformed, or its state dict holds more than tensors
     */
    public static TorchFile open(Path path) {
        return open(path, null);
    }

    /**
     * As {@link #open(Path)}, for a file with several dictionaries of tensors.
     *
     * @param key below which the wanted tensors are, or nothing to look for the model's
     */
    public static TorchFile open(Path path, @Nullable String key) {
        return MappedFile.open(
                path,
                "a file that PyTorch saved",
                mapped -> new TorchFile(mapped.bytes(), key, path.toString(), mapped.arena()));
    }

    /** Validates a file that is already in memory, which stays the caller's and must outlive the result. */
    public static TorchFile parse(MemorySegment file, String source) {
        return new TorchFile(file, null, source, null);
    }

    private void readZip(MemorySegment file, @Nullable String key) {
        var zip = StoredZip.read(file, source);
        var roots = zip.names().stream()
                .filter(name -> name.equals(ROOT) || name.endsWith("/" + ROOT))
                .toList();
        if (roots.size() != 1) {
            throw malformed(
                    (roots.isEmpty() ? "a zip file without " : "a zip file with several ") + ROOT,
                    "a file that PyTorch saved");
        }
        String folder = roots.getFirst().substring(0, roots.getFirst().length() - ROOT.length());
        if (zip.names().contains(folder + "byteorder")) {
            MemorySegment order = zip.member(folder + "byteorder");
            if (order.byteSize() > 0 && order.get(ValueLayout.JAVA_BYTE, 0) != 'l') {
                throw malformed("big-endian tensors", "little-endian ones");
            }
        }
        Object root = new Unpickler(zip.member(roots.getFirst()), source).read();
        readTensors(
                root,
                key,
                name -> zip.names().contains(folder + "data/" + name) ? zip.member(folder + "data/" + name) : null);
    }

    private void readLegacy(MemorySegment file, @Nullable String wanted) {
        var pickles = new Unpickler(file, source);
        boolean pickle = file.byteSize() > 0 && file.get(ValueLayout.JAVA_BYTE, 0) == PICKLE;
        if (!pickle || !LEGACY_MAGIC.equals(pickles.read()) || !number(pickles.read(), LEGACY_PROTOCOL)) {
            throw malformed("another kind of file", "a file that PyTorch saved");
        }
        if (pickles.read() instanceof Map<?, ?> system && Boolean.FALSE.equals(system.get("little_endian"))) {
            throw malformed("big-endian tensors", "little-endian ones");
        }
        Object root = pickles.read();
        if (!(pickles.read() instanceof List<?> keys)) {
            throw malformed("no list of storages", "one after the tensors");
        }
        var described = pickles.storages();
        var storages = new HashMap<String, MemorySegment>();
        long at = pickles.position();
        for (Object key : keys) {
            var storage = key instanceof String name ? described.get(name) : null;
            if (storage == null || storages.containsKey(storage.key())) {
                throw malformed("a storage that no tensor uses, or twice", "each storage of the tensors once");
            }
            int size = storage.elementSize();
            if (size == 0) {
                throw malformed("a storage of class " + quote(storage.type()), "one of PyTorch's own");
            }
            long left = file.byteSize() - at - Long.BYTES;
            long elements = left < 0 ? -1 : file.get(I64, at);
            if (elements < 0 || elements > left / size) {
                throw malformed("a file that ends within storage " + quote(storage.key()), "a complete file");
            }
            if (elements != storage.elements()) {
                throw malformed(
                        elements + " elements in storage " + quote(storage.key()),
                        storage.elements() + ", as its tensors say");
            }
            storages.put(storage.key(), file.asSlice(at + Long.BYTES, elements * size));
            at += Long.BYTES + elements * size;
        }
        readTensors(root, wanted, storages::get);
    }

    private static boolean number(Object value, long expected) {
        return value instanceof Long number && number == expected;
    }

    private void readTensors(Object root, @Nullable String key, Function<String, @Nullable MemorySegment> storages) {
        StateDict.in(root, key, source).forEach((name, stored) -> {
            MemorySegment bytes = storages.apply(stored.storage().key());
            if (bytes == null) {
                throw malformed(
                        "no data for tensor " + quote(name) + " (storage "
                                + quote(stored.storage().key()) + ")",
                        "a complete file");
            }
            entries.put(name, entry(name, stored, bytes));
        });
    }

    private Entry entry(String name, Pickled.Tensor stored, MemorySegment storage) {
        DType dtype = stored.dtype();
        long[] shape = stored.shape();
        int size = dtype.bits() / Byte.SIZE;
        try {
            if (shape.length != stored.strides().length) {
                throw new IllegalArgumentException("as many strides as sizes are expected");
            }
            long byteSize = dtype.byteSize(shape);
            MemorySegment view = view(stored.storage(), storage);
            long last = stored.offset();
            for (int i = 0; i < shape.length; i++) {
                last = Math.addExact(last, Math.multiplyExact(Math.max(0, shape[i] - 1), stored.strides()[i]));
            }
            if (byteSize > 0 && last >= view.byteSize() / size) {
                throw new IllegalArgumentException("element " + last + " of " + view.byteSize() / size);
            }
            if (!isDense(stored) && byteSize > view.byteSize()) {
                throw new IllegalArgumentException("more elements than data");
            }
            long begin = byteSize > 0 && isDense(stored) ? stored.offset() * size : 0;
            return new Entry(new TensorInfo(name, dtype, shape, begin, begin + byteSize), stored, view);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw malformed(
                    "tensor " + quote(name) + " beyond its data (" + e.getMessage() + ")", "a tensor within its data");
        }
    }

    /** The part of the data of a name that a storage is: all from its offset on. */
    private static MemorySegment view(Pickled.Storage storage, MemorySegment data) {
        long begin = Math.multiplyExact(storage.offset(), (long) storage.elementSize());
        if (begin > data.byteSize()) {
            throw new IllegalArgumentException("byte " + begin + " of " + data.byteSize());
        }
        return data.asSlice(begin);
    }

    private static boolean isDense(Pickled.Tensor tensor) {
        long stride = 1;
        for (int i = tensor.shape().length - 1; i >= 0; i--) {
            if (tensor.shape()[i] != 1 && tensor.strides()[i] != stride) {
                return false;
            }
            stride *= tensor.shape()[i];
        }
        return true;
    }

    @Override
    public SequencedSet<String> names() {
        return Collections.unmodifiableSequencedSet(entries.sequencedKeySet());
    }

    /** {@inheritDoc} Offsets count within the tensor's storage. */
    @Override
    public TensorInfo info(String name) {
        return entry(name).info();
    }

    @Override
    public MemorySegment segment(String name) {
        Entry entry = entry(name);
        TensorInfo info = entry.info();
        if (info.byteSize() == 0 || isDense(entry.stored())) {
            return entry.storage().asSlice(info.begin(), info.byteSize());
        }
        MemorySegment dense = (arena == null ? Arena.ofAuto() : arena).allocate(info.byteSize(), Long.BYTES);
        gather(entry, dense);
        return dense.asReadOnly();
    }

    private static void gather(Entry entry, MemorySegment dense) {
        var stored = entry.stored();
        int size = entry.info().dtype().bits() / 8;
        long[] index = new long[stored.shape().length];
        long from = stored.offset();
        for (long to = 0; to < dense.byteSize(); to += size) {
            MemorySegment.copy(entry.storage(), from * size, dense, to, size);
            for (int axis = index.length - 1; axis >= 0; axis--) {
                from += stored.strides()[axis];
                if (++index[axis] < stored.shape()[axis]) {
                    break;
                }
                from -= stored.strides()[axis] * index[axis];
                index[axis] = 0;
            }
        }
    }

    private Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new CheckpointException(
                    source,
                    entries.size() + " tensors, none of them named " + quote(name),
                    "that tensor",
                    "check that the checkpoint belongs to this model");
        }
        return entry;
    }

    @Override
    public Map<String, String> metadata() {
        return Map.of();
    }

    @Override
    public String source() {
        return source;
    }

    @Override
    public void close() {
        if (arena != null && arena.scope().isAlive()) {
            arena.close();
        }
    }

    private CheckpointException malformed(String found, String expected) {
        return new CheckpointException(source, found, expected, ADVICE);
    }
}
