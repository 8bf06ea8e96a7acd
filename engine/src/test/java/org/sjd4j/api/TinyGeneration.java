package org.sjd4j.api;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.sjd4j.checkpoint.MappedCheckpoint;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Initialisation;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.StepObserver;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.PublishedDescription;
import org.sjd4j.family.chameleon.ChameleonDescription;
import org.sjd4j.family.emu3.Emu3Description;
import org.sjd4j.family.janus.Janus;
import org.sjd4j.family.janus.JanusDescription;
import org.sjd4j.family.llamagen.LlamaGen;
import org.sjd4j.family.llamagen.LlamaGenDescription;
import org.sjd4j.generate.ImageSession;
import org.sjd4j.llama.Denoising;
import org.sjd4j.llama.ImageTokenNetwork;
import org.sjd4j.llama.VocabularyLlama;
import org.sjd4j.proposal.NeighbourHead;
import org.sjd4j.proposal.Proposals;
import org.sjd4j.tensor.Precision;
import org.sjd4j.tensor.Weights;

/** The network of a tiny published model and what it generates: a small image with all structural tokens of its family. */
public record TinyGeneration(
        ImageTokenNetwork network,
        RasterLayout layout,
        ImageTokenNetwork.Prompt prompt,
        ImageTokenNetwork.Prompt none) {
    static final Sampling GUIDED = new Sampling(2.5, 1, 40, 0.95);

    /** The names of a tiny checkpoint of each published family, in each of its layouts. */
    public static List<String> checkpoints() {
        return List.of(
                "tiny-lumina-mgpt",
                "tiny-emu3-gen",
                "tiny-emu3-gen-hf-v452",
                "tiny-janus-pro",
                "tiny-janus-pro-hf",
                "tiny-llamagen-t2i");
    }

    /** Loads the network; its tensors belong to the current scope. */
    public static TinyGeneration of(
            PublishedDescription<?> description, MappedCheckpoint checkpoint, Precision precision) {
        return of(description, checkpoint.weights(), precision);
    }

    /** As the other one, over weights. */
    public static TinyGeneration of(PublishedDescription<?> description, Weights weights, Precision precision) {
        torch.manual_seed(1); // for captions
        var network = description.network(weights, precision);
        var cpu = new Device("cpu");
        return switch (network) {
            case VocabularyLlama llama -> {
                var layout = description instanceof ChameleonDescription chameleon
                        ? chameleon.config().layout(4, 6)
                        : ((Emu3Description) description).config().layout(4, 5);
                yield new TinyGeneration(
                        llama,
                        layout,
                        llama.prompt(new int[] {3, 40, 41, 42, 43, 9}, cpu),
                        llama.prompt(new int[] {3, 9}, cpu));
            }
            case Janus janus ->
                new TinyGeneration(
                        janus,
                        ((JanusDescription) description).config().layout(),
                        janus.prompt(new int[] {3, 40, 41, 5}, cpu),
                        janus.prompt(new int[] {3, 7, 7, 5}, cpu));
            case LlamaGen llamaGen -> {
                var config = ((LlamaGenDescription) description).config();
                Tensor caption = torch.randn(4, config.captionWidth());
                yield new TinyGeneration(
                        llamaGen, config.layout(), llamaGen.prompt(caption), llamaGen.unconditional(4));
            }
            default -> throw new IllegalArgumentException(description.family());
        };
    }

    /** What reads noise and what corrects rows, at random: they change proposals, never what is generated. */
    public static Proposals proposals(ImageTokenNetwork network, Precision precision) {
        var config = new NeighbourHead.Config(8, 4);
        int hidden = network.stack().config().hidden();
        int ids = Math.toIntExact(network.codeTable().size(0));
        Map<String, Tensor> tensors = new HashMap<>();
        NeighbourHead.parameters(config, hidden, ids)
                .forEach(parameter -> tensors.put(
                        parameter.name(), torch.randn(parameter.shape()).mul(new Scalar(0.5))));
        var head = new NeighbourHead(config, hidden, ids, Weights.of("at random", tensors), precision);
        return new Proposals(denoising(network, precision), head);
    }

    /** What reads noise, at random: it changes proposals, never what is generated. */
    public static Denoising denoising(ImageTokenNetwork network, Precision precision) {
        var config = new Denoising.Config(2, 0.1, 4);
        var llama = network.stack().config();
        int width = Math.toIntExact(network.codeTable().size(1));
        Map<String, Tensor> tensors = new HashMap<>();
        Denoising.parameters(config, llama, width)
                .forEach(parameter -> tensors.put(
                        parameter.name(), torch.randn(parameter.shape()).mul(new Scalar(0.1))));
        var denoising = new Denoising(config, llama, width, Weights.of("at random", tensors), precision.products());
        denoising.measure(network.codeTable().to(torch.ScalarType.Float));
        return denoising;
    }

    /** Begins an image. */
    public ImageSession begin(Proposals proposals, Sampling sampling) {
        return new ImageSession(network, proposals, layout, () -> prompt, () -> none, sampling, new Device("cpu"));
    }

    /** Small settings. */
    public static DecoderSettings settings(int window, int denoisingSteps) {
        return DecoderSettings.DEFAULT
                .withWindow(window)
                .withDenoisingSteps(denoisingSteps)
                .withInitialisation(Initialisation.ABOVE);
    }

    int[] generate(Decoder decoder, int window, int denoisingSteps, Proposals proposals, long seed) {
        try (var session = begin(proposals, GUIDED)) {
            return decoder.decode(session, settings(window, denoisingSteps), seed, StepObserver.NONE)
                    .tokens();
        }
    }
}
