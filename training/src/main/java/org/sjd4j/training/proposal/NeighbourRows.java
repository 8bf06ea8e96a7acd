package org.sjd4j.training.proposal;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.training.loop.TrainingException;

/**
 * Rows of passes whose left token changed in the step, each with the row of the next pass that read the changed token. Token ids are
 * counted from the first image id; the number of ids stands for noise, and for nothing above.
 *
 * @param withPrompt normalised rows {@code [n, hidden]} with the prompt, float16
 * @param withoutPrompt the same rows without it; equal to those with it if there is no guidance
 * @param nextWithPrompt rows of the next pass
 * @param nextWithoutPrompt rows of the next pass without the prompt
 * @param read tokens that the rows read, int32 {@code [n]}
 * @param left tokens that stood there after the step, which the next rows read
 * @param above tokens that stood above after the step
 * @param position image positions that the rows predict
 * @param seed of the images, int64 {@code [n]}
 */
record NeighbourRows(
        Tensor withPrompt,
        Tensor withoutPrompt,
        Tensor nextWithPrompt,
        Tensor nextWithoutPrompt,
        Tensor read,
        Tensor left,
        Tensor above,
        Tensor position,
        Tensor seed) {

    /** Number of rows. */
    int size() {
        return Math.toIntExact(read.size(0));
    }

    private Map<String, Tensor> byName() {
        var tensors = new LinkedHashMap<String, Tensor>();
        tensors.put("with_prompt", withPrompt);
        tensors.put("without_prompt", withoutPrompt);
        tensors.put("next_with_prompt", nextWithPrompt);
        tensors.put("next_without_prompt", nextWithoutPrompt);
        tensors.put("read", read);
        tensors.put("left", left);
        tensors.put("above", above);
        tensors.put("position", position);
        tensors.put("seed", seed);
        return tensors;
    }

    private static NeighbourRows of(Map<String, Tensor> tensors) {
        return new NeighbourRows(
                tensor(tensors, "with_prompt"),
                tensor(tensors, "without_prompt"),
                tensor(tensors, "next_with_prompt"),
                tensor(tensors, "next_without_prompt"),
                tensor(tensors, "read"),
                tensor(tensors, "left"),
                tensor(tensors, "above"),
                tensor(tensors, "position"),
                tensor(tensors, "seed"));
    }

    private static Tensor tensor(Map<String, Tensor> tensors, String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new TrainingException("rows without '" + name + "': delete their directory to make them anew");
        }
        return tensor;
    }

    /** Several as one. */
    static NeighbourRows joined(List<NeighbourRows> parts) {
        var all = parts.stream().map(NeighbourRows::byName).toList();
        var joined = new LinkedHashMap<String, Tensor>();
        for (String name : all.getFirst().keySet()) {
            joined.put(
                    name,
                    Tensors.cat(0, all.stream().map(part -> tensor(part, name)).toArray(Tensor[]::new)));
        }
        return of(joined);
    }

    /** Some of the rows, on the device of an index int64 {@code [m]}. */
    NeighbourRows select(Tensor index) {
        var selected = new LinkedHashMap<String, Tensor>();
        byName().forEach((name, tensor) -> selected.put(name, tensor.index_select(0, index)));
        return of(selected);
    }

    /** Writes a file, whole or not at all. */
    void write(Path file) {
        TensorFiles.write(file, byName(), Map.of());
    }

    /** Reads files that {@link #write} made; the tensors belong to the current scope. */
    static NeighbourRows read(List<Path> files) {
        var parts = new ArrayList<NeighbourRows>();
        for (Path file : files) {
            if (!Files.isRegularFile(file)) {
                throw new TrainingException(file + " is missing: delete its directory to make the rows anew");
            }
            parts.add(of(TensorFiles.read(file)));
        }
        return joined(parts);
    }

    /** A vector of int32. */
    static Tensor ints(List<Integer> values) {
        int[] numbers = values.stream().mapToInt(Integer::intValue).toArray();
        return Tensors.of(numbers, numbers.length).to(ScalarType.Int);
    }
}
