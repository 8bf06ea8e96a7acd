package org.sjd4j.training.denoising;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.family.raster.RasterLlama;
import org.sjd4j.llama.Denoising;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.tensor.Parameter;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;
import org.sjd4j.training.loop.TrainableParameters;

/**
 * A model that learns to read noisy rows, and which of its weights change.
 *
 * @param <N> the model
 */
sealed interface DenoisingNetwork<N extends ImageTokenNetwork> {
    /** The weights that training changes, with the constants beside them. */
    TrainableParameters parameters();

    /** The model over the weights as they are, for one step. */
    N model();

    /** What reads noise, over the weights as they are, for one step. */
    Denoising denoising();

    /** Whether clean rows are training examples as well, because the weights that read them change. */
    boolean changesCleanRows();

    private static boolean isMeasured(Parameter parameter) {
        return parameter.name().equals("denoising.mean") || parameter.name().equals("denoising.deviation");
    }

    /**
     * A frozen model and low-rank weights that act on noisy rows alone: its own distribution stays what it was.
     *
     * @param <N> the model
     */
    final class GatedAdapter<N extends ImageTokenNetwork> implements DenoisingNetwork<N> {
        private final N model;
        private final Denoising.Config config;
        private final Precision precision;
        private final TrainableParameters parameters;

        /**
         * An adapter that begins without effect.
         *
         * @param model over weights without gradients, which are left as they are
         * @param precision of the model's products
         */
        GatedAdapter(N model, Denoising.Config config, Precision precision, long seed, Device device) {
            this.model = model;
            this.config = config;
            this.precision = precision;
            parameters = new TrainableParameters(
                    Denoising.parameters(config, model.stack().config(), codeWidth()),
                    parameter -> !isMeasured(parameter),
                    seed,
                    device);
            denoising().measure(model.codeTable());
        }

        private int codeWidth() {
            return Math.toIntExact(model.codeTable().size(1));
        }

        @Override
        public TrainableParameters parameters() {
            return parameters;
        }

        @Override
        public N model() {
            return model;
        }

        @Override
        public Denoising denoising() {
            return new Denoising(
                    config, model.stack().config(), codeWidth(), parameters.weights(), precision.products());
        }

        @Override
        public boolean changesCleanRows() {
            return false;
        }
    }

    /** A model all of whose weights learn, as in the paper; only the code table stays, for noise is measured by it. */
    final class FineTuned implements DenoisingNetwork<RasterLlama> {
        private static final String CODE_TABLE = "model.embed_codes.weight";

        private final RasterLlama.Config model;
        private final Denoising.Config config;
        private final Precision precision;
        private final TrainableParameters parameters;
        private final Weights weights;

        /**
         * A model that begins with the given weights, of which it takes a copy.
         *
         * @param config of rank 0
         */
        FineTuned(
                RasterLlama.Config model,
                Map<String, Tensor> start,
                Denoising.Config config,
                Precision precision,
                long seed,
                Device device) {
            this.model = model;
            this.config = config;
            this.precision = precision;
            List<Parameter> all = new ArrayList<>(RasterLlama.parameters(model));
            all.addAll(Denoising.parameters(config, model.llama(), model.codeWidth()));
            parameters = new TrainableParameters(
                    all,
                    parameter -> !isMeasured(parameter) && !parameter.name().equals(CODE_TABLE),
                    seed,
                    device);
            weights = parameters.weights();
            var from = Weights.of("the model to fine-tune", start);
            Tensors.inference(() -> RasterLlama.parameters(model)
                    .forEach(parameter -> weights.get(parameter.name(), parameter.shape())
                            .copy_(from.get(parameter.name(), parameter.shape()))));
            denoising().measure(model().codeTable());
        }

        @Override
        public TrainableParameters parameters() {
            return parameters;
        }

        @Override
        public RasterLlama model() {
            return new RasterLlama(model, weights, precision);
        }

        @Override
        public Denoising denoising() {
            return new Denoising(config, model.llama(), model.codeWidth(), weights, precision.products());
        }

        @Override
        public boolean changesCleanRows() {
            return true;
        }
    }
}
