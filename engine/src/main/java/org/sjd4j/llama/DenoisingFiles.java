package org.sjd4j.llama;

import java.nio.file.Path;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.CheckpointFile;
import org.sjd4j.checkpoint.HubCache;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Weights;

/**
 * What a directory has that lets a model read noisy rows: {@link #CONFIG} and {@link #WEIGHTS}.
 *
 * @param directory that of the model, or one of their own
 * @param config rank and range of noise
 * @param base the model that they were trained for, if they say so
 */
public record DenoisingFiles(
        Path directory, Denoising.Config config, @Nullable AdapterBase base) {
    /** The file with sizes, range and base. */
    public static final String CONFIG = "denoising_config.json";

    /** The file with the tensors. */
    public static final String WEIGHTS = "denoising.safetensors";

    /**
     * The files of a directory.
     *
     * @throws CheckpointException if they are missing or the configuration is malformed
     */
    public static DenoisingFiles of(Path path) {
        Path directory = HubCache.resolve(path);
        for (String name : new String[] {CONFIG, WEIGHTS}) {
            if (!CheckpointFile.isThere(directory.resolve(name))) {
                throw new CheckpointException(
                        directory.toString(),
                        "no " + name,
                        "an adapter: " + CONFIG + " and " + WEIGHTS,
                        "check the path");
            }
        }
        var json = JsonConfig.read(directory.resolve(CONFIG));
        return new DenoisingFiles(directory, Denoising.Config.from(json), AdapterBase.from(json));
    }

    /** As {@link #of}, or nothing if the directory has no {@link #CONFIG}. */
    public static @Nullable DenoisingFiles in(Path directory) {
        return CheckpointFile.isThere(directory.resolve(CONFIG)) ? of(directory) : null;
    }

    /**
     * Loads them for a model.
     *
     * @param family of the model, for messages
     * @throws CheckpointException if they were trained for another model, or a tensor is missing, mis-shaped or read by
     *     nothing
     */
    public Denoising load(String family, ImageTokenNetwork network, Device device, Precision precision) {
        if (base != null) {
            base.require(directory.resolve(CONFIG).toString(), AdapterBase.of(family, network));
        }
        Path file = directory.resolve(WEIGHTS);
        var weights = Weights.of(file.toString(), TensorFiles.read(file, ScalarType.Float, device));
        var denoising = new Denoising(
                config,
                network.stack().config(),
                Math.toIntExact(network.codeTable().size(1)),
                weights,
                precision.products());
        weights.requireAllRead();
        return denoising;
    }
}
