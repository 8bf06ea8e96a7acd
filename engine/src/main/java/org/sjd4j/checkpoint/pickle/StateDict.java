package org.sjd4j.checkpoint.pickle;

import static org.sjd4j.tensor.CheckpointException.quote;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import org.sjd4j.tensor.CheckpointException;

/**
 * The tensors of a model among all that a training script saved with them. They are what lies below one of the usual
 * {@linkplain #NAMES names}; failing those, what the file itself holds; failing that, the only dictionary of tensors in it.
 * Where several could be meant, none is chosen.
 *
 * <p>Objects that are no tensors may lie beside the weights. Among them they are refused, for they may be weights of a kind
 * that cannot be read: quantised ones, arrays of NumPy.
 */
public final class StateDict {
    /** Where training scripts keep the weights of a model; averages of them have other names. */
    static final List<String> NAMES = List.of("state_dict", "model", "module", "model_state_dict", "params", "weights");

    private static final int MOST_NAMES = 8;
    private static final String ALONE = "save the model's state dict alone";

    private final String source;

    /**
     * A dictionary of tensors.
     *
     * @param name where it is
     * @param tensors how many of its values are tensors
     */
    private record Candidate(String name, Map<?, ?> entries, long tensors) {
        static @Nullable Candidate of(String name, @Nullable Object value) {
            Map<?, ?> entries = dictionary(value);
            return entries == null
                    ? null
                    : new Candidate(
                            name,
                            entries,
                            entries.values().stream()
                                    .filter(StateDict::isTensor)
                                    .count());
        }

        @Override
        public String toString() {
            return quote(name) + " (" + tensors + (tensors == 1 ? " tensor)" : " tensors)");
        }
    }

    private StateDict(String source) {
        this.source = source;
    }

    /**
     * The tensors of a model by name.
     *
     * @param root what a file holds
     * @param key below which they are, or nothing to look for them
     * @param source the file, for messages
     * @throws CheckpointException if there are none, or they could be several, or there is something else among them
     */
    public static SequencedMap<String, Pickled.Tensor> in(Object root, @Nullable String key, String source) {
        return new StateDict(source).find(root, key);
    }

    private SequencedMap<String, Pickled.Tensor> find(Object root, @Nullable String key) {
        Map<?, ?> top = dictionary(root);
        if (top == null) {
            throw new CheckpointException(
                    source, "an object of class " + quote(Pickled.type(root)), "a dictionary of tensors", ALONE);
        }
        if (key != null) {
            return tensors(named(top, key));
        }
        var usual = new ArrayList<Candidate>();
        for (String name : NAMES) {
            usual.addAll(below(name, top.get(name)));
        }
        if (!usual.isEmpty()) {
            return tensors(only(usual));
        }
        long own = top.values().stream().filter(StateDict::isTensor).count();
        var others = new ArrayList<Candidate>();
        top.forEach((name, value) -> {
            var candidate = name instanceof String text ? Candidate.of(text, value) : null;
            if (candidate != null && candidate.tensors() > own) {
                others.add(candidate);
            }
        });
        if (!others.isEmpty()) {
            return tensors(only(others));
        }
        if (own == 0) {
            throw new CheckpointException(
                    source, "no tensors in a dictionary of " + keys(top), "a dictionary of tensors", ALONE);
        }
        return tensorsBesideOthers(top);
    }

    /** What a usual name holds: tensors, or a dictionary that has them below a usual name again. */
    private static List<Candidate> below(String name, @Nullable Object value) {
        var candidate = Candidate.of(name, value);
        if (candidate == null) {
            return List.of();
        }
        if (candidate.tensors() > 0) {
            return List.of(candidate);
        }
        var inner = new ArrayList<Candidate>();
        for (String below : NAMES) {
            var found = Candidate.of(name + "." + below, candidate.entries().get(below));
            if (found != null && found.tensors() > 0) {
                inner.add(found);
            }
        }
        return inner;
    }

    private Candidate named(Map<?, ?> top, String key) {
        var candidate = Candidate.of(key, top.get(key));
        if (candidate == null || candidate.tensors() == 0) {
            var others = new ArrayList<Candidate>();
            top.forEach((name, value) -> {
                var other = name instanceof String text ? Candidate.of(text, value) : null;
                if (other != null && other.tensors() > 0) {
                    others.add(other);
                }
            });
            throw new CheckpointException(
                    source,
                    "no tensors below " + quote(key),
                    others.isEmpty() ? "a dictionary of tensors, of which there is none" : "one of " + listed(others),
                    "choose another key");
        }
        return candidate;
    }

    private static String listed(List<Candidate> candidates) {
        var some =
                candidates.stream().limit(MOST_NAMES).map(Candidate::toString).toList();
        return String.join(", ", some) + (candidates.size() > MOST_NAMES ? ", ..." : "");
    }

    private Candidate only(List<Candidate> candidates) {
        var first = candidates.getFirst();
        if (candidates.stream().anyMatch(other -> other.entries() != first.entries())) {
            throw new CheckpointException(
                    source,
                    "several dictionaries of tensors: " + listed(candidates),
                    "one",
                    "convert the one that is meant to safetensors, by its key");
        }
        return first;
    }

    private SequencedMap<String, Pickled.Tensor> tensors(Candidate dictionary) {
        var tensors = new LinkedHashMap<String, Pickled.Tensor>();
        dictionary.entries().forEach((key, value) -> {
            boolean named = key instanceof String;
            if (value instanceof Pickled.Opaque || value instanceof Pickled.Tensor && !named) {
                throw unreadable(key, value, "in " + quote(dictionary.name()));
            }
            if (value instanceof Pickled.Tensor tensor) {
                tensors.put((String) key, tensor);
            }
        });
        return tensors;
    }

    /** Where tensors are not in a dictionary of their own, all kinds of things may lie beside them. */
    private SequencedMap<String, Pickled.Tensor> tensorsBesideOthers(Map<?, ?> top) {
        var tensors = new LinkedHashMap<String, Pickled.Tensor>();
        top.forEach((key, value) -> {
            if (value instanceof Pickled.Opaque opaque && opaque.isTensor()) {
                throw unreadable(key, value, "among the tensors");
            }
            if (key instanceof String name && value instanceof Pickled.Tensor tensor) {
                tensors.put(name, tensor);
            }
        });
        return tensors;
    }

    private CheckpointException unreadable(Object key, Object value, String where) {
        String name = key instanceof String text ? quote(text) : "a key of class " + quote(Pickled.type(key));
        return new CheckpointException(
                source,
                name + " " + where + ", of class " + quote(Pickled.type(value)),
                "tensors of ordinary numbers with names",
                "save the state dict without it, or look for safetensors");
    }

    private static String keys(Map<?, ?> map) {
        var names = map.keySet().stream()
                .limit(MOST_NAMES)
                .map(key -> key instanceof String text ? quote(text) : Pickled.type(key))
                .toList();
        return names.isEmpty() ? "nothing" : String.join(", ", names) + (map.size() > MOST_NAMES ? ", ..." : "");
    }

    private static boolean isTensor(Object value) {
        return value instanceof Pickled.Tensor || value instanceof Pickled.Opaque opaque && opaque.isTensor();
    }

    private static @Nullable Map<?, ?> dictionary(@Nullable Object value) {
        return switch (value) {
            case Map<?, ?> map -> map;
            case Pickled.Opaque opaque -> opaque.items();
            case null, default -> null;
        };
    }
}
