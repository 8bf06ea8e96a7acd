package org.sjd4j.generate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.Row;
import org.sjd4j.llama.Denoising;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.tensor.Tensors;

/** Makes rows of the network of the rows that a decoder proposes: tokens by the table, noisy embeddings by projection. */
final class RowEmbedding {
    /** The embeddings used last: more than windows hold, and 16 MiB where one has 4,096 numbers. */
    private static final int REMEMBERED = 1024;

    private final ImageTokenNetwork network;
    private final @Nullable Denoising denoising;
    private final int firstImageId;
    private final Device device;
    private final Map<Integer, float[]> normalised = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, float[]> eldest) {
            return size() > REMEMBERED;
        }
    };

    RowEmbedding(ImageTokenNetwork network, @Nullable Denoising denoising, int firstImageId, Device device) {
        this.network = network;
        this.denoising = denoising;
        this.firstImageId = firstImageId;
        this.device = device;
    }

    /** The size of a noisy embedding, or 0 if the network reads none. */
    int width() {
        return denoising == null ? 0 : denoising.width();
    }

    private Denoising denoising() {
        if (denoising == null) {
            throw new UnsupportedOperationException("this model reads no noisy rows");
        }
        return denoising;
    }

    /** The normalised embedding of an image token, {@code [width]}. */
    float[] normalised(int id) {
        var reads = denoising();
        return normalised.computeIfAbsent(
                id - firstImageId,
                code -> Tensors.inference(
                        () -> Tensors.floats(reads.normalise(network.codeTable().select(0, code)))));
    }

    /** Rows {@code [1, rows, hidden]}, contiguous, as norms read them fastest and in one order; nothing of no rows. */
    @Nullable
    Tensor embed(List<Row> rows) {
        var tokens = new ArrayList<Row.Token>();
        var noisy = new ArrayList<Row.Noisy>();
        int[] order = new int[rows.size()]; // where a row stands behind the tokens before it, or behind the noisy ones
        for (int i = 0; i < order.length; i++) {
            switch (rows.get(i)) {
                case Row.Token token -> {
                    order[i] = tokens.size();
                    tokens.add(token);
                }
                case Row.Noisy z -> {
                    order[i] = noisy.size();
                    noisy.add(z);
                }
                case Row.Start _ -> throw new IllegalArgumentException("the end of the prompt at row " + i);
            }
        }
        if (noisy.isEmpty()) {
            return tokens.isEmpty() ? null : tokens(tokens);
        }
        if (tokens.isEmpty()) {
            return noisy(noisy);
        }
        for (int i = 0; i < order.length; i++) {
            order[i] += rows.get(i) instanceof Row.Noisy ? tokens.size() : 0;
        }
        return Tensors.cat(1, tokens(tokens), noisy(noisy))
                .index_select(1, Tensors.of(order, order.length).to(device, ScalarType.Long));
    }

    private Tensor tokens(List<Row.Token> rows) {
        int[] ids = rows.stream().mapToInt(Row.Token::id).toArray();
        return network.embed(Tensors.of(ids, ids.length).to(device, ScalarType.Long))
                .contiguous();
    }

    private Tensor noisy(List<Row.Noisy> rows) {
        var reads = denoising();
        int width = width();
        float[] z = new float[rows.size() * width];
        float[] levels = new float[rows.size()];
        for (int i = 0; i < levels.length; i++) {
            System.arraycopy(rows.get(i).embedding(), 0, z, i * width, width);
            levels[i] = rows.get(i).noiseLevel();
        }
        Tensor noise = Tensors.of(z, 1, levels.length, width).to(device, ScalarType.Float);
        Tensor features = Tensors.of(Denoising.timeFeatures(levels), 1, levels.length, Denoising.timeWidth())
                .to(device, ScalarType.Float);
        return reads.rows(network, noise, features).contiguous();
    }
}
