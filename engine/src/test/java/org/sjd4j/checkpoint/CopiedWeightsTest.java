package org.sjd4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sjd4j.Numeric;
import org.sjd4j.api.Families;
import org.sjd4j.api.TinyGeneration;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.StepObserver;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.PublishedDescription;
import org.sjd4j.tensor.Precision;

/** Weights of which each is copied as it is read, as for a GPU, make the same network as weights that stay where they lie. */
@Numeric
class CopiedWeightsTest {
    @ParameterizedTest
    @CsvSource({
        "tiny-lumina-mgpt, FLOAT32",
        "tiny-emu3-gen, FLOAT32",
        "tiny-emu3-gen, BFLOAT16",
        "tiny-emu3-gen, FLOAT16",
        "tiny-emu3-gen, INT8",
        "tiny-janus-pro, FLOAT32",
        "tiny-llamagen-t2i, FLOAT32",
        "tiny-llamagen-t2i, BFLOAT16"
    })
    void makeTheSameNetwork(String family, Precision precision) {
        var description =
                (PublishedDescription<?>) Families.describe(Fixtures.folder().resolve(family));
        try (var checkpoint = MappedCheckpoint.open(description.weightsFile());
                var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            var model = TinyGeneration.of(description, checkpoint.weights(), precision);
            var copies = checkpoint.copiedOnReading(new Device("cpu"));
            var copied = TinyGeneration.of(description, copies, precision);
            assertThat(tokens(copied, precision)).isEqualTo(tokens(model, precision));
        }
    }

    private static int[] tokens(TinyGeneration model, Precision precision) {
        torch.manual_seed(9);
        try (var session =
                model.begin(TinyGeneration.proposals(model.network(), precision), new Sampling(2.5, 1, 40, 1))) {
            return Decoders.SJD_EXACT
                    .decode(session, TinyGeneration.settings(5, 1), 3, StepObserver.NONE)
                    .tokens();
        }
    }
}
