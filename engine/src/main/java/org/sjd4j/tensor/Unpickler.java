package org.sjd4j.tensor;

import static org.sjd4j.tensor.CheckpointException.quote;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a Python pickle as far as a file of tensors needs it, and refuses everything else by name: pickles are programs,
 * and this machine runs only those that put together dictionaries, lists, strings, numbers and tensors. Format: CPython,
 * {@code Lib/pickletools.py}; what tensors look like: PyTorch, {@code torch/serialization.py} and {@code torch/_utils.py}.
 *
 * <p>Time and memory are bounded by the length of the pickle. Nothing is ever called: the few globals that occur in
 * tensor files are names with a meaning here.
 */
final class Unpickler {
    /** A dictionary key or value that is Python's {@code None}. */
    static final Object NONE = new Object() {
        @Override
        public String toString() {
            return "None";
        }
    };

    /**
     * The data of one or more tensors.
     *
     * @param key names the data within the file
     * @param elements how many there are, from {@code offset} on
     * @param offset of the first element within the data of that name
     */
    record Storage(DType dtype, String key, long elements, long offset) {}

    /**
     * A tensor over a storage.
     *
     * @param offset of its first element in the storage
     * @param strides in elements
     */
    @SuppressWarnings("ArrayRecordComponent") // read, never compared
    record StoredTensor(Storage storage, long offset, long[] shape, long[] strides) {}

    private record Global(String module, String name) {
        @Override
        public String toString() {
            return module + "." + name;
        }
    }

    private static final Object MARK = new Object();
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final Global ORDERED_DICT = new Global("collections", "OrderedDict");
    private static final Global TENSOR = new Global("torch._utils", "_rebuild_tensor_v2");
    private static final Global PARAMETER = new Global("torch._utils", "_rebuild_parameter");
    private static final Global SIZE = new Global("torch", "Size");
    private static final Map<Global, DType> STORAGES = Map.of(
            new Global("torch", "FloatStorage"), DType.F32,
            new Global("torch", "DoubleStorage"), DType.F64,
            new Global("torch", "HalfStorage"), DType.F16,
            new Global("torch", "BFloat16Storage"), DType.BF16,
            new Global("torch", "LongStorage"), DType.I64,
            new Global("torch", "IntStorage"), DType.I32,
            new Global("torch", "ShortStorage"), DType.I16,
            new Global("torch", "CharStorage"), DType.I8,
            new Global("torch", "ByteStorage"), DType.U8,
            new Global("torch", "BoolStorage"), DType.BOOL);

    private static final String ADVICE =
            "this is no plain file of tensors; save its state dict alone, or look for safetensors";
    private static final int HIGHEST_PROTOCOL = 5;
    private static final int LONGEST_INTEGER = 16;
    private static final int HIGHEST_RANK = 64;

    private final MemorySegment bytes;
    private final String source;
    private final Map<Integer, Object> memo = new HashMap<>();
    private final Deque<Object> stack = new ArrayDeque<>();
    private final Map<String, Storage> storages = new HashMap<>();
    private long at;

    /**
     * A reader that begins at a byte of a segment.
     *
     * @param source where the bytes come from, for messages
     */
    Unpickler(MemorySegment bytes, long at, String source) {
        this.bytes = bytes;
        this.at = at;
        this.source = source;
    }

    /** Where the next byte would be read: after {@link #read}, the one behind the pickle. */
    long position() {
        return at;
    }

    /** By name, every storage that occurred so far: as a whole, whatever part of it a tensor views. */
    Map<String, Storage> storages() {
        return storages;
    }

