package org.sjd4j.checkpoint.pickle;

import static org.sjd4j.tensor.CheckpointException.quote;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.DType;

/**
 * The few names in pickles that mean something here: how PyTorch puts together tensors, and dictionaries ({@code
 * torch/_utils.py}, {@code torch/serialization.py}).
 */
final class TorchObjects {
    private static final int HIGHEST_RANK = 64;
    private static final String TENSORS = "torch._utils._rebuild_";
    private static final Set<String> PARAMETERS = Set.of(TENSORS + "parameter", TENSORS + "parameter_with_state");
    private static final String REBUILT = "torch._tensor._rebuild_from_type_v2";

    private static final Set<String> DICTIONARIES =
            Set.of("collections.OrderedDict", "collections.defaultdict", "builtins.dict", "__builtin__.dict");

    private static final Set<String> PLAIN_TENSORS =
            Set.of("torch.Tensor", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer", "torch.nn.Parameter");

    /** Storages by their class, with the bytes of an element: for those without a type here, too, to pass over them. */
    private static final Map<String, DType> STORAGES = Map.ofEntries(
            Map.entry("torch.FloatStorage", DType.F32),
            Map.entry("torch.DoubleStorage", DType.F64),
            Map.entry("torch.HalfStorage", DType.F16),
            Map.entry("torch.BFloat16Storage", DType.BF16),
            Map.entry("torch.LongStorage", DType.I64),
            Map.entry("torch.IntStorage", DType.I32),
            Map.entry("torch.ShortStorage", DType.I16),
            Map.entry("torch.CharStorage", DType.I8),
            Map.entry("torch.ByteStorage", DType.U8),
            Map.entry("torch.BoolStorage", DType.BOOL),
            Map.entry("torch.ComplexFloatStorage", DType.C64),
            Map.entry("torch.storage.UntypedStorage", DType.U8));

    private static final Map<String, Integer> OTHER_STORAGES = Map.of(
            "torch.ComplexDoubleStorage", 16,
            "torch.QInt8Storage", 1,
            "torch.QUInt8Storage", 1,
            "torch.QInt32Storage", 4,
            "torch.QUInt4x2Storage", 1,
            "torch.QUInt2x4Storage", 1);

    private static final Map<String, DType> DTYPES = Map.ofEntries(
            Map.entry("torch.float32", DType.F32),
            Map.entry("torch.float64", DType.F64),
            Map.entry("torch.float16", DType.F16),
            Map.entry("torch.bfloat16", DType.BF16),
            Map.entry("torch.int64", DType.I64),
            Map.entry("torch.int32", DType.I32),
            Map.entry("torch.int16", DType.I16),
            Map.entry("torch.int8", DType.I8),
            Map.entry("torch.uint8", DType.U8),
            Map.entry("torch.uint16", DType.U16),
            Map.entry("torch.uint32", DType.U32),
            Map.entry("torch.uint64", DType.U64),
            Map.entry("torch.bool", DType.BOOL),
            Map.entry("torch.complex64", DType.C64),
            Map.entry("torch.float8_e4m3fn", DType.F8_E4M3),
            Map.entry("torch.float8_e5m2", DType.F8_E5M2),
            Map.entry("torch.float8_e4m3fnuz", DType.F8_E4M3FNUZ),
            Map.entry("torch.float8_e5m2fnuz", DType.F8_E5M2FNUZ),
            Map.entry("torch.float8_e8m0fnu", DType.F8_E8M0));

    /** Bytes that an entry of a dictionary takes, roughly; a tensor takes as much and its sizes. */
    private static final int ENTRY = 96;

    private static final int SIZE = 16;

    private final PickleBytes bytes;
    private final LongConsumer spend;
    private final Map<String, Pickled.Storage> storages = new HashMap<>();

    /**
     * For one file.
     *
     * @param bytes what is read, for messages
     * @param spend is told of memory before it is taken, and refuses too much
     */
    TorchObjects(PickleBytes bytes, LongConsumer spend) {
        this.bytes = bytes;
        this.spend = spend;
    }

    /** By name, every storage that occurred so far, as a whole. */
    Map<String, Pickled.Storage> storages() {
        return storages;
    }

    /**
     * What a call gives, if its meaning is known.
     *
     * @return a dictionary, a tensor, a tuple, an opaque object, or nothing
     */
    @Nullable
    Object made(String callable, Object[] arguments) {
        if (callable.equals(REBUILT)) {
            return rebuilt(arguments);
        }
        if (DICTIONARIES.contains(callable)) {
            return dictionary(arguments);
        }
        if (PARAMETERS.contains(callable) && arguments.length > 0 && arguments[0] instanceof Pickled data) {
            return data;
        }
        if (callable.equals("torch.Size") && arguments.length == 1 && arguments[0] instanceof Object[] sizes) {
            return sizes;
        }
        return callable.startsWith(TENSORS) ? tensor(callable, arguments) : null;
    }

    /** A tensor of a class of its own: {@code (function, class, arguments, attributes)}. */
    private Object rebuilt(Object[] arguments) {
        boolean plain = arguments.length == 4
                && PLAIN_TENSORS.contains(Pickled.type(arguments[1]))
                && arguments[2] instanceof Object[]
                && !Pickled.type(arguments[0]).equals(REBUILT);
        Object made = plain ? made(Pickled.type(arguments[0]), (Object[]) arguments[2]) : null;
        return made == null ? unreadable(arguments.length > 1 ? Pickled.type(arguments[1]) : REBUILT) : made;
    }

    private Pickled.Opaque unreadable(String type) {
        spend.accept(ENTRY);
        return new Pickled.Opaque(type, true);
    }

    private Map<Object, Object> dictionary(Object[] arguments) {
        spend.accept(ENTRY);
        var map = new LinkedHashMap<Object, Object>();
        if (arguments.length == 1 && arguments[0] instanceof List<?> pairs) {
            for (Object pair : pairs) {
                if (pair instanceof Object[] tuple && tuple.length == 2) {
                    putAll(map, tuple);
                } else if (pair instanceof List<?> list && list.size() == 2) {
                    putAll(map, list.toArray());
                } else {
                    throw bytes.malformed(quote(Pickled.type(pair)) + " as an entry of a dictionary", "a pair");
                }
            }
        }
        return map;
    }

    /**
     * Sets entries of a dictionary.
     *
     * @param pairs keys, each followed by its value
     */
    void putAll(Map<Object, Object> map, Object[] pairs) {
        if (pairs.length % 2 != 0) {
            throw bytes.malformed("a key without a value", "pairs");
        }
        spend.accept((long) ENTRY * pairs.length / 2);
        for (int i = 0; i < pairs.length; i += 2) {
            map.put(pairs[i] instanceof String ? pairs[i] : new Pickled.Key(pairs[i]), pairs[i + 1]);
        }
    }

    /** A tensor, or an opaque object if it is of another kind than the plain one, or has other numbers. */
    private Object tensor(String function, Object[] arguments) {
        boolean typed = function.equals(TENSORS + "tensor_v3") && arguments.length > 6;
        boolean known = typed || function.equals(TENSORS + "tensor") || function.equals(TENSORS + "tensor_v2");
        if (!known || arguments.length < 4 || !(arguments[0] instanceof Pickled.Storage storage)) {
            return unreadable(function);
        }
        String type = typed ? Pickled.type(arguments[6]) : storage.type();
        DType dtype = typed ? DTYPES.get(type) : storage.dtype();
        if (dtype == null) {
            return unreadable(type);
        }
        long[] shape = naturals(arguments[2]);
        spend.accept(ENTRY + (long) SIZE * shape.length);
        return new Pickled.Tensor(storage, dtype, natural(arguments[1]), shape, naturals(arguments[3]));
    }

    /**
     * What stands outside of the pickle. {@code ('storage', class, key, device, elements)} is a storage; old files add None
     * or {@code (view key, offset, elements)}.
     */
    Pickled persistent(Object id) {
        if (!(id instanceof Object[] parts) || parts.length < 5 || !"storage".equals(parts[0])) {
            return new Pickled.Opaque("a persistent object", false);
        }
        if (!(parts[2] instanceof String key)) {
            throw bytes.malformed("a storage named by " + quote(Pickled.type(parts[2])), "text");
        }
        String type = Pickled.type(parts[1]);
        DType dtype = STORAGES.get(type);
        int size = dtype == null ? OTHER_STORAGES.getOrDefault(type, 0) : dtype.bits() / Byte.SIZE;
        var whole = new Pickled.Storage(type, dtype, size, key, natural(parts[4]), 0);
        Pickled.Storage other = storages.putIfAbsent(key, whole);
        if (other != null && !other.equals(whole)) {
            throw bytes.malformed("two descriptions of storage " + quote(key), "one type and size");
        }
        if (parts.length == 5 || parts[5] == Pickled.Plain.NONE) {
            return whole;
        }
        if (!(parts[5] instanceof Object[] view) || view.length != 3) {
            throw bytes.malformed("a view that is no tuple of 3", "name, offset and size");
        }
        return new Pickled.Storage(type, dtype, size, key, natural(view[2]), natural(view[1]));
    }

    private long natural(Object value) {
        if (value instanceof Long number && number >= 0) {
            return number;
        }
        throw bytes.malformed("a tensor with " + quote(Pickled.type(value)) + " as a size", "a number from 0 on");
    }

    private long[] naturals(Object value) {
        Object[] sizes = value instanceof List<?> list && list.size() <= HIGHEST_RANK ? list.toArray() : null;
        if (value instanceof Object[] tuple) {
            sizes = tuple;
        }
        if (sizes == null || sizes.length > HIGHEST_RANK) {
            throw bytes.malformed(
                    "a tensor with " + quote(Pickled.type(value)) + " as sizes", "a tuple of at most " + HIGHEST_RANK);
        }
        return Arrays.stream(sizes).mapToLong(this::natural).toArray();
    }
}
