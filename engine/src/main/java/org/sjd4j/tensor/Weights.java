package org.sjd4j.tensor;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Tensors by checkpoint name, walked by path: {@code weights.at("model.layers").at(3).at("self_attn").get("q_proj.weight",
 * rows, columns)}.
 *
 * <p>Every read is remembered, so that a loader can report which tensors of a checkpoint were not read.
 */
public final class Weights {
    /**
     * Tables of rotary positions, which follow from the configuration. Transformers saved the first until 4.31 and leaves it
     * out when it loads ({@code modeling_utils.py}); ColossalAI saves the others.
     */
    private static final Pattern DERIVED = Pattern.compile("(.*\\.)?rotary_emb\\.(inv_freq|cos_cached|sin_cached)");

    private static final String ADVICE = "use the config.json that belongs to this checkpoint";

    private final Map<String, Tensor> tensors;
    private final Set<String> read;
    private final UnaryOperator<String> naming;
    private final String prefix;
    private final String source;
    private final Runnable copied;
    private final @Nullable UnaryOperator<Tensor> copy;

    private Weights(
            String source,
            Map<String, Tensor> tensors,
            Set<String> read,
            UnaryOperator<String> naming,
            String prefix,
            Runnable copied,
            @Nullable UnaryOperator<Tensor> copy) {
        this.copied = copied;
        this.copy = copy;
        this.source = source;
        this.tensors = tensors;
        this.read = read;
        this.naming = naming;
        this.prefix = prefix;
    }

    /**
     * The root over these tensors; the map is not copied and must not change afterwards.
     *
     * @param source where they come from, for messages
     */
    public static Weights of(String source, Map<String, Tensor> tensors) {
        return of(source, tensors, () -> {});
    }

    /** As {@link #of(String, Map)}, for a source that wants to hear of {@link #copied}. */
    public static Weights of(String source, Map<String, Tensor> tensors, Runnable copied) {
        return new Weights(source, tensors, ConcurrentHashMap.newKeySet(), UnaryOperator.identity(), "", copied, null);
    }

    /**
     * As {@link #of(String, Map, Runnable)}, but each tensor that is got is a copy, such as one on another device.
     *
     * @param copy makes a copy of a tensor of the map
     */
    public static Weights ofCopies(
            String source, Map<String, Tensor> tensors, UnaryOperator<Tensor> copy, Runnable copied) {
        return new Weights(source, tensors, ConcurrentHashMap.newKeySet(), UnaryOperator.identity(), "", copied, copy);
    }

    /** The subtree below {@code name}, which may itself contain dots. */
    public Weights at(String name) {
        return new Weights(source, tensors, read, naming, prefix + name + ".", copied, copy);
    }

    /** The subtree of the {@code index}-th element of a list of modules. */
    public Weights at(int index) {
        return at(Integer.toString(index));
    }

    /**
     * This subtree under other names: those that a network asks for.
     *
     * @param toFile turns a name that is asked for into the one that the checkpoint has below this path
     */
    public Weights renamed(UnaryOperator<String> toFile) {
        return new Weights(source, tensors, read, name -> full(toFile.apply(name)), "", copied, copy);
    }

    private String full(String name) {
        return naming.apply(prefix + name);
    }

    /** Whether the checkpoint has this tensor. */
    public boolean has(String name) {
        return tensors.containsKey(full(name));
    }

    /**
     * The tensor called {@code name} below this path.
     *
     * @param shape the shape that the model needs
     * @throws CheckpointException if it is missing, has another shape, or holds something else than floating-point numbers
     */
    public Tensor get(String name, long... shape) {
        Tensor tensor = stored(name, shape);
        return copy == null ? tensor : copy.apply(tensor);
    }

    /** As {@link #get}, where it lies, also if that makes copies: for views that {@link #over} makes weights of. */
    public Tensor stored(String name, long... shape) {
        String full = full(name);
        Tensor tensor = tensors.get(full);
        if (tensor == null || !Arrays.equals(tensor.shape(), shape)) {
            throw mismatch(name, (tensor == null ? "one of shape " : "shape ") + Arrays.toString(shape));
        }
        if (read.add(full) && !torch.isFloatingType(tensor.scalar_type())) {
            throw new CheckpointException(
                    source,
                    "tensor '" + full + "' of type " + tensor.scalar_type().intern(),
                    "floating-point numbers",
                    "use weights that are not quantised");
        }
        return tensor;
    }

    /**
     * Views of {@link #stored} tensors as weights, which are got as these are.
     *
     * @param views by the names that a network asks for
     */
    public Weights over(Map<String, Tensor> views) {
        return new Weights(source, views, ConcurrentHashMap.newKeySet(), UnaryOperator.identity(), "", copied, copy);
    }

    /**
     * The shape of the tensor called {@code name} below this path, for sizes that no configuration tells.
     *
     * @throws CheckpointException if it is missing or a single number
     */
    public long[] shape(String name) {
        Tensor tensor = tensors.get(full(name));
        if (tensor == null || tensor.dim() == 0) {
            throw mismatch(name, "a tensor with dimensions");
        }
        return tensor.shape();
    }

    /**
     * Tells the source that all that was got so far has been copied: it may take it out of memory until it is used again.
     */
    public void copied() {
        copied.run();
    }

    /** Whether {@link #get} makes a copy each time, which is the caller's: to be freed early where it is not kept. */
    public boolean areCopies() {
        return copy != null;
    }

    /** The error for a tensor that the model cannot use. */
    public CheckpointException mismatch(String name, String expected) {
        Tensor tensor = tensors.get(full(name));
        String found = tensor == null
                ? "no tensor '" + full(name) + "'"
                : "tensor '" + full(name) + "' of shape " + Arrays.toString(tensor.shape());
        return new CheckpointException(source, found, expected, ADVICE);
    }

    /**
     * Refuses a checkpoint with tensors that no part of the model read, other than tables that follow from its
     * configuration.
     *
     * @throws CheckpointException naming them
     */
    public void requireAllRead() {
        requireAllRead(name -> false);
    }

    /**
     * As {@link #requireAllRead()}, except for tensors that belong to a part of the checkpoint that is not used.
     *
     * @param unused whether a name is one of those
     */
    public void requireAllRead(Predicate<String> unused) {
        Set<String> names = new TreeSet<>(tensors.keySet());
        names.removeAll(read);
        names.removeIf(unused.or(name -> DERIVED.matcher(name).matches()));
        if (!names.isEmpty()) {
            String listed = String.join(", ", names.stream().limit(5).toList()) + (names.size() > 5 ? ", ..." : "");
            throw new CheckpointException(
                    source, names.size() + " tensor(s) that nothing reads: " + listed, "only the model's own", ADVICE);
        }
    }
}
