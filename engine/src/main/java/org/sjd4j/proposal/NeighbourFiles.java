package org.sjd4j.proposal;

import java.nio.file.Path;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.CheckpointFile;
import org.sjd4j.checkpoint.HubCache;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.llama.AdapterBase;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Weights;

/**
 * A neighbour head in a directory: {@link #CONFIG} and {@link #WEIGHTS}.
 *
 * @param directory that of the model, or of an adapter
 * @param config sizes
 * @param base the model that it was trained for, if it says so
 */
public record NeighbourFiles(
        Path directory,
        NeighbourHead.Config config,
        @Nullable AdapterBase base) {
    /** The file with sizes and base. */
    public static final String CONFIG = "neighbour_config.json";

    /** The file with the tensors. */
    public static final String WEIGHTS = "neighbour.safetensors";

    /**
     * The head of a directory, or nothing if it has no {@link #CONFIG}.
     *
     * @throws CheckpointException if the configuration is malformed, or the tensors are missing
     */
    public static @Nullable NeighbourFiles in(Path path) {
        Path directory = HubCache.resolve(path);
        if (!CheckpointFile.isThere(directory.resolve(CONFIG))) {
            return null;
        }
        if (!CheckpointFile.isThere(directory.resolve(WEIGHTS))) {
            throw new CheckpointException(
                    directory.toString(),
                    "no " + WEIGHTS,
                    "a neighbour head: " + CONFIG + " and " + WEIGHTS,
                    "check the path");
        }
        var json = JsonConfig.read(directory.resolve(CONFIG));
        return new NeighbourFiles(directory, NeighbourHead.Config.from(json), AdapterBase.from(json));
    }

    /**
     * Loads the head for a model.
     *
     * @param family of the model, for messages
     * @param precision of the model's matrix products
     * @throws CheckpointException if it was trained for another model, or a tensor is missing, mis-shaped or read by nothing
     */
    public NeighbourHead load(String family, ImageTokenNetwork network, Device device, Precision precision) {
        if (base != null) {
            base.require(directory.resolve(CONFIG).toString(), AdapterBase.of(family, network));
        }
        Path file = directory.resolve(WEIGHTS);
        var weights = Weights.of(file.toString(), TensorFiles.read(file, ScalarType.Float, device));
        int ids = Math.toIntExact(network.codeTable().size(0));
        var head = new NeighbourHead(config, network.stack().config().hidden(), ids, weights, precision);
        weights.requireAllRead();
        return head;
    }
}
