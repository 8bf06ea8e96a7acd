package org.sjd4j.checkpoint.pickle;

import static org.sjd4j.tensor.CheckpointException.quote;

import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.CheckpointException;

/**
 * Reads Python pickles of all protocols without running them. A pickle is a program for a machine with a stack, which may
 * call any function of Python by its name. This machine calls none: what such a call would give is an {@linkplain
 * Pickled.Opaque opaque object} that knows no more than the name, unless {@link TorchObjects} knows what it means. Format:
 * CPython, {@code Lib/pickletools.py}.
 *
 * <p>Time and memory are bounded, whatever the pickle does: it may take {@value #MOST_MEMORY} bytes, and nothing here
 * recurses, for lists may be nested in each other a million times and may contain themselves.
 */
public final class Unpickler {
    private static final long MOST_MEMORY = 256L << 20;
    private static final int HIGHEST_PROTOCOL = 5;
    private static final int LONGEST_NAME = 1000;
    private static final int LONGEST_TEXT = 1 << 16;
    private static final int LONGEST_INTEGER = 16;
    private static final Pattern DIGITS = Pattern.compile("-?[0-9]+");
    private static final int MOST_DIGITS = 18;
    private static final Object MARK = new Object();

    /** Bytes that a Java object takes, roughly. */
    private static final int OBJECT = 48;

    private static final int SLOT = 8;

    private final PickleBytes bytes;
    private final TorchObjects torch;
    private final Map<Integer, Object> memo = new HashMap<>();
    private final Deque<Object> stack = new ArrayDeque<>();
    private long memory;

    /**
     * A reader that begins at the first byte.
     *
     * @param source where the bytes come from, for messages
     */
    public Unpickler(MemorySegment bytes, String source) {
        this.bytes = new PickleBytes(bytes, source);
        this.torch = new TorchObjects(this.bytes, this::spend);
    }

    /** Where the next byte would be read: after {@link #read}, the one behind the pickle. */
    public long position() {
        return bytes.position();
    }

    /** By name, every storage that occurred so far: as a whole, whatever part of it a tensor views. */
    public Map<String, Pickled.Storage> storages() {
        return torch.storages();
    }

    /**
     * Reads one pickle.
     *
     * @return a {@link Map}, {@link List}, {@code Object[]}, {@link String}, {@link Long}, {@link BigInteger}, {@link
     *     Boolean} or {@link Pickled}; keys of maps are text or {@link Pickled.Key}
     * @throws CheckpointException if it is cut off or malformed, or takes too much memory
     */
    public Object read() {
        memo.clear();
        stack.clear();
        while (true) {
            int opcode = bytes.u1();
            switch (opcode) {
                case '.' -> {
                    return pop();
                }
                case 0x80 -> requireProtocol(bytes.u1());
                case 0x95 -> bytes.skip(8); // a frame's length says nothing that the opcodes do not say

                case '(' -> push(MARK);
                case '0' -> popAnything();
                case '1' -> popToMark();
                case '2' -> push(top());

                case 'N' -> push(Pickled.Plain.NONE);
                case 0x88 -> push(true);
                case 0x89 -> push(false);
                case 'I' -> push(line(true));
                case 'J' -> push((long) bytes.i4());
                case 'K' -> push((long) bytes.u1());
                case 'M' -> push((long) bytes.u2());
                case 'L' -> push(line(false));
                case 0x8a -> push(integer(bytes.u1()));
                case 0x8b -> push(integer(bytes.u4()));
                case 'F' -> {
                    bytes.line(LONGEST_NAME);
                    push(Pickled.Plain.FLOAT);
                }
                case 'G' -> {
                    bytes.skip(8);
                    push(Pickled.Plain.FLOAT);
                }
                case 'S' -> push(quoted(bytes.line(LONGEST_TEXT)));
                case 'V' -> push(unescaped(bytes.line(LONGEST_TEXT)));
                case 'U', 0x8c -> push(text(bytes.u1()));
                case 'T', 'X' -> push(text(bytes.u4()));
                case 0x8d -> push(text(bytes.i8()));
                case 'C' -> pushBytes(bytes.u1());
                case 'B' -> pushBytes(bytes.u4());
                case 0x8e, 0x96 -> pushBytes(bytes.i8());

                case ']' -> push(newList());
                case 'l' -> push(listOf(popToMark()));
                case 'a' -> append(new Object[] {pop()});
                case 'e' -> append(popToMark());
                case ')' -> push(new Object[0]);
                case 't' -> push(popToMark());
                case 0x85 -> push(popped(1));
                case 0x86 -> push(popped(2));
                case 0x87 -> push(popped(3));
                case '}' -> push(newDictionary());
                case 'd' -> {
                    Object[] pairs = popToMark();
                    push(newDictionary());
                    setItems(pairs);
                }
                case 's' -> setItems(popped(2));
                case 'u' -> setItems(popToMark());
                case 0x8f -> push(opaque("builtins.set"));
                case 0x90 -> {
                    popToMark();
                    requireObject();
                }
                case 0x91 -> {
                    popToMark();
                    push(opaque("builtins.frozenset"));
                }

                case 'q' -> remember(bytes.u1(), top());
                case 'r' -> remember(bytes.i4(), top());
                case 'p' -> remember(index(), top());
                case 0x94 -> remember(memo.size(), top());
                case 'h' -> push(remembered(bytes.u1()));
                case 'j' -> push(remembered(bytes.i4()));
                case 'g' -> push(remembered(index()));

                case 'c' -> push(global(bytes.line(LONGEST_NAME), bytes.line(LONGEST_NAME)));
                case 0x93 -> {
                    Object name = pop();
                    push(global(string(pop()), string(name)));
                }
                case 'R', 0x81 -> {
                    Object arguments = pop();
                    push(made(pop(), arguments));
                }
                case 0x92 -> {
                    pop(); // arguments by name
                    Object arguments = pop();
                    push(made(pop(), arguments));
                }
                case 'i' -> {
                    Object type = global(bytes.line(LONGEST_NAME), bytes.line(LONGEST_NAME));
                    push(made(type, popToMark()));
                }
                case 'o' -> {
                    Object[] parts = popToMark();
                    if (parts.length == 0) {
                        throw bytes.malformed("an object without a class", "a class");
                    }
                    push(made(parts[0], Arrays.copyOfRange(parts, 1, parts.length)));
                }
                case 'b' -> {
                    pop(); // attributes: of a dictionary, PyTorch's versions of modules; of an object, nobody reads
                    // them
                    requireObject();
                }
                case 'Q' -> push(torch.persistent(pop()));
                case 'P' -> {
                    bytes.line(LONGEST_TEXT);
                    push(opaque("a persistent object"));
                }
                default ->
                    throw bytes.malformed(
                            "the pickle opcode 0x" + HexFormat.of().toHexDigits((byte) opcode) + " at byte "
                                    + (bytes.position() - 1),
                            "one of protocols 0 to 5 that needs nothing from outside of the file");
            }
        }
    }

