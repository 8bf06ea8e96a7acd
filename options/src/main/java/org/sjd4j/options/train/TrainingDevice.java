package org.sjd4j.options.train;

import org.sjd4j.options.Converters;
import org.sjd4j.options.UserException;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.training.loop.TrainingSettings;
import picocli.CommandLine.Option;

/** Where a network is trained. */
final class TrainingDevice {
    @Option(
            names = "--device",
            paramLabel = "cpu|cuda",
            defaultValue = Converters.DEVICE,
            converter = Converters.Device.class,
            description =
                    "where the network is trained; a run may go on at the other (default: the environment's SJD4J_DEVICE, or cpu)")
    private ComputeDevice device = ComputeDevice.CPU;

    /**
     * The settings of a run there.
     *
     * @throws UserException if this machine has no such device
     */
    TrainingSettings settings(TrainingSettings anywhere) {
        if (device != ComputeDevice.CPU) {
            try {
                LibTorch.device(device);
            } catch (IllegalArgumentException e) {
                throw new UserException("--device " + device + ": " + e.getMessage(), e);
            }
        }
        return anywhere.on(device);
    }
}
