package org.sjd4j.parity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.checkpoint.TensorFiles;
import org.sjd4j.tensor.Tensors;

/** The tiny CLIP gives the numbers of Transformers, openai/CLIP and torchmetrics. */
class ClipParityTest {
    private static final String BIAS = "vision_model.encoder.layers.1.mlp.fc2.bias";

    @Test
    void itGivesTheOfficialNumbersAndNoneIsLeftOut() {
        var report = MetricParity.of(tiny());
        assertThat(report.unread()).isEmpty();
        assertThat(report.checks())
                .hasSizeGreaterThan(100)
                .allSatisfy(
                        check -> assertThat(check.passed()).as(check.toString()).isTrue());
    }

    @Test
    void oneWrongWeightIsSeen(@TempDir Path directory) throws IOException {
        copy(directory, config -> config);
        write(directory, BIAS, bias -> bias.neg());
        assertThat(MetricParity.of(directory).checks().stream()
                        .filter(check -> !check.passed())
                        .map(Check::name))
                .contains("image.tap.layers.1", "image.image_embeds", "logits_per_text")
                .doesNotContain("image.tap.layers.0", "text.text_embeds");
    }

    /** Another layout: bfloat16 files without counted positions, and a text ends where its first end is. */
    @Test
    void newerFilesPoolWhereTheFirstEndIs(@TempDir Path directory) throws IOException {
        copy(directory, config -> config.replace("\"eos_token_id\": 2", "\"eos_token_id\": 573"));
        write(directory, BIAS, bias -> bias);
        var failed = MetricParity.of(directory).checks().stream()
                .filter(check -> !check.passed())
                .map(Check::name);
        assertThat(failed)
                .containsExactlyInAnyOrder(
                        "eos_rule.pooled_position", "eos_rule.text_embeds", "eos_rule.text_embeds_other_rule");
    }

    private static Path tiny() {
        return Fixtures.folder().resolve("tiny-clip");
    }

    private static void copy(Path directory, UnaryOperator<String> config) throws IOException {
        for (String name : List.of(
                "preprocessor_config.json",
                "tokenizer.json",
                "tokenizer_golden.json",
                "golden.json",
                "golden.safetensors")) {
            Files.copy(tiny().resolve(name), directory.resolve(name));
        }
        Files.writeString(
                directory.resolve("config.json"), config.apply(Files.readString(tiny().resolve("config.json"))));
    }

    /** Writes all weights in bfloat16, one of them changed. */
    private static void write(Path directory, String changed, UnaryOperator<Tensor> change) {
        Tensors.inference(() -> {
            var tensors = new LinkedHashMap<String, Tensor>();
            TensorFiles.read(tiny().resolve("model.safetensors")).forEach((name, tensor) -> {
                if (!name.endsWith("position_ids")) {
                    tensors.put(name, (name.equals(changed) ? change.apply(tensor) : tensor).to(ScalarType.BFloat16));
                }
            });
            TensorFiles.write(directory.resolve("model.safetensors"), tensors, Map.of("format", "pt"));
        });
    }
}