    private void requireProtocol(int protocol) {
        if (protocol > HIGHEST_PROTOCOL) {
            throw bytes.malformed("pickle protocol " + protocol, "at most " + HIGHEST_PROTOCOL);
        }
    }

    /** Every opcode that makes something pays for it, so that none can be repeated without end. */
    private void spend(long cost) {
        memory += cost;
        if (memory > MOST_MEMORY) {
            throw bytes.malformed(
                    "a pickle that takes more than " + (MOST_MEMORY >> 20) + " MiB of memory",
                    "a file of tensors, with little beside them");
        }
    }

    private void push(Object value) {
        spend(SLOT);
        stack.push(value);
    }

    private Object pop() {
        Object value = top();
        stack.pop();
        return value;
    }

    private void popAnything() {
        if (stack.isEmpty()) {
            throw emptyStack();
        }
        stack.pop();
    }

    private Object top() {
        @Nullable Object value = stack.peek();
        if (value == null || value == MARK) {
            throw emptyStack();
        }
        return value;
    }

    private CheckpointException emptyStack() {
        return bytes.malformed("a pickle that takes from an empty stack", "a complete pickle");
    }

    private Object[] popToMark() {
        var values = new ArrayList<Object>();
        while (!stack.isEmpty() && stack.peek() != MARK) {
            values.add(stack.pop());
        }
        if (stack.isEmpty()) {
            throw bytes.malformed("a pickle without a mark", "a complete pickle");
        }
        stack.pop();
        spend(OBJECT + (long) SLOT * values.size());
        Collections.reverse(values);
        return values.toArray();
    }

    private Object[] popped(int count) {
        Object[] values = new Object[count];
        for (int i = count - 1; i >= 0; i--) {
            values[i] = pop();
        }
        spend(OBJECT);
        return values;
    }

    private void remember(int index, Object value) {
        spend(OBJECT);
        memo.put(index, value);
    }

    private Object remembered(int index) {
        Object value = memo.get(index);
        if (value == null) {
            throw bytes.malformed("a reference to memo " + index + ", which is empty", "a complete pickle");
        }
        return value;
    }

    private int index() {
        String line = bytes.line(LONGEST_NAME);
        if (!DIGITS.matcher(line).matches() || line.length() > 9) {
            throw bytes.malformed("memo " + quote(line), "a number");
        }
        return Integer.parseInt(line);
    }

