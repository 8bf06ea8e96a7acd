package org.sjd4j.llama;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.Tensors;

/**
 * The model that an adapter was trained for. On another one of the same sizes an adapter would do no harm, for it acts on
 * proposals only, but no good either, and nobody would know why.
 *
 * @param family as {@code config.json} calls it, for messages: it depends on the layout that the model lies in
 * @param hidden width of its rows
 * @param fingerprint of its sizes and of some of its code embeddings, the same in every layout
 */
public record AdapterBase(String family, int hidden, String fingerprint) {
    private static final String FAMILY = "base_model_type";
    private static final String HIDDEN = "base_hidden_size";
    private static final String FINGERPRINT = "base_fingerprint";
    private static final int ROWS = 64;
    private static final int DIGITS = 16;

    /** The base that a loaded model is. */
    public static AdapterBase of(String family, ImageTokenNetwork network) {
        var llama = network.stack().config();
        Tensor table = network.codeTable();
        long codes = table.size(0);
        var digest = sha256();
        digest.update("%s %s %s %s %s %s %s %s"
                .formatted(
                        llama.hidden(),
                        llama.layers(),
                        llama.heads(),
                        llama.keyValueHeads(),
                        llama.headSize(),
                        llama.intermediate(),
                        codes,
                        table.size(1))
                .getBytes(StandardCharsets.US_ASCII));
        for (long i = 0; i < ROWS; i++) {
            long row = i * codes / ROWS;
            float[] values = Tensors.inference(() -> Tensors.floats(table.select(0, row)));
            var bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(values);
            digest.update(bytes.array());
        }
        String fingerprint = HexFormat.of().formatHex(digest.digest()).substring(0, DIGITS);
        return new AdapterBase(family, llama.hidden(), fingerprint);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is part of every JDK", e);
        }
    }

    /** The base that a {@code denoising_config.json} names, or nothing: the bundled model's does not. */
    public static @Nullable AdapterBase from(JsonConfig json) {
        return json.has(FINGERPRINT)
                ? new AdapterBase(json.text(FAMILY), json.count(HIDDEN), json.text(FINGERPRINT))
                : null;
    }

    /** The values that {@link #from} reads. */
    public Map<String, Object> toJson() {
        var json = new LinkedHashMap<String, Object>();
        json.put(FAMILY, family);
        json.put(HIDDEN, hidden);
        json.put(FINGERPRINT, fingerprint);
        return json;
    }

    /**
     * Refuses an adapter of another model.
     *
     * @param source the file that this base was read from
     * @param loaded the model to adapt
     * @throws CheckpointException if it is not this one
     */
    public void require(String source, AdapterBase loaded) {
        if (!fingerprint.equals(loaded.fingerprint)) {
            throw new CheckpointException(
                    source, "an adapter for " + this, "one for " + loaded, "use the model that it was trained with");
        }
    }

    @Override
    public String toString() {
        return "%s with rows of %s, fingerprint %s".formatted(family, hidden, fingerprint);
    }
}
