package org.sjd4j.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.metrics.TextImageMetric;
import org.sjd4j.metrics.clip.Clip;
import org.sjd4j.metrics.clip.ClipPreprocessing.Variant;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.Tensors;

class ClipTest {
    private Path tiny = Path.of("");

    @TempDir
    private Path directory = Path.of("");

    @BeforeEach
    void find() {
        tiny = Fixtures.folder().resolve("tiny-clip");
    }

    @Test
    void theFrontDoorGivesTheOfficialCosines() {
        record Expected(List<BufferedImage> images, List<String> texts, float[] cosines) {}
        var expected = Tensors.inference(() -> {
            var golden = Golden.read(tiny);
            return new Expected(
                    IntStream.range(0, 3)
                            .mapToObj(i -> golden.image("image." + i + ".uint8_hwc"))
                            .toList(),
                    golden.info()
                            .path("texts")
                            .valueStream()
                            .map(text -> text.asString())
                            .toList(),
                    Tensors.floats(golden.get("clipscore.cos")));
        });
        try (var clip = Clip.open(tiny, Variant.HUGGING_FACE)) {
            assertThat(clip.name()).matches("tiny-clip@[0-9a-f]{16} \\(hugging-face\\)");
            assertThat(clip.scale()).isCloseTo(Math.exp(4.59375), within(1e-9));
            int at = 0;
            for (String text : expected.texts) {
                for (BufferedImage image : expected.images) {
                    assertThat(TextImageMetric.cosine(clip.text(text), clip.image(image)))
                            .isCloseTo(expected.cosines[at++], within(5e-5f));
                }
            }
        }
    }

    @Test
    void embeddingsHaveLengthOneAndManyThreadsMayAsk() {
        var image = new BufferedImage(50, 31, BufferedImage.TYPE_INT_RGB);
        image.setRGB(20, 20, 0x8040ff);
        try (var clip = Clip.open(tiny, Variant.OPENAI)) {
            float[] seen = clip.image(image);
            assertThat(TextImageMetric.cosine(seen, seen)).isCloseTo(1, within(1e-6f));
            assertThat(IntStream.range(0, 8).parallel().mapToObj(i -> clip.image(image)))
                    .allSatisfy(again -> assertThat(again).containsExactly(seen));
        }
    }

    @Test
    void nothingNativeIsLeft() {
        var image = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB);
        Runnable use = () -> {
            try (var clip = Clip.open(tiny, Variant.HUGGING_FACE)) {
                clip.image(image);
                clip.text("a cat");
            }
        };
        use.run();
        long before = LibTorch.nativeObjects();
        use.run();
        assertThat(LibTorch.nativeObjects()).isEqualTo(before);
    }

    @Test
    void aDirectoryWithoutConfigurationIsRefused() {
        assertThat(Clip.recognises(directory)).isFalse();
        refused("no config.json");
    }

    @Test
    void anotherKindOfNetworkIsRefused() throws IOException {
        Files.writeString(directory.resolve("config.json"), "{\"model_type\": \"t5\"}");
        assertThat(Clip.recognises(directory)).isFalse();
        refused("'model_type' 't5'");
    }

    @Test
    void weightsOfAnotherNetworkAreRefused() throws IOException {
        copyAllBut("model.safetensors");
        refused("without a checkpoint");
        Files.copy(
                Fixtures.folder().resolve("tiny-t5-encoder/model.safetensors"), directory.resolve("model.safetensors"));
        refused("no tensor 'text_model.embeddings.token_embedding.weight'");
    }

    @Test
    void weightsOfAnotherSizeAreRefused() throws IOException {
        copyAllBut("config.json");
        String config = Files.readString(tiny.resolve("config.json"));
        write(config.replace("\"intermediate_size\": 128", "\"intermediate_size\": 64"));
        refused("'vision_model.encoder.layers.0.mlp.fc1.weight' of shape [128, 64]");
        write(config.replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1"));
        refused("tensor(s) that nothing reads: text_model.encoder.layers.1.layer_norm1.bias");
        write(config.replace("\"num_attention_heads\": 4", "\"num_attention_heads\": 5"));
        refused("'num_attention_heads' 5");
        write(config.replace("quick_gelu", "relu"));
        refused("'hidden_act' relu");
        write(config.replace("\"image_size\": 32", "\"image_size\": 40"));
        refused("'crop_size' 32");
    }

    /** Old configurations say the same twice, and Transformers believes the second. */
    @Test
    void configurationsThatContradictThemselvesAreRefused() throws IOException {
        copyAllBut("config.json");
        String config = Files.readString(tiny.resolve("config.json"));
        String twin = "{\"hidden_size\": 48, \"intermediate_size\": 96, \"num_hidden_layers\": 2,"
                + " \"num_attention_heads\": 4, \"hidden_act\": \"%s\"}";
        String key = "\"text_config_dict\": ";
        write(config.replace(key + "null", key + twin.formatted("gelu")));
        refused("'text_config_dict' with other values than text_config");
        write(config.replace("\"vision_config_dict\": null", "\"vision_config_dict\": {}"));
        refused("'vision_config_dict' with other values than vision_config");
        write(config.replace("{\n", "{\"quantization_config\": {\"bits\": 8},\n"));
        refused("'quantization_config'");
        write(config.replace(key + "null", key + twin.formatted("quick_gelu")));
        Clip.open(directory, Variant.HUGGING_FACE).close();
    }

    @Test
    void filesThatAreMissingAreNamed() throws IOException {
        copyAllBut("preprocessor_config.json");
        refused("preprocessor_config.json");
    }

    @Test
    void aMissingTokenizerIsNamed() throws IOException {
        copyAllBut("tokenizer.json");
        refused("no text tokenizer");
    }

    private void refused(String reason) {
        assertThatThrownBy(() -> Clip.open(directory, Variant.HUGGING_FACE))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(reason)
                .hasMessageNotContaining("\n");
    }

    private void copyAllBut(String missing) throws IOException {
        for (String name : List.of("config.json", "preprocessor_config.json", "tokenizer.json", "model.safetensors")) {
            if (!name.equals(missing)) {
                Files.copy(tiny.resolve(name), directory.resolve(name));
            }
        }
    }

    private void write(String config) throws IOException {
        Files.writeString(directory.resolve("config.json"), config);
    }
}