    /**
     * Reads one pickle.
     *
     * @return a {@link Map}, {@link List}, {@link String}, {@link Long}, {@link BigInteger}, {@link Double}, {@link
     *     Boolean}, {@code byte[]}, {@link StoredTensor}, {@link Storage} or {@link #NONE}
     * @throws CheckpointException if it is cut off or malformed, or does more than put together tensors
     */
    Object read() {
        memo.clear();
        stack.clear();
        while (true) {
            int opcode = u1();
            switch (opcode) {
                case '.' -> {
                    return pop();
                }
                case 0x80 -> requireProtocol(u1());
                case 0x95 -> take(8); // a frame's length says nothing that the opcodes do not say
                case '(' -> push(MARK);
                case '}' -> push(new LinkedHashMap<Object, Object>());
                case ']', ')' -> push(new ArrayList<Object>());
                case 't' -> push(popToMark());
                case 0x85 -> push(popped(1));
                case 0x86 -> push(popped(2));
                case 0x87 -> push(popped(3));
                case 'q' -> memo.put(u1(), top());
                case 'r' -> memo.put(i4(), top());
                case 0x94 -> memo.put(memo.size(), top());
                case 'h' -> push(remembered(u1()));
                case 'j' -> push(remembered(i4()));
                case 'c' -> push(new Global(line(), line()));
                case 0x93 -> {
                    String name = string(pop());
                    push(new Global(string(pop()), name));
                }
                case 'X' -> push(text(u4()));
                case 0x8c -> push(text(u1()));
                case 0x8d -> push(text(i8()));
                case 'U' -> push(text(u1()));
                case 'T' -> push(text(u4()));
                case 'B' -> push(bytes(u4()));
                case 'C' -> push(bytes(u1()));
                case 'J' -> push((long) i4());
                case 'K' -> push((long) u1());
                case 'M' -> push((long) Short.toUnsignedInt(bytes.get(U16, take(2))));
                case 0x8a -> push(integer(u1()));
                case 'G' -> push(bytes.get(F64, take(8)));
                case 'N' -> push(NONE);
                case 0x88 -> push(true);
                case 0x89 -> push(false);
                case 'Q' -> push(storage(pop()));
                case 'R' -> {
                    List<Object> arguments = list(pop());
                    push(reduce(pop(), arguments));
                }
                case 'b' -> dropState();
                case 'a' -> {
                    Object value = pop();
                    list(top()).add(value);
                }
                case 'e' -> {
                    List<Object> values = popToMark();
                    list(top()).addAll(values);
                }
                case 's' -> {
                    Object value = pop();
                    Object key = pop();
                    put(map(top()), key, value);
                }
                case 'u' -> {
                    List<Object> pairs = popToMark();
                    putAll(map(top()), pairs);
                }
                default ->
                    throw malformed(
                            String.format(Locale.ROOT, "the pickle opcode 0x%02x at byte %d", opcode, at - 1),
                            "one that tensor files need");
            }
        }
    }

    private void requireProtocol(int protocol) {
        if (protocol > HIGHEST_PROTOCOL) {
            throw malformed("pickle protocol " + protocol, "at most " + HIGHEST_PROTOCOL);
        }
    }

    private Object reduce(Object callable, List<Object> arguments) {
        if (callable.equals(ORDERED_DICT)) {
            var map = new LinkedHashMap<Object, Object>();
            if (!arguments.isEmpty()) {
                for (Object pair : list(arguments.getFirst())) {
                    putAll(map, list(pair));
                }
            }
            return map;
        }
        if (callable.equals(TENSOR) && arguments.size() >= 4) {
            return tensor(arguments);
        }
        if (callable.equals(PARAMETER) && !arguments.isEmpty() && arguments.getFirst() instanceof StoredTensor tensor) {
            return tensor;
        }
        if (callable.equals(SIZE) && arguments.size() == 1) {
            return arguments.getFirst();
        }
        throw malformed("a call of " + described(callable), "nothing but dictionaries and tensors");
    }

    private StoredTensor tensor(List<Object> arguments) {
        if (!(arguments.getFirst() instanceof Storage storage)) {
            throw malformed("a tensor without a storage", "a storage");
        }
        return new StoredTensor(
                storage, natural(arguments.get(1)), naturals(arguments.get(2)), naturals(arguments.get(3)));
    }

    /** {@code ('storage', type, key, device, elements)}; old files add None or {@code (view key, offset, elements)}. */
    private Storage storage(Object id) {
        List<Object> parts = list(id);
        if (parts.size() < 5 || !"storage".equals(parts.getFirst())) {
            throw malformed("a persistent object that is no storage", "a storage");
        }
        DType dtype = parts.get(1) instanceof Global type ? STORAGES.get(type) : null;
        if (dtype == null) {
            throw malformed("a storage of type " + described(parts.get(1)), "one of " + STORAGES.keySet());
        }
        String key = string(parts.get(2));
        var whole = new Storage(dtype, key, natural(parts.get(4)), 0);
        Storage other = storages.putIfAbsent(key, whole);
        if (other != null && !other.equals(whole)) {
            throw malformed("two descriptions of storage " + quote(key), "one type and size");
        }
        if (parts.size() > 5 && parts.get(5) != NONE) {
            List<Object> view = list(parts.get(5));
            if (view.size() != 3) {
                throw malformed("a view of " + view.size() + " parts", "3");
            }
            return new Storage(dtype, key, natural(view.get(2)), natural(view.get(1)));
        }
        return whole;
    }

    /** The attributes of an ordered dictionary: PyTorch keeps module versions there. */
    private void dropState() {
        pop();
        map(top());
    }

