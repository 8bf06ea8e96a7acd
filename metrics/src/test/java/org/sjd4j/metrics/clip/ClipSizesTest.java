package org.sjd4j.metrics.clip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.tensor.Tensors;

/** Every size comes from the configuration: a network unlike all others, in float16 and in two files. */
class ClipSizesTest {
    private static final String CONFIG = """
            {"model_type": "clip", "projection_dim": 6,
             "text_config": {"hidden_size": 12, "intermediate_size": 20, "num_hidden_layers": 1,
               "num_attention_heads": 3, "max_position_embeddings": 9, "vocab_size": 40, "hidden_act": "gelu",
               "eos_token_id": 39},
             "vision_config": {"hidden_size": 10, "intermediate_size": 14, "num_hidden_layers": 3,
               "num_attention_heads": 5, "image_size": 50, "patch_size": 16}}
            """;

    private final Random random = new Random(5);
    private final Map<String, Tensor> text = new LinkedHashMap<>();
    private final Map<String, Tensor> vision = new LinkedHashMap<>();

    @Test
    void aNetworkOfOtherSizesInTwoFilesIsRead(@TempDir Path directory) throws IOException {
        Files.writeString(directory.resolve("config.json"), CONFIG);
        var config = ClipConfig.read(directory);
        assertThat(config.vision().patches()).isEqualTo(9);
        Tensors.inference(() -> {
            makeText();
            makeVision();
            TensorFiles.write(directory.resolve("one.safetensors"), text, Map.of());
            TensorFiles.write(directory.resolve("two.safetensors"), vision, Map.of());
        });
        var index = new StringBuilder();
        text.keySet().forEach(name -> index.append(",\"%s\": \"one.safetensors\"".formatted(name)));
        vision.keySet().forEach(name -> index.append(",\"%s\": \"two.safetensors\"".formatted(name)));
        Files.writeString(
                directory.resolve("model.safetensors.index.json"), "{\"weight_map\": {" + index.substring(1) + "}}");
        Tensors.inference(() -> {
            var model = ClipModel.load(directory, config, new Device("cpu"));
            int[][] ids = {{38, 1, 2, 39, 39}, {38, 1, 2, 39, 7}};
            float[] read = Tensors.floats(model.text(ids, ClipTower.Observer.NONE));
            float[] seen = Tensors.floats(
                    model.image(Tensors.of(new float[2 * 3 * 50 * 50], 2, 3, 50, 50), ClipTower.Observer.NONE));
            assertThat(read).hasSize(12).doesNotContain(Float.NaN);
            assertThat(seen).hasSize(12).doesNotContain(Float.NaN);
            for (int i = 0; i < 6; i++) {
                assertThat(read[i]).as("what follows the end does not matter").isCloseTo(read[i + 6], within(1e-5f));
            }
        });
    }

    private void makeText() {
        put(text, "logit_scale");
        put(text, "text_projection.weight", 6, 12);
        put(text, "text_model.embeddings.token_embedding.weight", 40, 12);
        put(text, "text_model.embeddings.position_embedding.weight", 9, 12);
        makeAffine(text, "text_model.final_layer_norm", 12);
        makeBlock(text, "text_model.encoder.layers.0.", 12, 20);
    }

    private void makeVision() {
        put(vision, "visual_projection.weight", 6, 10);
        put(vision, "vision_model.embeddings.class_embedding", 10);
        put(vision, "vision_model.embeddings.patch_embedding.weight", 10, 3, 16, 16);
        put(vision, "vision_model.embeddings.position_embedding.weight", 10, 10);
        makeAffine(vision, "vision_model.pre_layrnorm", 10);
        makeAffine(vision, "vision_model.post_layernorm", 10);
        for (int i = 0; i < 3; i++) {
            makeBlock(vision, "vision_model.encoder.layers." + i + ".", 10, 14);
        }
    }

    private void makeBlock(Map<String, Tensor> into, String prefix, int hidden, int intermediate) {
        for (String name : new String[] {"q_proj", "k_proj", "v_proj", "out_proj"}) {
            makeAffine(into, prefix + "self_attn." + name, hidden, hidden);
        }
        makeAffine(into, prefix + "layer_norm1", hidden);
        makeAffine(into, prefix + "layer_norm2", hidden);
        makeAffine(into, prefix + "mlp.fc1", intermediate, hidden);
        makeAffine(into, prefix + "mlp.fc2", hidden, intermediate);
    }

    private void makeAffine(Map<String, Tensor> into, String name, long... shape) {
        put(into, name + ".weight", shape);
        put(into, name + ".bias", shape[0]);
    }

    private void put(Map<String, Tensor> into, String name, long... shape) {
        int count = 1;
        for (long side : shape) {
            count *= (int) side;
        }
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        into.put(name, Tensors.of(values, shape).to(ScalarType.Half));
    }
}
