package org.sjd4j.llama;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.decode.NoiseSchedule;
import org.sjd4j.tensor.Parameter;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/**
 * What a model needs besides its own weights to read noisy code embeddings (SJD2, arXiv 2510.08994): the
 * normalisation of the code table, a projection of the noise level, and, if the model itself was left as it was, an
 * adapter for the noisy rows.
 *
 * <p>A noisy row is {@code z = (1 - t) n(e) + t eps} with the normalised embedding {@code n(e) = (e - mean) / deviation}
 * per channel and noise level {@code t} in (0, 1].
 */
public final class Denoising {
    private static final int TIME_FEATURES = 128;
    private static final double LONGEST_PERIOD = 10000;
    private static final double TIME_SCALE = 1000;
    private static final double LEAST_DEVIATION = 1e-4;
    private static final double[] FREQUENCIES = frequencies();

    /**
     * Sizes and range.
     *
     * @param rank of the adapter, 0 for none (the model itself was fine-tuned)
     * @param rMin smallest ratio of noise to signal above 0
     * @param rMax largest ratio of noise to signal
     */
    public record Config(int rank, double rMin, double rMax) {
        /**
         * Reads a {@code denoising_config.json}.
         *
         * @throws org.sjd4j.tensor.CheckpointException if a value is missing or makes no sense
         */
        public static Config from(JsonConfig json) {
            double rMin = json.number("noise_ratio_min");
            double rMax = json.number("noise_ratio_max");
            if (!(rMin > 0 && rMin < rMax)) {
                throw json.wrong("noise_ratio_min", Double.toString(rMin), "more than 0 and less than noise_ratio_max");
            }
            return new Config(json.countOr("adapter_rank", 0), rMin, rMax);
        }

        /** The values that {@link #from} reads. */
        public Map<String, Object> toJson() {
            var json = new LinkedHashMap<String, Object>();
            json.put("adapter_rank", rank);
            json.put("noise_ratio_min", rMin);
            json.put("noise_ratio_max", rMax);
            return json;
        }
    }

    private final Config config;
    private final ScalarType products;
    private final Tensor mean;
    private final Tensor deviation;
    private final Tensor time;
    private final @Nullable LowRankAdapter adapter;

    /** Denoising with products in float32; otherwise as {@link #Denoising(Config, LlamaConfig, int, Weights, ScalarType)}. */
    public Denoising(Config config, LlamaConfig llama, int width, Weights weights) {
        this(config, llama, width, weights, ScalarType.Float);
    }

    /**
     * Denoising over the float32 tensors below {@code denoising}.
     *
     * @param llama the model's stack
     * @param width channels of the embeddings that noise is added to
     * @param products type of the model's matrix products
     */
    public Denoising(Config config, LlamaConfig llama, int width, Weights weights, ScalarType products) {
        this.config = config;
        this.products = products;
        Weights at = weights.at("denoising");
        mean = at.get("mean", width);
        deviation = at.get("deviation", width);
        time = at.get("time.weight", llama.hidden(), TIME_FEATURES);
        adapter = config.rank() == 0 ? null : new LowRankAdapter(llama, config.rank(), at.at("adapter"), products);
    }

    /** Every tensor, with its start for training; mean and deviation are measured, not trained. */
    public static List<Parameter> parameters(Config config, LlamaConfig llama, int width) {
        var list = new ArrayList<Parameter>();
        list.add(Parameter.constant("denoising.mean", 0, width));
        list.add(Parameter.constant("denoising.deviation", 1, width));
        list.add(Parameter.constant("denoising.time.weight", 0, llama.hidden(), TIME_FEATURES));
        if (config.rank() > 0) {
            list.addAll(LowRankAdapter.parameters(llama, config.rank(), "denoising.adapter"));
        }
        return list;
    }

    /** Measures mean and deviation of a code table {@code [codes, codeWidth]} into the tensors of this object. */
    public void measure(Tensor codeTable) {
        Tensors.inference(() -> {
            Tensor codes = codeTable.to(ScalarType.Float);
            Tensor average = codes.mean(0);
            mean.copy_(average);
            Tensor spread = codes.sub(average).square().mean(0).sqrt();
            deviation.copy_(spread.clamp_min(new org.bytedeco.pytorch.Scalar(LEAST_DEVIATION)));
        });
    }

    /** Sizes and range. */
    public Config config() {
        return config;
    }

    /** Channels of the embeddings that noise is added to. */
    public int width() {
        return Math.toIntExact(mean.size(0));
    }

    /** The range of noise. */
    public NoiseSchedule schedule() {
        return new NoiseSchedule(config.rMin(), config.rMax());
    }

    /** Embeddings to normalised embeddings. */
    public Tensor normalise(Tensor embeddings) {
        return embeddings.sub(mean).div(deviation);
    }

    /**
     * Noisy embeddings as rows of the stack, before place and topic are added.
     *
     * @param z {@code [..., n, codeWidth]}
     * @param features of their noise levels, {@code [..., n, 128]}, from {@link #timeFeatures}
     */
    public Tensor rows(ImageTokenNetwork network, Tensor z, Tensor features) {
        return network.project(z.mul(deviation).add(mean)).add(Linear.linear(features, time));
    }

    /** Sines and cosines of noise levels, {@code [levels.length * 128]} in row-major order. */
    public static float[] timeFeatures(float[] levels) {
        int half = TIME_FEATURES / 2;
        float[] features = new float[levels.length * TIME_FEATURES];
        for (int i = 0; i < levels.length; i++) {
            for (int k = 0; k < half; k++) {
                double angle = TIME_SCALE * levels[i] * FREQUENCIES[k];
                features[i * TIME_FEATURES + k] = (float) Math.sin(angle);
                features[i * TIME_FEATURES + half + k] = (float) Math.cos(angle);
            }
        }
        return features;
    }

    private static double[] frequencies() {
        int half = TIME_FEATURES / 2;
        double[] frequencies = new double[half];
        Arrays.setAll(frequencies, k -> Math.pow(LONGEST_PERIOD, -(double) k / half));
        return frequencies;
    }

    /** Width of {@link #timeFeatures} per level. */
    public static int timeWidth() {
        return TIME_FEATURES;
    }

    /**
     * The adapter behind a gate, or none if the model reads noise by itself.
     *
     * @param first the first row that the gate is about; those before it are clean
     * @param gate {@code [1 or batch, 1 or rows - first, 1]}, 1 for noisy rows; nothing if all these rows are noisy
     */
    public LowRankAdapter.@Nullable Gated behind(long first, @Nullable Tensor gate) {
        return adapter == null ? null : adapter.behind(first, gate == null ? null : gate.to(products));
    }

    /**
     * The adapter for the noisy ones of the rows of a pass, if there are any and if there is an adapter.
     *
     * @param noisy whether each row is noisy
     */
    public LowRankAdapter.@Nullable Gated behind(boolean[] noisy, Device device) {
        int first = 0;
        while (first < noisy.length && !noisy[first]) {
            first++;
        }
        if (first == noisy.length) {
            return null;
        }
        float[] open = new float[noisy.length - first];
        boolean all = true;
        for (int i = 0; i < open.length; i++) {
            open[i] = noisy[first + i] ? 1 : 0;
            all &= noisy[first + i];
        }
        return behind(first, all ? null : Tensors.of(open, 1, open.length, 1).to(device, ScalarType.Float));
    }
}
