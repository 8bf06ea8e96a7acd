package org.sjd4j.generate;

import static org.assertj.core.api.Assumptions.assumeThat;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sjd4j.Numeric;
import org.sjd4j.api.Families;
import org.sjd4j.api.TinyGeneration;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.PublishedDescription;
import org.sjd4j.llama.Denoising;
import org.sjd4j.proposal.Proposals;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Processor;

/** In float16 on a CPU, seed-exactness holds by arithmetic where attention works in blocks: a row has the same bits in every pass. */
@Numeric
class RowByRowTest {
    private static final Sampling GUIDED = new Sampling(3, 1, 0, 1);
    private static final Sampling PLAIN = new Sampling(1, 1, 0, 1);
    private static final long SEED = 11;

    @BeforeAll
    static void needsProductsOfFloat16() {
        assumeThat(Processor.current().readsFloat16())
                .as("float16 weights are read as they are")
                .isTrue();
    }

    @ParameterizedTest
    @MethodSource("org.sjd4j.api.TinyGeneration#checkpoints")
    void publishedFamiliesComputeEachRowAlike(String name) {
        torch.manual_seed(5);
        var description =
                (PublishedDescription<?>) Families.describe(Fixtures.folder().resolve(name));
        try (var checkpoint = MappedCheckpoint.open(description.weightsFile());
                var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            var generation = TinyGeneration.of(description, checkpoint, Precision.FLOAT16);
            var denoising = TinyGeneration.denoising(generation.network(), Precision.FLOAT16);
            RowByRow.check(() -> begin(generation, denoising, GUIDED), SEED);
            RowByRow.check(() -> begin(generation, denoising, PLAIN), SEED);
        }
    }

    private static ImageSession begin(TinyGeneration generation, Denoising denoising, Sampling sampling) {
        return new ImageSession(
                generation.network(),
                Proposals.of(denoising),
                generation.layout(),
                generation::prompt,
                generation::none,
                sampling,
                new Device("cpu"),
                true);
    }
}
