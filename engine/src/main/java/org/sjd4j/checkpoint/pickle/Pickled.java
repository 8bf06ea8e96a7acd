package org.sjd4j.checkpoint.pickle;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.DType;

/**
 * What a pickle holds besides dictionaries (maps), lists, tuples (arrays), text, whole numbers and truth values. Objects
 * are equal only to themselves, so that one that contains itself can be kept anywhere.
 */
public sealed interface Pickled {

    /** Values of Python that nobody reads here; only their kind is kept. */
    enum Plain implements Pickled {
        /** {@code None}. */
        NONE("None"),
        /** A floating-point number. */
        FLOAT("float"),
        /** A whole number of more than 16 bytes. */
        INT("int"),
        /** A text that is too long to be a name, or has characters written in another way. */
        TEXT("str"),
        /** Bytes of any kind. */
        BYTES("bytes");

        private final String type;

        Plain(String type) {
            this.type = type;
        }
    }

    /** A class or a function by its name. Neither is ever looked up. */
    record Global(String name) implements Pickled {}

    /** An object of a class that is unknown here: nothing is called to make it, and nothing is known of its inside. */
    final class Opaque implements Pickled {
        private final String type;
        private final boolean tensor;
        private @Nullable Map<Object, Object> items;

        /**
         * An object without entries.
         *
         * @param type the class, or the function, whose result it would be
         * @param tensor whether it is a tensor of a kind that cannot be read
         */
        Opaque(String type, boolean tensor) {
            this.type = type;
            this.tensor = tensor;
        }

        /** Whether it is a tensor of a kind that cannot be read. */
        boolean isTensor() {
            return tensor;
        }

        /** The entries that were set in it, if it is a dictionary of some kind; otherwise nothing. */
        @Nullable
        Map<Object, Object> items() {
            return items;
        }

        /** Its entries, to be set: what they are set in is a dictionary of some kind. */
        Map<Object, Object> asDictionary() {
            Map<Object, Object> entries = items == null ? new LinkedHashMap<>() : items;
            items = entries;
            return entries;
        }
    }

    /** A key of a dictionary that is no text: nobody looks it up. */
    final class Key implements Pickled {
        private final Object value;

        Key(Object value) {
            this.value = value;
        }

        /** What is the key. */
        Object value() {
            return value;
        }
    }

    /**
     * The data of one or more tensors.
     *
     * @param type as PyTorch calls it
     * @param dtype of its elements, or nothing if they have no counterpart here
     * @param elementSize bytes of an element, 0 if unknown
     * @param key names the data within the file
     * @param elements how many there are, from {@code offset} on
     * @param offset of the first element within the data of that name
     */
    record Storage(String type, @Nullable DType dtype, int elementSize, String key, long elements, long offset)
            implements Pickled {}

    /**
     * A tensor over a storage.
     *
     * @param dtype of its elements, which may differ from the storage's if that has bytes
     * @param offset of its first element in the storage, in elements of its own
     * @param strides in elements
     */
    @SuppressWarnings("ArrayRecordComponent") // read, never compared
    record Tensor(Storage storage, DType dtype, long offset, long[] shape, long[] strides) implements Pickled {}

    /** What Python calls the type of a value, for messages. */
    static String type(Object value) {
        return switch (value) {
            case Map<?, ?> _ -> "dict";
            case List<?> _ -> "list";
            case Object[] _ -> "tuple";
            case String _ -> "str";
            case Boolean _ -> "bool";
            case Plain plain -> plain.type;
            case Opaque opaque -> opaque.type;
            case Global global -> global.name;
            case Key key -> type(key.value);
            case Storage storage -> storage.type;
            case Tensor _ -> "tensor";
            default -> "int";
        };
    }
}
