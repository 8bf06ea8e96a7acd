package org.sjd4j.llama;

import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/**
 * A Llama whose image codes are ids of its text vocabulary, as Chameleon's and Emu3's: one table, one head.
 *
 * <p>Of the head only the rows of image codes are used while an image is generated; structural tokens are never chosen.
 */
public final class VocabularyLlama implements ImageTokenNetwork {
    private final LlamaStack stack;
    private final Tensor table;
    private final Tensor head;
    private final Matrix codeHead;
    private final Tensor codes;

    /**
     * A model over tensors in memory or mapped ones.
     *
     * @param model the table, the blocks and the last norm
     * @param head where {@code lm_head.weight} is
     * @param vocabulary number of ids
     * @param firstCode id of the first image code
     * @param codeCount number of image codes, whose ids are consecutive
     * @param precision of the matrix products
     */
    public VocabularyLlama(
            LlamaConfig config,
            Weights model,
            Weights head,
            int vocabulary,
            int firstCode,
            int codeCount,
            Precision precision) {
        stack = new LlamaStack(config, model, precision, false, 0);
        table = model.get("embed_tokens.weight", vocabulary, config.hidden());
        this.head = head.get("lm_head.weight", vocabulary, config.hidden());
        codeHead = Matrix.of(precision, this.head.narrow(0, firstCode, codeCount));
        if (!precision.trains()) {
            head.copied();
        }
        codes = table.narrow(0, firstCode, codeCount);
    }

    @Override
    public LlamaStack stack() {
        return stack;
    }

    @Override
    public Tensor embed(Tensor ids) {
        return table.index_select(0, ids).to(ScalarType.Float).unsqueeze(0);
    }

    @Override
    public Tensor logits(Tensor rows) {
        return codeHead.apply(rows.to(stack.products()));
    }

    /** Logits {@code [..., vocabulary]} of all ids. */
    public Tensor allLogits(Tensor rows) {
        return Linear.linear(rows.to(stack.products()), head.to(stack.products()));
    }

    @Override
    public Tensor codeTable() {
        return codes;
    }

    @Override
    public Tensor project(Tensor embeddings) {
        return embeddings.to(ScalarType.Float);
    }

    /** A prompt of token ids. */
    public Prompt prompt(int[] ids, Device device) {
        TokenIds.require(ids, Math.toIntExact(table.size(0)));
        return new Prompt(embed(Tensors.of(ids, ids.length).to(device, ScalarType.Long)), null);
    }
}
