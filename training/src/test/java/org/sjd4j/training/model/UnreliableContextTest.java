package org.sjd4j.training.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Device;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.family.raster.RasterLlama;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.training.loop.RunDirectory;
import org.sjd4j.training.loop.Trainer;
import org.sjd4j.training.loop.TrainerTest;
import org.sjd4j.training.loop.TrainingListener;
import org.sjd4j.training.loop.TrainingSettings;

/**
 * What a model reads in training. In the images of {@link TrainerTest.RandomTokens} the codes at even places are
 * random and each of the others repeats the code before it.
 */
final class UnreliableContextTest {
    private static final RasterLlama.Config MODEL =
            new RasterLlama.Config(new LlamaConfig(32, 2, 2, 48, 1e-5, 10000), 12, 4, 4, 16, 4);
    private static final int READ = MODEL.length() - 1;
    private static final int ROUNDS = 100;
    private static final int BLANK = -1;

    @TempDir
    private Path folder;

    @BeforeAll
    static void oneThread() {
        LibTorch.setThreads(1);
    }

    @Test
    void guessesAreTheModelsOwn() {
        var task = task();
        var before = changedCodes(task);
        Trainer.train(
                task,
                new TrainingSettings(600, 10, 100, 5e-3, 0, 0.95, 1, 7, 600, 600, 600),
                RunDirectory.open(folder, Map.of()),
                TrainingListener.SILENT);
        var after = changedCodes(task);

        assertThat(before.random())
                .as("an untrained model guesses all codes wrong")
                .isBetween(0.2, 0.35);
        assertThat(before.repeated()).isBetween(0.2, 0.35);
        assertThat(after.random()).as("nobody can guess these").isBetween(0.2, 0.35);
        assertThat(after.repeated()).as("these can be read off").isLessThan(before.repeated() / 2);
    }

    @Test
    void otherImagesLoseCodesOrAreReadAsTheyAre() {
        var task = task();
        int intact = 0;
        int blanks = 0;
        for (int round = 0; round < ROUNDS; round++) {
            int[][] seen = read(task, round);
            int[] codes =
                    Tensors.ints(new TrainerTest.RandomTokens(7).training(round).codes());
            for (int image = 1; image < seen.length; image++) {
                int lost = 0;
                for (int j = 0; j < READ; j++) {
                    int code = seen[image][j];
                    assertThat(code).isIn(BLANK, codes[image * MODEL.length() + j]);
                    lost += code == BLANK ? 1 : 0;
                }
                intact += lost == 0 ? 1 : 0;
                blanks += lost;
            }
        }
        int images = 3 * ROUNDS;

        assertThat(intact / (double) images).isBetween(0.45, 0.75);
        assertThat(blanks / (double) (images * READ)).isBetween(0.06, 0.14);
    }

    /** Shares of the codes of the first image, at even and at odd places, that are not what the image has there. */
    private record Changed(double random, double repeated) {}

    private static Changed changedCodes(ModelTraining task) {
        int[] changed = new int[2];
        for (int round = 0; round < ROUNDS; round++) {
            int[] seen = read(task, round)[0];
            int[] codes =
                    Tensors.ints(new TrainerTest.RandomTokens(7).training(round).codes());
            for (int j = 0; j < READ; j++) {
                changed[j % 2] += seen[j] == codes[j] ? 0 : 1;
            }
        }
        return new Changed(changed[0] / (8.0 * ROUNDS), changed[1] / (7.0 * ROUNDS));
    }

    /** The codes that the model reads in place of a batch's, {@code [batch][length - 1]}. */
    private static int[][] read(ModelTraining task, int round) {
        var model = task.model();
        var context = new UnreliableContext(MODEL, model.rotations(new Device("cpu")), new Device("cpu"));
        var batch = new TrainerTest.RandomTokens(7).training(round);
        float[] found =
                Tensors.inference(() -> Tensors.floats(context.embeddings(model, batch, new SplittableRandom(round))));
        float[] table = Tensors.floats(model.codeTable());
        int images = Math.toIntExact(batch.codes().size(0));
        int[][] codes = new int[images][READ];
        for (int i = 0; i < images * READ; i++) {
            codes[i / READ][i % READ] = code(Arrays.copyOfRange(found, i * 4, i * 4 + 4), table);
        }
        return codes;
    }

    private static int code(float[] embedding, float[] table) {
        if (embedding[0] == 0 && embedding[1] == 0) {
            return BLANK;
        }
        for (int code = 0; code < MODEL.codes(); code++) {
            if (Arrays.equals(embedding, Arrays.copyOfRange(table, code * 4, code * 4 + 4))) {
                return code;
            }
        }
        throw new AssertionError("no code has the embedding " + Arrays.toString(embedding));
    }

    private static ModelTraining task() {
        return new ModelTraining(
                MODEL, new TrainerTest.RandomTokens(7), Precision.FLOAT32, 7, new Device("cpu"), (model, png) -> {});
    }
}
