package org.sjd4j.proposal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sjd4j.api.Families;
import org.sjd4j.api.TinyCheckpoint;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/** What the host computes draft by draft against the same in tensors, and files that are not as they should be. */
class NeighbourHeadTest {
    private static final float NOTHING = Float.NEGATIVE_INFINITY;

    @ParameterizedTest
    @CsvSource({"16, 8, 5, 40", "24, 1, 1, 3", "32, 19, 9, 1030"})
    void theHostCorrectsAsTensorsDo(int hidden, int inner, int rank, int ids) {
        Tensors.inference(() -> {
            torch.manual_seed(3);
            var random = new Random(7);
            var head = random(new NeighbourHead.Config(inner, rank), hidden, ids);
            int rows = 20;
            Tensor with = torch.randn(rows, hidden);
            Tensor without = torch.randn(rows, hidden);
            int[] read = random.ints(rows, 0, ids + 1).toArray();
            int[] left = random.ints(rows, 0, ids).toArray();
            int[] above = random.ints(rows, 0, ids + 1).toArray();
            read[0] = head.noise();
            above[0] = head.nothingAbove();
            float[] expected = Tensors.floats(head.corrected(
                    torch.arange(new Scalar(ids)).expand(rows, ids),
                    with,
                    without,
                    vector(read),
                    vector(left),
                    vector(above)));
            float[] features = Tensors.floats(head.features(Tensors.cat(0, with, without)));
            var correction = head.draftCorrection();
            for (int row = 0; row < rows; row++) {
                float[] logits = new float[ids];
                for (int id = 0; id < ids; id++) {
                    logits[id] = id % 7 == 3 ? NOTHING : id;
                }
                int at = row * head.featureWidth();
                correction.correct(
                        logits, 1, features, at, at + rows * head.featureWidth(), read[row], left[row], above[row]);
                for (int id = 0; id < ids; id++) {
                    if (id % 7 == 3) {
                        assertThat(logits[id]).isEqualTo(NOTHING);
                    } else {
                        assertThat(logits[id])
                                .isCloseTo(
                                        expected[row * ids + id],
                                        within(2e-3f * (1 + Math.abs(expected[row * ids + id]))));
                    }
                }
            }
        });
    }

    @Test
    void aNewHeadChangesNothing() {
        Tensors.inference(() -> {
            Map<String, Tensor> tensors = new HashMap<>();
            var config = new NeighbourHead.Config(8, 4);
            for (var parameter : NeighbourHead.parameters(config, 16, 10)) {
                tensors.put(
                        parameter.name(),
                        parameter.name().matches(".*(up|gate).*")
                                ? torch.zeros(parameter.shape())
                                : torch.randn(parameter.shape()));
            }
            var head = new NeighbourHead(config, 16, 10, Weights.of("a new head", tensors), Precision.FLOAT32);
            Tensor some = vector(new int[] {1, 2});
            Tensor guided = torch.randn(2, 10);
            Tensor corrected = head.corrected(guided, torch.randn(2, 16), torch.randn(2, 16), some, some, some);
            assertThat(Tensors.floats(corrected)).containsExactly(Tensors.floats(guided));
        });
    }

    private static NeighbourHead random(NeighbourHead.Config config, int hidden, int ids) {
        Map<String, Tensor> tensors = new HashMap<>();
        NeighbourHead.parameters(config, hidden, ids)
                .forEach(parameter -> tensors.put(parameter.name(), torch.randn(parameter.shape())));
        return new NeighbourHead(config, hidden, ids, Weights.of("at random", tensors), Precision.FLOAT32);
    }

    private static Tensor vector(int[] values) {
        return Tensors.of(values, values.length);
    }

    @Test
    void aHeadWithoutWeightsOrOfAnotherModelIsRefused(@TempDir Path directory) throws IOException {
        TinyCheckpoint.write(directory);
        assertThat(ProposalFiles.of(directory, null).neighbour()).isNull();
        assertThatThrownBy(() -> ProposalFiles.of(directory, directory)).isInstanceOf(CheckpointException.class);
        TinyCheckpoint.neighbour(directory);
        assertThat(ProposalFiles.of(directory, directory).neighbour()).isNotNull();
        Files.writeString(directory.resolve(NeighbourFiles.CONFIG), """
                {"inner_size": 8, "rank": 4, "base_model_type": "llama", "base_hidden_size": 32, "base_fingerprint": "0123"}
                """);
        assertThatThrownBy(() -> Families.describe(directory)
                        .load(ComputeDevice.CPU, Precision.FLOAT32)
                        .close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("0123")
                .hasMessageContaining("use the model that it was trained with");
        for (String wrong : List.of("{\"inner_size\": 9, \"rank\": 4}", "{\"inner_size\": 8}", "{}", "{\"rank\": 0}")) {
            Files.writeString(directory.resolve(NeighbourFiles.CONFIG), wrong);
            assertThatThrownBy(() -> Families.describe(directory)
                            .load(ComputeDevice.CPU, Precision.FLOAT32)
                            .close())
                    .as(wrong)
                    .isInstanceOf(CheckpointException.class);
        }
        TinyCheckpoint.neighbour(directory);
        Files.delete(directory.resolve(NeighbourFiles.WEIGHTS));
        assertThatThrownBy(() -> Families.describe(directory))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("neighbour.safetensors");
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).contains(directory.resolve(NeighbourFiles.CONFIG));
        }
    }
}