    /** A whole number in decimal digits; of those of the opcode I, 00 and 01 are truth values. */
    private Object line(boolean mayBeTruth) {
        String line = bytes.line(LONGEST_TEXT);
        if (mayBeTruth && (line.equals("00") || line.equals("01"))) {
            return line.equals("01");
        }
        String digits = !mayBeTruth && line.endsWith("L") ? line.substring(0, line.length() - 1) : line;
        if (!DIGITS.matcher(digits).matches()) {
            throw bytes.malformed("the number " + quote(line), "digits");
        }
        return digits.length() > MOST_DIGITS ? Pickled.Plain.INT : (Object) Long.valueOf(digits);
    }

    private Object integer(long length) {
        if (length < 0 || length > LONGEST_INTEGER) {
            bytes.skip(length);
            return Pickled.Plain.INT;
        }
        BigInteger value = bytes.integer((int) length);
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    private Object text(long length) {
        if (length < 0 || length > LONGEST_TEXT) {
            bytes.skip(length);
            return Pickled.Plain.TEXT;
        }
        spend(OBJECT + 2 * length);
        return bytes.text((int) length);
    }

    /** Text of protocol 0, as Python would print it. */
    private Object quoted(String line) {
        boolean quotes = line.length() >= 2
                && (line.charAt(0) == '\'' || line.charAt(0) == '"')
                && line.charAt(line.length() - 1) == line.charAt(0);
        if (!quotes) {
            throw bytes.malformed("the text " + quote(line), "one in quotation marks");
        }
        return unescaped(line.substring(1, line.length() - 1));
    }

    private Object unescaped(String text) {
        spend(OBJECT + 2L * text.length());
        return text.indexOf('\\') < 0 ? text : Pickled.Plain.TEXT;
    }

    private void pushBytes(long length) {
        bytes.skip(length);
        push(Pickled.Plain.BYTES);
    }

    private List<Object> newList() {
        spend(OBJECT);
        return new ArrayList<>(0);
    }

    private List<Object> listOf(Object[] values) {
        spend(OBJECT + (long) SLOT * values.length);
        return new ArrayList<>(Arrays.asList(values));
    }

    private Map<Object, Object> newDictionary() {
        spend(2 * OBJECT);
        return new LinkedHashMap<>();
    }

    private Pickled.Global global(String module, String name) {
        if (module.length() + name.length() > LONGEST_NAME) {
            throw bytes.malformed("a class with the name " + quote(name) + " in " + quote(module), "a shorter name");
        }
        spend(2 * (OBJECT + module.length() + name.length()));
        return new Pickled.Global(module + "." + name);
    }

    private Pickled.Opaque opaque(String type) {
        spend(OBJECT);
        return new Pickled.Opaque(type, false);
    }

    /** Lists, and what may be a list of some kind. */
    @SuppressWarnings("unchecked") // lists are made here, of objects
    private void append(Object[] values) {
        if (top() instanceof List<?> list) {
            spend((long) SLOT * values.length);
            ((List<Object>) list).addAll(Arrays.asList(values));
        } else if (!(top() instanceof Pickled.Opaque)) {
            throw bytes.malformed("something else where a list belongs: " + quote(Pickled.type(top())), "a list");
        }
    }

    @SuppressWarnings("unchecked") // dictionaries are made here, of objects
    private void setItems(Object[] pairs) {
        Map<Object, Object> items = switch (top()) {
            case Map<?, ?> map -> (Map<Object, Object>) map;
            case Pickled.Opaque opaque -> opaque.asDictionary();
            case Object other ->
                throw bytes.malformed(
                        "something else where a dictionary belongs: " + quote(Pickled.type(other)), "a dictionary");
        };
        torch.putAll(items, pairs);
    }

    /** What may have attributes or members: not text, numbers, lists and tuples. */
    private void requireObject() {
        boolean object = top() instanceof Map
                || top() instanceof Pickled.Opaque
                || top() instanceof Pickled.Tensor
                || top() instanceof Pickled.Global;
        if (!object) {
            throw bytes.malformed("attributes of " + quote(Pickled.type(top())), "an object that has some");
        }
    }

    /** What a call would give. */
    private Object made(Object callable, Object arguments) {
        if (!(arguments instanceof Object[] values)) {
            throw bytes.malformed("a call with " + quote(Pickled.type(arguments)), "a tuple of arguments");
        }
        if (!(callable instanceof Pickled.Global) && !(callable instanceof Pickled.Opaque)) {
            throw bytes.malformed("a call of " + quote(Pickled.type(callable)), "a class or a function");
        }
        Object result = callable instanceof Pickled.Global global ? torch.made(global.name(), values) : null;
        return result == null ? opaque(Pickled.type(callable)) : result;
    }

    private String string(Object value) {
        if (value instanceof String text) {
            return text;
        }
        throw bytes.malformed("something else where text belongs: " + quote(Pickled.type(value)), "text");
    }
}
