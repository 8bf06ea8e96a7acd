package org.sjd4j.parity;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.StepObserver;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.Ids;
import org.sjd4j.generate.ImageSession;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.llama.LlamaStack;
import org.sjd4j.llama.VocabularyLlama;
import org.sjd4j.proposal.Proposals;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.vision.ImageTokenizer;

/** What the checks of language models share: logits, images generated greedily under guidance, and the grammar. */
final class LanguageParity {
    static final Pattern GENERATED = Pattern.compile("generate\\.cfg([0-9.]+)\\.(?:ids|codes)");

    private LanguageParity() {}

    /** Logits of texts, and of rows that are given. */
    static void vocabulary(VocabularyLlama network, Golden golden) {
        if (golden.has("forward.input_ids")) {
            Tensor ids = golden.get("forward.input_ids");
            Tensor rows = network.embed(ids.reshape(-1)).view(ids.size(0), ids.size(1), -1);
            Tensor logits = network.allLogits(observed(network.stack(), rows, golden));
            golden.close("forward.logits", logits);
            golden.close("forward.last_logits", logits.select(1, logits.size(1) - 1));
            if (golden.has("forward.logit_cols")) {
                golden.close("forward.logits_at_cols", logits.index_select(2, golden.get("forward.logit_cols")));
            }
        }
        if (golden.has("embeds.inputs_embeds")) {
            Tensor logits = network.allLogits(through(network.stack(), golden.get("embeds.inputs_embeds")));
            golden.close("embeds.logits", logits);
            golden.close("embeds.last_logits", logits.select(1, logits.size(1) - 1));
        }
    }

    /** Normalised rows {@code [batch, n, hidden]} of ids {@code [batch, n]}. */
    static Tensor hidden(VocabularyLlama network, Tensor ids) {
        Tensor rows = network.embed(ids.reshape(-1)).view(ids.size(0), ids.size(1), -1);
        return through(network.stack(), rows);
    }

    static Tensor through(LlamaStack stack, Tensor rows) {
        return through(stack, rows, LlamaStack.Observer.NONE);
    }

    private static Tensor through(LlamaStack stack, Tensor rows, LlamaStack.Observer observer) {
        Tensor turns = LlamaStack.rotations(stack.config(), Math.toIntExact(rows.size(1)), cpu());
        return stack.forward(rows, turns, null, null, observer);
    }

    /** Normalised rows of {@code forward.input_ids}, compared on their way through the blocks. */
    static Tensor observed(LlamaStack stack, Tensor rows, Golden golden) {
        Tensor hidden = through(stack, rows, (layer, place, x) -> {
            String module = switch (place) {
                case INPUT_NORM -> ".input_layernorm";
                case ATTENTION -> ".self_attn";
                case FEED_FORWARD -> ".mlp";
                case BLOCK -> "";
            };
            golden.close("forward.tap.layers." + layer + module, x);
        });
        golden.close("forward.tap.norm", hidden);
        return hidden;
    }

    /** Logits of all ids {@code [n, vocabulary]}: row {@code i} predicts token {@code i} of what was generated. */
    static Tensor allLogitsAfter(VocabularyLlama network, int[] prompt, int[] generated) {
        int[] ids = Ids.join(prompt, Arrays.copyOf(generated, generated.length - 1));
        Tensor rows = hidden(network, TextParity.row(ids)).squeeze(0);
        return network.allLogits(rows.narrow(0, prompt.length - 1L, generated.length));
    }

    /** Logits of image codes {@code [n, codes]}: row {@code i} predicts code {@code i}. */
    static Tensor logitsAfter(ImageTokenNetwork network, ImageTokenNetwork.Prompt prompt, int[] codes) {
        int[] before = Arrays.copyOf(codes, codes.length - 1);
        Tensor rows = Tensors.cat(1, prompt.rows(), network.embed(Tensors.of(before, before.length)));
        int prefix = Math.toIntExact(prompt.rows().size(1));
        int line = (int) Math.round(Math.sqrt(codes.length));
        Tensor turns = network.rotations(prefix, codes.length, line, cpu());
        Tensor hidden = network.stack().forward(rows, turns, null, null).squeeze(0);
        return network.logits(hidden.narrow(0, prefix - 1L, codes.length));
    }

    static Tensor guided(Tensor conditional, Tensor unconditional, double guidance) {
        return unconditional.add(conditional.sub(unconditional), new Scalar(guidance));
    }

    /** The tokens of the most probable choices, through the cache and the decode loop. */
    static int[] greedy(
            ImageTokenNetwork network,
            RasterLayout layout,
            Supplier<ImageTokenNetwork.Prompt> conditional,
            Supplier<ImageTokenNetwork.Prompt> unconditional,
            double guidance) {
        var sampling = new Sampling(guidance, 1, 1, 1);
        try (var session =
                new ImageSession(network, Proposals.NONE, layout, conditional, unconditional, sampling, cpu())) {
            return Decoders.AR
                    .decode(session, DecoderSettings.DEFAULT, 0, StepObserver.NONE)
                    .tokens();
        }
    }

    static Tensor grid(RasterLayout layout, int[] tokens) {
        return Tensors.of(layout.codes(tokens), 1, layout.lines(), layout.columns());
    }

    /** The image of generated tokens. */
    static void image(String name, ImageTokenizer vision, RasterLayout layout, int[] tokens, Golden golden) {
        golden.same(name + "codes", grid(layout, tokens));
        Tensor images = vision.decode(grid(layout, tokens));
        golden.close(name + "image", images);
        golden.levels(name + "uint8_hwc", images);
    }

    /** One letter for each position of an image: V where the model chooses, and a letter for each structural id. */
    static String classes(RasterLayout layout, String structural) {
        List<Integer> ids = new ArrayList<>();
        ids.add(layout.lineEnd());
        ids.addAll(layout.trailer());
        var text = new StringBuilder();
        for (int position = 0; position < layout.length(); position++) {
            int forced = layout.forcedAt(position);
            text.append(forced == RasterLayout.NONE ? 'V' : structural.charAt(ids.indexOf(forced)));
        }
        return text.toString();
    }

    /** A run-length code such as {@code V4 L1} written out. */
    static String expanded(String runs) {
        UnaryOperator<String> expand = run -> run.substring(0, 1).repeat(Integer.parseInt(run.substring(1)));
        var text = new StringBuilder();
        for (String run : runs.split(" ")) {
            text.append(expand.apply(run));
        }
        return text.toString();
    }

    /** Made anew each time: a native object that a class holds would be freed with the scope in which it is loaded. */
    static Device cpu() {
        return new Device("cpu");
    }
}
