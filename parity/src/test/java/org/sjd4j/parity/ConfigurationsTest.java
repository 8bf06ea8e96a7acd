package org.sjd4j.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.api.Families;
import org.sjd4j.checkpoint.Fixtures;
import org.sjd4j.tensor.CheckpointException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The config.json of every family as newer programs write it, and with switches that nothing here computes. */
class ConfigurationsTest {
    private static final JsonMapper JSON = new JsonMapper();

    @TempDir
    private Path directory;

    private ObjectNode copy(String name) throws IOException {
        try (Stream<Path> files = Files.list(Fixtures.folder().resolve(name))) {
            for (Path file : files.toList()) {
                Files.copy(file, directory.resolve(file.getFileName()));
            }
        }
        return (ObjectNode) JSON.readTree(Files.readString(directory.resolve("config.json")));
    }

    /** The part of a configuration that is the language model's. */
    private static ObjectNode language(ObjectNode root) {
        for (String key : new String[] {"text_config", "language_config"}) {
            if (root.path(key) instanceof ObjectNode part) {
                return part;
            }
        }
        return root;
    }

    private void write(ObjectNode root) throws IOException {
        Files.writeString(directory.resolve("config.json"), JSON.writeValueAsString(root));
    }

    /** Transformers 5 has no rope_theta, and calls torch_dtype dtype. */
    @ParameterizedTest
    @CsvSource({
        "tiny-lumina-mgpt, tiny-chameleon-vqgan",
        "tiny-chameleon-hf,",
        "tiny-chameleon-34b-style,",
        "tiny-emu3-gen, tiny-emu3-visiontokenizer",
        "tiny-emu3-gen-hf,",
        "tiny-emu3-gen-hf-v452,",
        "tiny-janus-pro,",
        "tiny-janus-pro-hf,"
    })
    void configurationsOfTransformers5GiveTheOfficialNumbers(String name, @Nullable String vision) throws IOException {
        var root = copy(name);
        var language = language(root);
        double theta = language.path("rope_theta").asDouble(10_000);
        language.remove("rope_theta");
        language.remove("rope_scaling");
        language.putObject("rope_parameters").put("rope_theta", theta).put("rope_type", "default");
        root.remove("torch_dtype");
        root.put("dtype", "bfloat16").put("transformers_version", "5.0.0");
        write(root);
        Path tokenizer = vision == null ? null : Fixtures.folder().resolve(vision);
        assertThat(Parity.of(directory, tokenizer).checks())
                .isNotEmpty()
                .allSatisfy(
                        check -> assertThat(check.passed()).as(check.toString()).isTrue());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tiny-lumina-mgpt",
                "tiny-chameleon-hf",
                "tiny-emu3-gen",
                "tiny-emu3-gen-hf",
                "tiny-janus-pro",
                "tiny-janus-pro-hf",
                "tiny-llamagen-t2i"
            })
    void whatNothingHereComputesIsRefusedInEveryFamily(String name) throws IOException {
        var root = copy(name);
        refused(root, "rope_scaling", "{\"rope_type\": \"linear\", \"factor\": 4.0}");
        refused(root, "rope_parameters", "{\"rope_type\": \"yarn\", \"factor\": 2.0}");
        refused(root, "hidden_act", "\"gelu\"");
        refused(root, "attention_bias", "true");
    }

    private void refused(ObjectNode root, String key, String value) throws IOException {
        var changed = root.deepCopy();
        language(changed).set(key, JSON.readTree(value));
        write(changed);
        refused("'" + key + "'", "config.json");
    }

    private void refused(String... parts) {
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> Families.describe(directory))
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            tiny-emu3-gen-hf  | rope_theta                                   | 5.0               | rope_theta
            tiny-emu3-gen-hf  | rope_parameters                              | {"rope_theta": 5} | rope_theta
            tiny-emu3-gen-hf  | quantization_config                          | {"bits": 4}       | quantization_config
            tiny-emu3-gen-hf  | vq_config/double_latent                      | true              | double_latent
            tiny-emu3-gen-hf  | vq_config/num_attention_heads                | 2                 | num_attention_heads
            tiny-janus-pro-hf | rope_scaling                                 | {"type": "yarn"}  | rope_scaling
            tiny-janus-pro-hf | vq_config/hidden_act                         | "gelu_new"        | hidden_act
            tiny-janus-pro-hf | vq_config/num_patches                        | 0                 | num_patches
            tiny-janus-pro-hf | vq_config/num_patches                        | 100000            | codes along each side
            tiny-janus-pro    | gen_vision_config/cls                        | "VQ-8"            | cls
            tiny-janus-pro    | gen_aligner_config/params/projector_type     | "linear"          | projector_type
            tiny-janus-pro    | gen_head_config/cls                          | "other_head"      | cls
            tiny-llamagen-t2i | rope_parameters                              | {"rope_theta": 5} | rope_base
            tiny-llamagen-t2i | ffn_dim_multiplier                           | -1                | ffn_dim_multiplier
            tiny-llamagen-t2i | ffn_dim_multiplier                           | 1e300             | ffn_dim_multiplier
            """)
    void partsOfAnotherKindAreRefused(String name, String path, String value, String found) throws IOException {
        var root = copy(name);
        String[] keys = path.split("/");
        ObjectNode at = root;
        for (int i = 0; i < keys.length - 1; i++) {
            at = (ObjectNode) at.path(keys[i]);
        }
        at.set(keys[keys.length - 1], JSON.readTree(value));
        write(root);
        refused(found);
    }

    @Test
    void theTextEncoderIsCheckedToo() throws IOException {
        var root = copy("tiny-t5-encoder");
        for (String wrong : new String[] {
            "feed_forward_proj: \"gated-silu\"",
            "dense_act_fn: \"relu\"",
            "is_gated_act: false",
            "num_heads: 0",
            "relative_attention_num_buckets: 0",
            "relative_attention_max_distance: 4",
            "quantization_config: {\"bits\": 4}"
        }) {
            String key = wrong.substring(0, wrong.indexOf(':'));
            var changed = root.deepCopy();
            changed.set(key, JSON.readTree(wrong.substring(wrong.indexOf(':') + 1)));
            write(changed);
            assertThatExceptionOfType(CheckpointException.class)
                    .as(wrong)
                    .isThrownBy(() -> Parity.of(directory, null))
                    .withMessageContaining("config.json")
                    .withMessageContaining(key.replace("max_distance", "num_buckets"));
        }
        root.put("dense_act_fn", "gelu_new").put("is_gated_act", true);
        write(root);
        assertThat(Parity.of(directory, null).checks()).isNotEmpty().allMatch(check -> check.passed());
    }
}
