package org.sjd4j.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.decode.sampling.DecodingException;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.evaluation.Conditions;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.io.TextFile;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Decoders side by side on the same images, with the order turned round from pair to pair. */
@Command(
        name = "benchmarks/side-by-side",
        mixinStandardHelpOptions = true,
        description = "Times decoders in one process on the same prompts and seeds, in turn A B and B A.")
final class SideBySide implements Callable<Integer> {
    @Option(names = "--model", paramLabel = "DIR", description = "A checkpoint. Default: the bundled model.")
    private @Nullable Path model;

    @Option(
            names = "--decoders",
            paramLabel = "A,B,C",
            defaultValue = "ar,sjd-exact,sjd2-exact",
            description = "Two or more, such as ar,sjd2-exact:window=32,denoising-steps=2. Default: ${DEFAULT-VALUE}")
    private String decoders = "";

    @Option(
            names = "--windows",
            paramLabel = "W,V",
            split = ",",
            description =
                    "Every decoder but ar with each of these rows per pass. Default: as --decoders and the model say.")
    private List<Integer> windows = List.of();

    @Option(
            names = "--prompts",
            paramLabel = "FILE",
            defaultValue = "docs/prompts/held-out.txt",
            description = "A prompt on each line. Default: ${DEFAULT-VALUE}")
    private Path prompts = Path.of("");

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "8",
            description = "The first prompts only. Default: ${DEFAULT-VALUE}")
    private int limit;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "2",
            description = "Images of each prompt by each decoder. Default: ${DEFAULT-VALUE}")
    private int rounds;

    @Option(
            names = "--warm-ups",
            paramLabel = "N",
            defaultValue = "2",
            description = "Images by each decoder that do not count. Default: ${DEFAULT-VALUE}")
    private int warmUps;

    /** Measures and prints tables. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new SideBySide()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        var lines = promptLines();
        if (lines.isEmpty() || rounds < 1 || warmUps < 0) {
            throw new IllegalArgumentException(
                    "expected a prompt, a round and no fewer than 0 warm-ups, but found %s, %s and %s"
                            .formatted(lines.size(), rounds, warmUps));
        }
        try (var images = TextToImage.open(model == null ? BundledModel.directory() : model, "cpu")) {
            var choices = choices(images, lines.getFirst());
            if (choices.size() < 2) {
                throw new IllegalArgumentException("expected two decoders or more, but found " + choices.size());
            }
            int all = choices.size() * lines.size() * rounds;
            var times = PairedTimes.measure(
                    turn -> seconds(images, turn),
                    choices,
                    lines,
                    rounds,
                    warmUps,
                    done -> System.err.printf(Locale.ROOT, "\r%s of %s images ", done, all));
            System.err.println();
            print(times);
        }
        return CommandLine.ExitCode.OK;
    }

    private List<String> promptLines() throws IOException {
        return TextFile.lines(prompts).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .limit(limit)
                .toList();
    }

    /** The decoders that the model can run, with each window. */
    private List<DecoderChoice> choices(TextToImage images, String prompt) {
        var result = new ArrayList<DecoderChoice>();
        for (DecoderChoice choice :
                DecoderChoice.parse(decoders, images.defaults().settings())) {
            if (choice.isBaseline() || windows.isEmpty()) {
                result.add(choice);
            } else {
                windows.forEach(window -> result.add(choice.with("window", window)));
            }
        }
        result.removeIf(choice -> {
            try {
                var _ = seconds(images, new PairedTimes.Turn(choice, prompt, 0));
                return false;
            } catch (DecodingException e) {
                System.err.println(choice.label() + " is left out: " + e.getMessage());
                return true;
            }
        });
        return result;
    }

    private static double seconds(TextToImage images, PairedTimes.Turn turn) {
        Sampling sampling = images.defaults().sampling();
        var choice = turn.choice();
        return images.generate(new Request(turn.prompt(), turn.seed(), choice.decoder(), choice.settings(), sampling))
                .timing()
                .total();
    }

    private static void print(PairedTimes times) {
        Conditions.ofMachine().forEach((name, value) -> System.out.println(name + ": " + value));
        System.out.println("\n| decoder | seconds (median) |\n|:--|--:|");
        for (int i = 0; i < times.choices().size(); i++) {
            System.out.printf(
                    Locale.ROOT, "| %s | %.3f |%n", times.choices().get(i).label(), times.medianSeconds(i));
        }
        System.out.println("\n| pair | second is faster by (median [95 %]) | pairs |\n|:--|--:|--:|");
        for (int i = 0; i < times.choices().size(); i++) {
            for (int j = i + 1; j < times.choices().size(); j++) {
                var ratio = times.speedUp(i, j);
                System.out.printf(
                        Locale.ROOT,
                        "| %s, %s | %s | %d |%n",
                        times.choices().get(i).label(),
                        times.choices().get(j).label(),
                        ratio.text(),
                        ratio.pairs());
            }
        }
    }
}
