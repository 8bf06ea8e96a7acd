package org.sjd4j.training.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import org.assertj.core.data.Percentage;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.family.raster.RasterLlama;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.training.model.ModelTraining;

/** Workers that share the images of every step train the model that one process trains. */
class DataParallelTest {
    private static final RasterLlama.Config MODEL =
            new RasterLlama.Config(new LlamaConfig(32, 2, 2, 48, 1e-5, 10000), 12, 4, 4, 16, 4);
    private static final Map<String, String> IDENTITY = Map.of("seed", "7");
    private static final Object ONE_AT_A_TIME = new Object();

    @TempDir
    private Path folder;

    @BeforeAll
    static void oneThread() {
        LibTorch.setThreads(1);
    }

    /** Threads of one process: what processes sum over connections. */
    private record Threads(int rank, int count, List<float[]> values, CyclicBarrier barrier) implements Workers {
        @Override
        public void sum(float[] own) {
            try {
                values.set(rank, own.clone());
                barrier.await();
                for (int i = 0; i < own.length; i++) {
                    own[i] = 0;
                    for (float[] other : values) {
                        own[i] += other[i];
                    }
                }
                barrier.await();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** LibTorch's random numbers belong to the process, so that threads must take turns. */
    private record TakingTurns(TrainingTask task) implements TrainingTask {
        @Override
        public TrainableParameters parameters() {
            return task.parameters();
        }

        @Override
        public Loss descend(long step) {
            synchronized (ONE_AT_A_TIME) {
                return task.descend(step);
            }
        }

        @Override
        public Map<String, Double> validate() {
            return task.validate();
        }
    }

    private static final class Losses implements TrainingListener {
        private final List<Double> values = new ArrayList<>();

        @Override
        public void updated(long step, long steps, double loss, double secondsPerStep) {
            values.add(loss);
        }
    }

    private List<Double> train(String directory, long steps, DataParallel parallel) {
        var settings = new TrainingSettings(steps, 5, 0, 3e-3, 0.05, 0.95, 1, 7, 10, 100, 100);
        var losses = new Losses();
        TrainingTask task;
        synchronized (ONE_AT_A_TIME) {
            task = new ModelTraining(
                    MODEL, new TrainerTest.RandomTokens(7), Precision.FLOAT32, 7, new Device("cpu"), (m, png) -> {});
        }
        try (var run = parallel.open(folder.resolve(directory), new java.util.HashMap<>(IDENTITY))) {
            Trainer.train(new TakingTurns(task), settings, run, losses, parallel);
        }
        return losses.values;
    }

    private List<Double> trainTogether(String directory, long steps, int workers, int microBatches) {
        var values = new ArrayList<float[]>();
        for (int i = 0; i < workers; i++) {
            values.add(new float[0]);
        }
        var barrier = new CyclicBarrier(workers);
        try (var threads = Executors.newFixedThreadPool(workers)) {
            var runs = new ArrayList<CompletableFuture<List<Double>>>();
            for (int rank = 0; rank < workers; rank++) {
                var parallel = new DataParallel(new Threads(rank, workers, values, barrier), microBatches);
                runs.add(CompletableFuture.supplyAsync(() -> train(directory, steps, parallel), threads));
            }
            return runs.stream().map(CompletableFuture::join).toList().getFirst();
        }
    }

    @Test
    void twoWorkersTrainWhatOneProcessTrains() {
        var alone = train("alone", 20, new DataParallel(Workers.ALONE, 4));
        var together = trainTogether("together", 20, 2, 4);

        assertThat(together).hasSameSizeAs(alone).hasSize(20);
        for (int i = 0; i < alone.size(); i++) {
            assertThat(together.get(i)).as("step %d", i + 1).isCloseTo(alone.get(i), Percentage.withPercentage(0.01));
        }
        assertThat(distance("alone", "together")).isLessThan(1e-4);
    }

    @Test
    void aRunOfWorkersGoesOnWhereItWas() {
        trainTogether("once", 20, 2, 2);
        trainTogether("twice", 10, 2, 2);
        trainTogether("twice", 20, 2, 2);

        assertThat(parameters("twice")).hasSameBinaryContentAs(parameters("once"));
    }

    @Test
    void imagesAndWorkersMustFit() {
        assertThatThrownBy(() -> new DataParallel(new Threads(0, 3, List.of(), new CyclicBarrier(3)), 2))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("2 micro-batches for 3 workers");
        assertThatThrownBy(() -> new DataParallel(Workers.ALONE, 3).microBatch(16))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("16 images and 3 micro-batches");
        assertThat(new DataParallel(Workers.ALONE, 4).microBatch(16)).isEqualTo(4);
    }

    private Path parameters(String run) {
        return folder.resolve(run + "/checkpoints/step-00000020/parameters.safetensors");
    }

    /** The largest distance of two runs' parameters, relative to the largest parameter. */
    private double distance(String one, String other) {
        return Tensors.inference(() -> {
            double largest = 0;
            double apart = 0;
            var second = TensorFiles.read(parameters(other));
            for (var entry : TensorFiles.read(parameters(one)).entrySet()) {
                Tensor first = entry.getValue();
                largest = Math.max(largest, first.abs().max().item_double());
                Tensor difference = first.sub(second.get(entry.getKey()));
                apart = Math.max(apart, difference.abs().max().item_double());
            }
            return apart / largest;
        });
    }
}
