package org.sjd4j.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.Numeric;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Layout;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.PublishedDescription;
import org.sjd4j.llama.Denoising;
import org.sjd4j.proposal.NeighbourHead;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;

/** All decoders on all families: with guidance, structural tokens, and branches of different length. */
@Numeric
class PublishedFamiliesTest {
    private static final Sampling GUIDED = TinyGeneration.GUIDED;
    private static final int SEEDS = 3;

    @ParameterizedTest
    @MethodSource("org.sjd4j.api.TinyGeneration#checkpoints")
    void seedExactDecodingGeneratesWhatAutoregressionGenerates(String name) {
        seedExactDecodingGeneratesWhatAutoregressionGenerates(name, Precision.FLOAT32);
        seedExactDecodingGeneratesWhatAutoregressionGenerates(name, Precision.forSmallModels(ComputeDevice.CPU));
    }

    /** Their matrices have sizes that fill no vector register, such as the 8 input channels of Janus' aligner. */
    @ParameterizedTest
    @ValueSource(strings = {"tiny-lumina-mgpt", "tiny-emu3-gen", "tiny-janus-pro", "tiny-llamagen-t2i"})
    void everyFormatGeneratesImages(String name) {
        torch.manual_seed(7);
        var description =
                (PublishedDescription<?>) Families.describe(Fixtures.folder().resolve(name));
        for (Precision precision : Precision.values()) {
            try (var checkpoint = MappedCheckpoint.open(description.weightsFile());
                    var scope = new PointerScope();
                    var guard = new NoGradGuard()) {
                var generation = TinyGeneration.of(description, checkpoint, precision);
                var proposals = TinyGeneration.proposals(generation.network(), precision);
                for (int window : new int[] {1, 5, 16}) {
                    int[] tokens = generation.generate(Decoders.SJD2_EXACT, window, 1, proposals, window);
                    for (int i = 0; i < tokens.length; i++) {
                        assertThat(generation.layout().allows(i, tokens[i]))
                                .as("%s: token %d at %d", precision, tokens[i], i)
                                .isTrue();
                    }
                }
            }
        }
    }

