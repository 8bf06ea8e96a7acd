package org.sjd4j.training.loop;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * All tensors that make up the state of a run, by the file of the checkpoint that holds them.
 *
 * <p>They alias the live state: restoring a checkpoint copies into them.
 */
record CheckpointTensors(Map<String, Tensor> parameters, Map<String, Tensor> optimizer, Map<String, Tensor> state) {
    CheckpointTensors(TrainableParameters parameters, AdamW optimizer, Map<String, Tensor> state) {
        this(
                parameters.byName(),
                Map.of("mean", optimizer.mean(), "mean_square", optimizer.meanSquare()),
                new LinkedHashMap<>(state));
    }

    /** The files of a checkpoint with their tensors. */
    Map<String, Map<String, Tensor>> files() {
        var files = new LinkedHashMap<String, Map<String, Tensor>>();
        files.put("parameters.safetensors", parameters);
        files.put("optimizer.safetensors", optimizer);
        if (!state.isEmpty()) {
            files.put("state.safetensors", state);
        }
        return files;
    }
}
