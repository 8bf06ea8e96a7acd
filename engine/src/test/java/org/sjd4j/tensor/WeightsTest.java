package org.sjd4j.tensor;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeightsTest {
    private static Weights with(String name) {
        return Weights.of("a file", Map.of(name, Tensors.of(new float[8], 8)));
    }

    /** Transformers before 4.32 saved them in every layer, models since 4.43 have one of them. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "model.layers.0.self_attn.rotary_emb.inv_freq",
                "language_model.model.layers.23.self_attn.rotary_emb.inv_freq",
                "text_model.model.rotary_emb.inv_freq",
                "rotary_emb.inv_freq",
                "model.layers.1.self_attn.rotary_emb.cos_cached",
                "model.layers.1.self_attn.rotary_emb.sin_cached"
            })
    void tablesOfRotaryPositionsAreNoStrangers(String name) {
        assertThatCode(() -> with(name).requireAllRead()).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "model.layers.0.self_attn.rotary_emb.scale",
                "model.layers.0.self_attn.rotary_emb.inv_freq.weight",
                "model.layers.0.self_attn.inv_freq",
                "model.layers.0.self_attn.not_rotary_emb.inv_freq",
                "model.layers.0.attn.bias",
                "model.layers.0.attn.masked_bias",
                "model.embeddings.position_ids",
                "model.layers.99.mlp.up_proj.weight"
            })
    void otherStrangersAreRefused(String name) {
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> with(name).requireAllRead())
                .withMessageContaining("1 tensor(s) that nothing reads: " + name);
    }
}