    private static void seedExactDecodingGeneratesWhatAutoregressionGenerates(String name, Precision precision) {
        torch.manual_seed(5);
        var description =
                (PublishedDescription<?>) Families.describe(Fixtures.folder().resolve(name));
        try (var checkpoint = MappedCheckpoint.open(description.weightsFile());
                var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            var generation = TinyGeneration.of(description, checkpoint, precision);
            var proposals = TinyGeneration.proposals(generation.network(), precision);
            Set<List<Integer>> images = new HashSet<>();
            for (int seed = 0; seed < SEEDS; seed++) {
                int[] ar = generation.generate(Decoders.AR, 1, 0, proposals, seed);
                images.add(Arrays.stream(ar).boxed().toList());
                for (int window : new int[] {1, 2, 7, 16, 64}) {
                    assertThat(generation.generate(Decoders.SJD_EXACT, window, 0, proposals, seed))
                            .as("%s, sjd-exact, window %d, seed %d", precision, window, seed)
                            .isEqualTo(ar);
                    assertThat(generation.generate(Decoders.SJD2_EXACT, window, 1, proposals, seed))
                            .as("%s, sjd2-exact, window %d, seed %d", precision, window, seed)
                            .isEqualTo(ar);
                }
            }
            assertThat(images).hasSize(SEEDS);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-lumina-mgpt", "tiny-emu3-gen", "tiny-janus-pro", "tiny-llamagen-t2i"})
    void everyDecoderKeepsToTheGrammar(String name) {
        torch.manual_seed(6);
        var description =
                (PublishedDescription<?>) Families.describe(Fixtures.folder().resolve(name));
        try (var checkpoint = MappedCheckpoint.open(description.weightsFile());
                var scope = new PointerScope();
                var guard = new NoGradGuard()) {
            var generation = TinyGeneration.of(description, checkpoint, Precision.FLOAT32);
            var proposals = TinyGeneration.proposals(generation.network(), Precision.FLOAT32);
            for (Decoder decoder : Decoders.all()) {
                int[] tokens = generation.generate(decoder, 11, 2, proposals, 1);
                assertThat(tokens).hasSize(generation.layout().length());
                for (int i = 0; i < tokens.length; i++) {
                    int forced = generation.layout().forcedAt(i);
                    assertThat(generation.layout().allows(i, tokens[i]))
                            .as(
                                    "%s: token %d at %d (forced %d of %d)",
                                    decoder.name(), tokens[i], i, forced, Layout.NONE)
                            .isTrue();
                }
            }
        }
    }

    /** An adapter that lies beside a published model is found, and leaves what is generated as it was. */
    @Test
    void anAdapterBesideTheModelIsFound(@TempDir Path directory) throws IOException {
        Path model = Files.createDirectories(directory.resolve("model"));
        try (Stream<Path> files = Files.list(Fixtures.folder().resolve("tiny-emu3-gen"))) {
            for (Path file : files.toList()) {
                Files.copy(file, model.resolve(file.getFileName()));
            }
        }
        Path vision = Fixtures.folder().resolve("tiny-emu3-visiontokenizer");
        var description = (PublishedDescription<?>) Families.describe(model, vision);
        Files.writeString(
                model.resolve("denoising_config.json"),
                "{\"adapter_rank\": 2, \"noise_ratio_min\": 0.1, \"noise_ratio_max\": 4}");
        Tensors.inference(() -> {
            Map<String, Tensor> tensors = new HashMap<>();
            Denoising.parameters(
                            new Denoising.Config(2, 0.1, 4),
                            description.llama(),
                            description.llama().hidden())
                    .forEach(parameter -> tensors.put(
                            parameter.name(),
                            torch.randn(parameter.shape()).mul(new Scalar(0.1)).abs()));
            TensorFiles.write(model.resolve("denoising.safetensors"), tensors, Map.of());
        });
        writeNeighbourHead(description, model);
        try (var loaded = TextToImage.open(Families.describe(model, vision), ComputeDevice.CPU, Precision.FLOAT32)) {
            var settings = DecoderSettings.DEFAULT.withDenoisingSteps(2);
            var ar = loaded.generate(new Request("a fox", 4, Decoders.AR, settings, GUIDED));
            var noisy = loaded.generate(new Request("a fox", 4, Decoders.SJD2_EXACT, settings, GUIDED));
            assertThat(noisy.tokens()).isEqualTo(ar.tokens());
            assertThat(noisy.statistics().steps()).isLessThan(ar.statistics().steps());
            for (Decoder decoder : List.of(Decoders.SJD_NEIGHBOUR_EXACT, Decoders.SJD2_NEIGHBOUR_EXACT)) {
                var corrected = loaded.generate(new Request("a fox", 4, decoder, settings, GUIDED));
                assertThat(corrected.tokens()).as(decoder.name()).isEqualTo(ar.tokens());
                assertThat(corrected.statistics().steps())
                        .isLessThan(ar.statistics().steps());
            }
        }
    }

    private static void writeNeighbourHead(PublishedDescription<?> description, Path model) throws IOException {
        Files.writeString(model.resolve("neighbour_config.json"), "{\"inner_size\": 6, \"rank\": 3}");
        Tensors.inference(() -> {
            Map<String, Tensor> tensors = new HashMap<>();
            int ids = description.layout(description.sizes().getFirst()).codebookSize();
            NeighbourHead.parameters(
                            new NeighbourHead.Config(6, 3), description.llama().hidden(), ids)
                    .forEach(parameter -> tensors.put(parameter.name(), torch.randn(parameter.shape())));
            TensorFiles.write(model.resolve("neighbour.safetensors"), tensors, Map.of());
        });
    }
}
