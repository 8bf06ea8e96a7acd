package org.sjd4j.tensor;

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

/**
 * The tensors of a file that PyTorch saved ({@code .pt}, {@code .pth}, {@code .bin}, {@code .ckpt}), without running what
 * is written in it: see {@link Unpickler}. Both layouts are read, the zip file of PyTorch 1.6 and later and the older row
 * of pickles (PyTorch, {@code torch/serialization.py}: {@code _legacy_load}).
 *
 * <p>The state dict is what the file holds, or what it holds below {@code state_dict}, {@code model} or {@code module};
 * whatever lies beside it, such as an optimiser's state, is left out. Every tensor is checked against its storage before
 * any can be reached. Tensors are mapped, not read; those that are not dense (transposed ones) are copied when asked for.
 */
public final class TorchFile implements TensorFile {
    private static final List<String> STATE_DICTS = List.of("state_dict", "model", "module", "model_state_dict");
    private static final byte PICKLE = (byte) 0x80;
    private static final BigInteger LEGACY_MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long LEGACY_PROTOCOL = 1001;
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final String ADVICE = "download the file again";

    private final String source;
    private final Arena arena;
    private final SequencedMap<String, Entry> entries = new LinkedHashMap<>();

    /** A tensor and the bytes of its storage. */
    private record Entry(TensorInfo info, Unpickler.StoredTensor stored, MemorySegment storage) {}

    private TorchFile(MemorySegment file, String source, Arena arena) {
        this.source = source;
        this.arena = arena;
        if (StoredZip.isZip(file)) {
            readZip(file);
        } else {
            readLegacy(file);
        }
    }

    /**
     * Maps and validates a file.
     *
     * @throws CheckpointException if it cannot be read, is malformed, or holds more than tensors in dictionaries
     */
    public static TorchFile open(Path path) {
        return MappedFile.open(
                path,
                "a file that PyTorch saved",
                mapped -> new TorchFile(mapped.bytes(), path.toString(), mapped.arena()));
    }

    private void readZip(MemorySegment file) {
        Map<String, MemorySegment> members = StoredZip.members(file, source);
        String pickle = members.keySet().stream()
                .filter(name -> name.endsWith("/data.pkl"))
                .findFirst()
                .orElseThrow(() -> malformed("a zip file without data.pkl", "a file that PyTorch saved"));
        String folder = pickle.substring(0, pickle.length() - "data.pkl".length());
        MemorySegment order = members.get(folder + "byteorder");
        if (order != null && order.byteSize() > 0 && order.get(ValueLayout.JAVA_BYTE, 0) != 'l') {
            throw malformed("big-endian tensors", "little-endian ones");
        }
        Object root = new Unpickler(members.getOrDefault(pickle, file), 0, source).read();
        var storages = new HashMap<String, MemorySegment>();
        members.forEach((name, bytes) -> {
            if (name.startsWith(folder + "data/")) {
                storages.put(name.substring(folder.length() + "data/".length()), bytes);
            }
        });
        readTensors(root, storages);
    }

    private void readLegacy(MemorySegment file) {
        var pickles = new Unpickler(file, 0, source);
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
            int size = storage.dtype().bits() / 8;
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
        readTensors(root, storages);
    }

    private static boolean number(Object value, long expected) {
        return value instanceof Long number && number == expected;
    }

    private void readTensors(Object root, Map<String, MemorySegment> storages) {
        stateDict(root).forEach((name, stored) -> {
            MemorySegment bytes = storages.get(stored.storage().key());
            if (bytes == null) {
                throw malformed(
                        "no data for tensor " + quote(name) + " (storage "
                                + quote(stored.storage().key()) + ")",
                        "a complete file");
            }
            entries.put(name, entry(name, stored, bytes));
        });
        if (entries.isEmpty()) {
            throw malformed("no tensors", "a dictionary of tensors");
        }
    }

    private Map<String, Unpickler.StoredTensor> stateDict(Object root) {
        if (!(root instanceof Map<?, ?> map)) {
            throw malformed("no dictionary", "a dictionary of tensors");
        }
        for (String key : STATE_DICTS) {
            if (map.get(key) instanceof Map<?, ?> inner) {
                return tensors(inner);
            }
        }
        return tensors(map);
    }

    private static Map<String, Unpickler.StoredTensor> tensors(Map<?, ?> map) {
        var tensors = new LinkedHashMap<String, Unpickler.StoredTensor>();
        map.forEach((key, value) -> {
            if (key instanceof String name && value instanceof Unpickler.StoredTensor tensor) {
                tensors.put(name, tensor);
            }
        });
        return tensors;
    }

    private Entry entry(String name, Unpickler.StoredTensor stored, MemorySegment bytes) {
        DType dtype = stored.storage().dtype();
        long[] shape = stored.shape();
        int size = dtype.bits() / 8;
        try {
            if (shape.length != stored.strides().length) {
                throw new IllegalArgumentException("as many strides as sizes are expected");
            }
            long last = Math.addExact(stored.storage().offset(), stored.offset());
            for (int i = 0; i < shape.length; i++) {
                last = Math.addExact(last, Math.multiplyExact(Math.max(0, shape[i] - 1), stored.strides()[i]));
            }
            boolean empty = dtype.byteSize(shape) == 0;
            if (!empty && last >= bytes.byteSize() / size) {
                throw new IllegalArgumentException("element " + last + " of " + bytes.byteSize() / size);
            }
            long byteSize = dtype.byteSize(shape);
            if (!isDense(stored) && byteSize > bytes.byteSize()) {
                throw new IllegalArgumentException("more elements than data");
            }
            long begin = !empty && isDense(stored) ? (stored.storage().offset() + stored.offset()) * size : 0;
            return new Entry(new TensorInfo(name, dtype, shape, begin, begin + byteSize), stored, bytes);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw malformed(
                    "tensor " + quote(name) + " beyond its data (" + e.getMessage() + ")", "a tensor within its data");
        }
    }

    private static boolean isDense(Unpickler.StoredTensor tensor) {
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
        MemorySegment dense = arena.allocate(info.byteSize(), Long.BYTES);
        gather(entry, dense);
        return dense.asReadOnly();
    }

    private static void gather(Entry entry, MemorySegment dense) {
        var stored = entry.stored();
        int size = entry.info().dtype().bits() / 8;
        long[] index = new long[stored.shape().length];
        long from = stored.storage().offset() + stored.offset();
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
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    private CheckpointException malformed(String found, String expected) {
        return new CheckpointException(source, found, expected, ADVICE);
    }
}
