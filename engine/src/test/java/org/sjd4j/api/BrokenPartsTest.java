package org.sjd4j.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.ComputeDevice;
import org.sjd4j.tensor.OwnerThread;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;

/** Parts whose tensors do not fit together are told before an image is generated, and never by native code. */
class BrokenPartsTest {
    @TempDir
    private Path directory;

    /** Writes a file of tensors again, each changed or left out. */
    private static void rewrite(Path file, BiFunction<String, Tensor, @Nullable Tensor> change) {
        Tensors.inference(() -> {
            Map<String, Tensor> changed = new LinkedHashMap<>();
            TensorFiles.read(file).forEach((name, tensor) -> {
                Tensor made = change.apply(name, tensor);
                if (made != null) {
                    changed.put(name, made);
                }
            });
            TensorFiles.write(file, changed, Map.of());
        });
    }

    private static void refused(Path model, String... parts) {
        var description = Families.describe(model);
        assertThat(description.problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem).contains(parts).doesNotContain("\n"));
        var owner = new OwnerThread("test");
        try {
            assertThatExceptionOfType(CheckpointException.class)
                    .isThrownBy(() -> owner.call(() -> description.load(ComputeDevice.CPU, Precision.FLOAT32)))
                    .satisfies(e -> assertThat(e.getMessage()).contains(parts));
        } finally {
            owner.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "LUMINA, image_tokenizer/vqgan.safetensors, decoder.conv_out.weight",
        "LUMINA, image_tokenizer/vqgan.safetensors, decoder.mid.attn_1.q.bias",
        "LUMINA, image_tokenizer/vqgan.safetensors, post_quant_conv.weight",
        "EMU3, image_tokenizer/model.safetensors, decoder.time_res_stack.0.norm1.running_var",
        "EMU3, image_tokenizer/model.safetensors, decoder.norm_out.conv_y.weight",
        "JANUS, model.safetensors, gen_vision_model.decoder.conv_blocks.0.res.0.conv2.weight",
        "LLAMAGEN, vq_ds16_t2i.safetensors, decoder.conv_in.bias"
    })
    void everyTensorOfAnImageTokenizerIsNeededAndHasItsShape(TinyPublished family, String file, String tensor) {
        Path model = family.write(directory.resolve("model"));
        rewrite(model.resolve(file), (name, value) -> name.equals(tensor) ? null : value);
        refused(model, "no tensor '" + tensor + "'");
        long[][] shapes = {{}, {0}, {7}, {5, 3}, {0, 32, 3, 3}, {32, 32, 2, 2}, {32, 32, 5, 5}, {3, 32, 3, 3, 3}};
        for (int i = 0; i < shapes.length; i++) {
            long[] shape = shapes[i];
            Path other = family.write(directory.resolve("model" + i));
            rewrite(other.resolve(file), (name, value) -> name.equals(tensor) ? torch.ones(shape) : value);
            assertThat(Families.describe(other).problems())
                    .as(Arrays.toString(shape))
                    .singleElement()
                    .satisfies(problem -> assertThat(problem).contains("expected"));
        }
    }

    @Test
    void anImageTokenizerOfAnotherSizeIsRefused() {
        Path model = TinyPublished.LUMINA.write(directory.resolve("model"));
        Path file = model.resolve("image_tokenizer/vqgan.safetensors");
        rewrite(file, (name, value) -> name.startsWith("decoder.up.4.") ? null : value);
        refused(model, "makes 8x8 pixels of a code", "16x16");
    }

    @Test
    void weightsThatAreWholeNumbersAreRefused() {
        Path model = TinyPublished.EMU3.write(directory.resolve("model"));
        rewrite(
                model.resolve("model.safetensors"),
                (name, value) -> name.endsWith("layers.1.mlp.up_proj.weight") ? value.to(ScalarType.Int) : value);
        refused(model, "'model.layers.1.mlp.up_proj.weight' of type Int", "floating-point numbers");
    }

    /** A tokenizer of another model has ids for which there are no rows. */
    @Test
    void idsBeyondTheVocabularyAreRefused() throws IOException {
        Path model = TinyPublished.JANUS.write(directory.resolve("model"));
        Path tokenizer = model.resolve("tokenizer.json");
        String json = Files.readString(tokenizer, StandardCharsets.UTF_8);
        Files.writeString(tokenizer, json.replaceFirst("\"red\":\\s*1\\b", "\"red\":70000"));
        try (var loaded = TextToImage.open(model, "cpu")) {
            assertThatExceptionOfType(CheckpointException.class)
                    .isThrownBy(() -> loaded.generate(
                            new Request("red box", 1, Decoders.AR, DecoderSettings.DEFAULT, Sampling.PLAIN)))
                    .withMessageContaining("token id 70000")
                    .withMessageContaining("one of the model's 400");
        }
    }

    @Test
    void sizesOfLlamaGenAreReadOffTensorsThatHaveThem() {
        Path model = TinyPublished.LLAMAGEN.write(directory.resolve("model"));
        Path file = model.resolve("model.safetensors");
        for (long[] shape : new long[][] {{}, {6}, {0, 24}, {6, 24, 1}}) {
            rewrite(file, (name, value) -> name.endsWith("uncond_embedding") ? torch.ones(shape) : value);
            deleteConfig(model);
            assertThatExceptionOfType(CheckpointException.class)
                    .isThrownBy(() -> Families.describe(model))
                    .withMessageContaining("'cls_embedding.uncond_embedding' of shape");
        }
    }

    private static void deleteConfig(Path model) {
        try {
            Files.deleteIfExists(model.resolve("config.json"));
            Files.deleteIfExists(model.resolve("t2i_tiny.pt"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