    private void putAll(Map<Object, Object> map, List<Object> pairs) {
        if (pairs.size() % 2 != 0) {
            throw malformed("a key without a value", "pairs");
        }
        for (int i = 0; i < pairs.size(); i += 2) {
            put(map, pairs.get(i), pairs.get(i + 1));
        }
    }

    private void put(Map<Object, Object> map, Object key, Object value) {
        if (!(key instanceof String || key instanceof Long)) {
            throw malformed("a dictionary key that is neither text nor a number", "text or a number");
        }
        map.put(key, value);
    }

    private void push(Object value) {
        stack.push(value);
    }

    private Object pop() {
        Object value = top();
        stack.pop();
        return value;
    }

    private Object top() {
        @Nullable Object value = stack.peek();
        if (value == null || value == MARK) {
            throw malformed("a pickle that takes from an empty stack", "a complete pickle");
        }
        return value;
    }

    private List<Object> popToMark() {
        var values = new ArrayList<Object>();
        while (!stack.isEmpty() && stack.peek() != MARK) {
            values.add(stack.pop());
        }
        if (stack.isEmpty()) {
            throw malformed("a pickle without a mark", "a complete pickle");
        }
        stack.pop();
        return new ArrayList<>(values.reversed());
    }

    private List<Object> popped(int count) {
        var values = new ArrayList<Object>();
        for (int i = 0; i < count; i++) {
            values.addFirst(pop());
        }
        return values;
    }

    private Object remembered(int index) {
        Object value = memo.get(index);
        if (value == null) {
            throw malformed("a reference to memo " + index + ", which is empty", "a complete pickle");
        }
        return value;
    }

    private int u1() {
        return Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, take(1)));
    }

    private int i4() {
        return bytes.get(I32, take(4));
    }

    private long u4() {
        return Integer.toUnsignedLong(i4());
    }

    private long i8() {
        return bytes.get(I64, take(8));
    }

    private String text(long length) {
        return new String(bytes(length), StandardCharsets.UTF_8);
    }

    private byte[] bytes(long length) {
        long begin = take(length);
        return bytes.asSlice(begin, length).toArray(ValueLayout.JAVA_BYTE);
    }

    private Object integer(int length) {
        if (length > LONGEST_INTEGER) {
            throw malformed("an integer of " + length + " bytes", "at most " + LONGEST_INTEGER);
        }
        byte[] little = bytes(length);
        byte[] big = new byte[length + 1];
        for (int i = 0; i < length; i++) {
            big[length - i] = little[i];
        }
        if (length > 0) {
            big[0] = (byte) (little[length - 1] >> 7);
        }
        BigInteger value = new BigInteger(big);
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    private String line() {
        long begin = at;
        while (u1() != '\n') {
            if (at - begin > 1000) {
                throw malformed("a name of more than 1000 bytes", "a global's name");
            }
        }
        return new String(bytes.asSlice(begin, at - 1 - begin).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    private long take(long count) {
        if (count < 0 || count > bytes.byteSize() - at || count > Integer.MAX_VALUE) {
            throw malformed("a file that ends within its pickle, at byte " + bytes.byteSize(), "a complete file");
        }
        long begin = at;
        at += count;
        return begin;
    }

    private String string(Object value) {
        if (value instanceof String text) {
            return text;
        }
        throw malformed("a pickle with something else where text belongs", "text");
    }

    private long natural(Object value) {
        if (value instanceof Long number && number >= 0) {
            return number;
        }
        throw malformed("a tensor with " + described(value) + " as a size", "a number from 0 on");
    }

    private long[] naturals(Object value) {
        List<Object> list = list(value);
        if (list.size() > HIGHEST_RANK) {
            throw malformed("a tensor of " + list.size() + " dimensions", "at most " + HIGHEST_RANK);
        }
        return list.stream().mapToLong(this::natural).toArray();
    }

    @SuppressWarnings("unchecked") // lists are made here, of objects
    private List<Object> list(Object value) {
        if (value instanceof List<?> list) {
            return (List<Object>) list;
        }
        throw malformed("a pickle with something else where a list belongs", "a list or a tuple");
    }

    @SuppressWarnings("unchecked") // dictionaries are made here, of objects
    private Map<Object, Object> map(Object value) {
        if (value instanceof Map<?, ?> map) {
            return (Map<Object, Object>) map;
        }
        throw malformed("an object with state", "nothing but dictionaries and tensors");
    }

    /** What an object is, for a message; a list may contain itself, so none is spelt out. */
    private static String described(Object value) {
        return value instanceof List || value instanceof Map ? "a container" : quote(value.toString());
    }

    private CheckpointException malformed(String found, String expected) {
        return new CheckpointException(source, found, expected, ADVICE);
    }
}
