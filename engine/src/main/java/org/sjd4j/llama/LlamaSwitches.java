package org.sjd4j.llama;

import java.util.List;
import java.util.Set;
import org.sjd4j.checkpoint.JsonConfig;

/**
 * The keys with which a {@code config.json} asks for a relative of Llama that {@link LlamaStack} is not. A checkpoint that
 * sets one would load and give other numbers, so it is refused by name. Keys: the configuration classes of Transformers.
 */
public final class LlamaSwitches {
    private static final List<String> ACTIVATIONS = List.of("hidden_act", "hidden_activation", "activation_function");

    /** Two names of one function. */
    private static final Set<String> SILU = Set.of("silu", "swish");

    private static final List<String> FALSE = List.of(
            "attention_bias",
            "mlp_bias",
            "qkv_bias",
            "tie_word_embeddings",
            "use_qk_norm",
            "use_parallel_residual",
            "alibi");

    private static final List<String> ONE =
            List.of("embedding_multiplier", "residual_multiplier", "logits_scaling", "logit_scale");

    private static final List<String> ABSENT = List.of(
            "attention_multiplier",
            "attention_chunk_size",
            "attn_logit_softcapping",
            "final_logit_softcapping",
            "query_pre_attn_scalar",
            "no_rope_layers",
            "num_experts",
            "num_local_experts",
            "n_routed_experts");

    private static final String WINDOW = "sliding_window";
    private static final String USE_WINDOW = "use_sliding_window";
    private static final String LAYER_TYPES = "layer_types";
    private static final String FULL_ATTENTION = "full_attention";
    private static final String QUANTIZATION = "quantization_config";

    private LlamaSwitches() {}

    /**
     * Checks the configuration of a language model.
     *
     * @throws org.sjd4j.tensor.CheckpointException naming the first key that asks for another network
     */
    public static void require(JsonConfig json) {
        for (String key : ACTIVATIONS) {
            if (json.has(key) && !SILU.contains(json.text(key))) {
                throw json.unsupported(key, json.shown(key), "'silu'");
            }
        }
        for (String key : FALSE) {
            if (json.flagOr(key, false)) {
                throw json.unsupported(key, "true", "false");
            }
        }
        for (String key : ONE) {
            if (json.numberOr(key, 1) != 1) {
                throw json.unsupported(key, json.shown(key), "1");
            }
        }
        for (String key : ABSENT) {
            if (json.has(key)) {
                throw json.unsupported(key, json.shown(key), "no such key");
            }
        }
        if (json.has(WINDOW) && json.flagOr(USE_WINDOW, true)) {
            throw json.unsupported(WINDOW, json.shown(WINDOW), "null: every row attends to all rows before it");
        }
        if (!Set.of(FULL_ATTENTION).containsAll(json.textsOr(LAYER_TYPES))) {
            throw json.unsupported(LAYER_TYPES, json.shown(LAYER_TYPES), "'" + FULL_ATTENTION + "' in every layer");
        }
        requireUnquantized(json);
    }

    /** Refuses a checkpoint whose matrices are packed numbers of few bits. */
    public static void requireUnquantized(JsonConfig json) {
        if (json.has(QUANTIZATION)) {
            throw json.unsupported(QUANTIZATION, json.shown(QUANTIZATION), "weights in F32, BF16 or F16");
        }
    }
}
