package org.sjd4j.benchmarks;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.sjd4j.checkpoint.SafetensorsWriter;
import org.sjd4j.llama.LlamaConfig;
import org.sjd4j.tensor.DType;

/** Writes a checkpoint of Emu3's names and sizes with weights at random: BF16, in shards. */
final class FullSizeCheckpoint {
    private static final long SHARD = 2L << 30;
    private static final int BLOCK = 1 << 20;
    private static final double DEVIATION = 0.02;
    private static final short ONE = 0x3f80;

    private FullSizeCheckpoint() {}

    private record Weight(String name, long[] shape) {
        long bytes() {
            return DType.BF16.byteSize(shape);
        }
    }

    /** Writes the shards and their index; returns the bytes of all tensors. */
    static long write(Path directory, LlamaConfig llama, int vocabulary) throws IOException {
        Files.createDirectories(directory);
        MemorySegment block = block();
        List<List<Weight>> shards = shards(weights(llama, vocabulary));
        Map<String, String> index = new LinkedHashMap<>();
        long bytes = 0;
        for (int i = 0; i < shards.size(); i++) {
            String name = String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, shards.size());
            try (Arena arena = Arena.ofConfined()) {
                var writer = new SafetensorsWriter().metadata("format", "pt");
                for (Weight weight : shards.get(i)) {
                    MemorySegment data = arena.allocate(weight.bytes(), Long.BYTES);
                    fill(data, weight.shape().length == 1 ? null : block);
                    writer.add(weight.name(), DType.BF16, weight.shape(), data);
                    index.put(weight.name(), name);
                    bytes += weight.bytes();
                }
                writer.write(directory.resolve(name));
            }
            System.err.printf(Locale.ROOT, "wrote %s%n", name);
        }
        Files.writeString(directory.resolve("model.safetensors.index.json"), json(index));
        return bytes;
    }

    private static List<Weight> weights(LlamaConfig llama, int vocabulary) {
        var list = new ArrayList<Weight>();
        int d = llama.hidden();
        int m = llama.intermediate();
        list.add(new Weight("model.embed_tokens.weight", new long[] {vocabulary, d}));
        for (int i = 0; i < llama.layers(); i++) {
            String at = "model.layers." + i + ".";
            list.add(new Weight(at + "input_layernorm.weight", new long[] {d}));
            list.add(new Weight(at + "self_attn.q_proj.weight", new long[] {llama.queryWidth(), d}));
            list.add(new Weight(at + "self_attn.k_proj.weight", new long[] {llama.keyWidth(), d}));
            list.add(new Weight(at + "self_attn.v_proj.weight", new long[] {llama.keyWidth(), d}));
            list.add(new Weight(at + "self_attn.o_proj.weight", new long[] {d, llama.queryWidth()}));
            list.add(new Weight(at + "post_attention_layernorm.weight", new long[] {d}));
            list.add(new Weight(at + "mlp.gate_proj.weight", new long[] {m, d}));
            list.add(new Weight(at + "mlp.up_proj.weight", new long[] {m, d}));
            list.add(new Weight(at + "mlp.down_proj.weight", new long[] {d, m}));
        }
        list.add(new Weight("model.norm.weight", new long[] {d}));
        list.add(new Weight("lm_head.weight", new long[] {vocabulary, d}));
        return list;
    }

    private static List<List<Weight>> shards(List<Weight> weights) {
        var shards = new ArrayList<List<Weight>>();
        long filled = SHARD;
        for (Weight weight : weights) {
            if (filled + weight.bytes() > SHARD) {
                shards.add(new ArrayList<>());
                filled = 0;
            }
            shards.getLast().add(weight);
            filled += weight.bytes();
        }
        return shards;
    }

    /** Normal numbers, enough of them that no matrix repeats itself within a row. */
    private static MemorySegment block() {
        var random = new SplittableRandom(1);
        MemorySegment block = Arena.ofAuto().allocate(2L * BLOCK, Long.BYTES);
        for (int i = 0; i < BLOCK; i++) {
            int bits = Float.floatToRawIntBits((float) (DEVIATION * random.nextGaussian()));
            block.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (bits >> 16));
        }
        return block;
    }

    private static void fill(MemorySegment data, @Nullable MemorySegment block) {
        if (block == null) {
            for (long i = 0; i < data.byteSize() / 2; i++) {
                data.setAtIndex(ValueLayout.JAVA_SHORT, i, ONE);
            }
            return;
        }
        for (long at = 0; at < data.byteSize(); at += block.byteSize()) {
            MemorySegment.copy(block, 0, data, at, Math.min(block.byteSize(), data.byteSize() - at));
        }
    }

    private static String json(Map<String, String> index) {
        var entries = index.entrySet().stream()
                .map(entry -> "\"%s\": \"%s\"".formatted(entry.getKey(), entry.getValue()))
                .toList();
        return "{\"metadata\": {}, \"weight_map\": {" + String.join(", ", entries) + "}}";
    }
}
