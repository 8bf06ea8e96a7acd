package org.sjd4j.proposal;

import java.nio.file.Path;
import org.bytedeco.pytorch.Device;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.HubCache;
import org.sjd4j.llama.DenoisingFiles;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.Precision;

/**
 * What a directory has that makes better drafts.
 *
 * @param denoising what lets the model read noisy rows, or nothing
 * @param neighbour a neighbour head, or nothing
 */
public record ProposalFiles(
        @Nullable DenoisingFiles denoising, @Nullable NeighbourFiles neighbour) {

    /**
     * The files of a model.
     *
     * @param directory of the model
     * @param adapter directory of files of their own, or nothing to look in the model's
     * @throws CheckpointException if an adapter's directory has none, or some are missing or malformed
     */
    public static ProposalFiles of(Path directory, @Nullable Path adapter) {
        Path from = HubCache.resolve(adapter == null ? directory : adapter);
        var neighbour = NeighbourFiles.in(from);
        boolean required = adapter != null && neighbour == null;
        return new ProposalFiles(required ? DenoisingFiles.of(from) : DenoisingFiles.in(from), neighbour);
    }

    /**
     * Loads them for a model.
     *
     * @param family of the model, for messages
     * @throws CheckpointException if they were trained for another model, or a tensor is missing, mis-shaped or read by
     *     nothing
     */
    public Proposals load(String family, ImageTokenNetwork network, Device device, Precision precision) {
        return new Proposals(
                denoising == null ? null : denoising.load(family, network, device, precision),
                neighbour == null ? null : neighbour.load(family, network, device, precision));
    }
}
