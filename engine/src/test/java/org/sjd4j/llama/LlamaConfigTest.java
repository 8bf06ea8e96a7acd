package org.sjd4j.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.tensor.CheckpointException;

/** What a config.json may ask for, and what is refused by name because it would give other numbers. */
class LlamaConfigTest {
    @TempDir
    private Path directory;

    private LlamaConfig read(String members) throws IOException {
        return read(members, LlamaConfig.Defaults.LLAMA);
    }

    private LlamaConfig read(String members, LlamaConfig.Defaults defaults) throws IOException {
        Path file = directory.resolve("config.json");
        Files.writeString(file, "{" + members.replace('\'', '"') + "}");
        return LlamaConfig.from(
                JsonConfig.read(file), defaults, LlamaConfig.QueryKeyNorm.NONE, LlamaConfig.NormOrder.BEFORE);
    }

    private void refused(String members, String... parts) {
        assertThatExceptionOfType(CheckpointException.class)
                .as(members)
                .isThrownBy(() -> read(members))
                .satisfies(e -> assertThat(e.getMessage())
                        .contains("config.json")
                        .contains(parts)
                        .doesNotContain("\n"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            'rope_theta': 7000                                                                      | 7000
            'rope_theta': 7000, 'rope_scaling': null                                                | 7000
            'rope_theta': 7000, 'rope_scaling': {}                                                  | 7000
            'rope_theta': 7000, 'rope_scaling': {'rope_type': 'default'}                            | 7000
            'rope_theta': 7000, 'rope_scaling': {'type': 'default', 'rope_type': 'default'}         | 7000
            'rope_theta': 7000, 'rope_scaling': {'type': 'linear', 'factor': 1.0}                   | 7000
            'rope_theta': 7000, 'rope_scaling': {'rope_type': null, 'factor': 1}                    | 7000
            'rope_parameters': {'rope_theta': 8000.5, 'rope_type': 'default'}                       | 8000.5
            'rope_parameters': {'rope_theta': 8000.5}                                               | 8000.5
            'rope_parameters': {'rope_type': 'default'}                                             | 10000
            'rope_parameters': null                                                                 | 10000
            'rope_parameters': {'rope_theta': 9, 'partial_rotary_factor': 1.0}                      | 9
            'rope_parameters': {'rope_theta': 9}, 'rope_theta': 9.0, 'rope_scaling': null           | 9
            'rope_parameters': {'full_attention': {'rope_theta': 500000, 'rope_type': 'default'}}   | 500000
            'rope_parameters': {'full_attention': {'rope_theta': 5}, 'sliding_attention': null}     | 5
            'rope_parameters': {'full_attention': {'rope_theta': 5}, 'other': {'rope_theta': 5}}    | 5
            """)
    void theBaseOfRotaryPositionsIsFoundInEveryForm(String members, double theta) throws IOException {
        assertThat(read(members).ropeTheta()).isEqualTo(theta);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rope_scaling", "rope_parameters"})
    void positionsThatAreNotPlainAreRefusedByName(String key) {
        for (String type : new String[] {"dynamic", "yarn", "longrope", "llama3", "su", "mrope", "proportional"}) {
            refused("'" + key + "': {'rope_type': '" + type + "', 'factor': 1.0}", key, "'" + type + "'", "'default'");
            refused("'" + key + "': {'type': '" + type + "'}", key, "'" + type + "'");
            refused("'" + key + "': {'full_attention': {'rope_type': '" + type + "'}}", key, "'" + type + "'");
        }
        refused("'" + key + "': {'rope_type': 'linear', 'factor': 4.0}", key, "of type 'linear' with factor 4.0");
        refused("'" + key + "': {'rope_type': 'linear'}", key, "'linear'");
        refused("'" + key + "': {'factor': 2}", key, "factor 2");
        refused("'" + key + "': {'type': 'linear', 'rope_type': 'yarn', 'factor': 1}", key, "'yarn'");
        refused("'" + key + "': {'partial_rotary_factor': 0.5}", key, "partial_rotary_factor 0.5");
        refused("'" + key + "': {'rope_type': 'default', 'mrope_section': [16, 24, 24]}", key, "mrope_section");
        refused("'" + key + "': {'rope_theta': 0}", "rope_theta", "above 0");
        refused("'" + key + "': {'rope_theta': 'much'}", "rope_theta", "a number");
        refused("'" + key + "': {'rope_type': 7}", "rope_type", "a text");
        refused("'" + key + "': 'linear'", key, "an object");
        refused("'" + key + "': [1]", key, "an object");
    }

    @Test
    void twoDifferentBasesAreRefused() {
        refused("'rope_theta': 1, 'rope_parameters': {'rope_theta': 2}", "rope_theta=1.0", "rope_parameters");
        refused("'rope_scaling': {'rope_theta': 1}, 'rope_parameters': {'rope_theta': 2}", "rope_scaling", "2.0");
        refused("'rope_parameters': {'full_attention': {'rope_theta': 1}, 'x': {'rope_theta': 2}}", "full_attention");
        refused("'partial_rotary_factor': 0.25", "partial_rotary_factor", "0.25");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            'hidden_act': 'gelu'                                       | hidden_act
            'hidden_act': 'relu2'                                      | hidden_act
            'hidden_activation': 'gelu_pytorch_tanh'                   | hidden_activation
            'activation_function': 'quick_gelu'                        | activation_function
            'attention_bias': true                                     | attention_bias
            'mlp_bias': true                                           | mlp_bias
            'tie_word_embeddings': true                                | tie_word_embeddings
            'sliding_window': 4096                                     | sliding_window
            'sliding_window': 1, 'use_sliding_window': true            | sliding_window
            'layer_types': ['full_attention', 'sliding_attention']     | layer_types
            'layer_types': 'full_attention'                            | layer_types
            'logit_scale': 0.0625                                      | logit_scale
            'attn_logit_softcapping': 50.0                             | attn_logit_softcapping
            'num_local_experts': 8                                     | num_local_experts
            'quantization_config': {'load_in_4bit': true}              | quantization_config
            'attention_bias': 'no'                                     | attention_bias
            'rms_norm_eps': -1                                         | rms_norm_eps
            'num_attention_heads': 0                                   | num_attention_heads
            'num_key_value_heads': 0                                   | num_key_value_heads
            'num_key_value_heads': 3                                   | num_attention_heads
            'hidden_size': 4097                                        | num_attention_heads
            'head_dim': 3                                              | num_attention_heads
            'num_hidden_layers': 0                                     | num_hidden_layers
            'num_attention_heads': 10000000, 'head_dim': 10000000      | num_attention_heads
            """)
    void whatWouldGiveOtherNumbersIsRefusedByName(String members, String name) {
        refused(members, "'" + name + "'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'hidden_act': 'silu'",
                "'hidden_act': 'swish', 'hidden_activation': null",
                "'attention_bias': false, 'mlp_bias': null, 'tie_word_embeddings': false",
                "'sliding_window': null, 'use_sliding_window': true",
                "'sliding_window': 4096, 'use_sliding_window': false",
                "'layer_types': ['full_attention', 'full_attention']",
                "'logit_scale': 1, 'attn_logit_softcapping': null, 'quantization_config': null",
                "'torch_dtype': 'bfloat16', 'dtype': 'float32', 'pretraining_tp': 4, 'attention_dropout': 0.1"
            })
    void whatChangesNothingIsRead(String members) throws IOException {
        assertThat(read(members).hidden()).isEqualTo(4096);
    }

    @Test
    void headsMayBeNarrowerOrWiderThanTheirShare() throws IOException {
        assertThat(read("'hidden_size': 64, 'num_attention_heads': 4, 'head_dim': 32")
                        .queryWidth())
                .isEqualTo(128);
    }

    /** The configuration classes of the families have different defaults. */
    @Test
    void whatIsAbsentHasTheDefaultOfTheFamily() throws IOException {
        var llama = read("");
        assertThat(llama.ropeTheta()).isEqualTo(10_000);
        assertThat(llama.normEpsilon()).isEqualTo(1e-6);
        assertThat(llama.keyValueHeads()).isEqualTo(32);
        var chameleon = read("", LlamaConfig.Defaults.CHAMELEON);
        assertThat(chameleon.normEpsilon()).isEqualTo(1e-5);
        assertThat(chameleon.intermediate()).isEqualTo(11008);
        var emu3 = read("", LlamaConfig.Defaults.EMU3);
        assertThat(emu3.ropeTheta()).isEqualTo(1_000_000);
        assertThat(emu3.keyValueHeads()).isEqualTo(8);
        assertThat(emu3.intermediate()).isEqualTo(14336);
    }
}
