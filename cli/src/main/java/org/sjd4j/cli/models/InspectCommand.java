package org.sjd4j.cli.models;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.Families;
import org.sjd4j.bundled.ModelCard;
import org.sjd4j.bundled.ModelCatalogue;
import org.sjd4j.checkpoint.Checkpoint;
import org.sjd4j.cli.output.Version;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.MemoryGuard;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.options.Console;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.ComputeDevice;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;

/** Says what a checkpoint directory holds, and what it lacks. */
@Command(
        name = "inspect",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Says what a checkpoint directory holds, what it needs, and what is missing.")
public final class InspectCommand implements Callable<Integer> {
    private static final String LINE = "%-14s %s%n";
    private static final double MIB = 1 << 20;
    private static final double GIB = 1 << 30;
    private static final int MOST_SIZES = 12;

    private final Console console;

    @Parameters(paramLabel = "DIR", description = "A checkpoint directory, or a name from 'sjd models'.")
    private String model = "";

    @Option(
            names = "--image-tokenizer",
            paramLabel = "DIR",
            description = "Where the image tokenizer is. Default: inside the directory or beside it.")
    private @Nullable Path imageTokenizer;

    @Option(names = "--verbose", description = "Print a stack trace on failure.")
    private boolean verbose;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    public InspectCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        var description = Families.describe(ModelCatalogue.ofUser().find(model).directory(), imageTokenizer);
        Path directory = description.directory();
        var problems = description.problems();
        if (json) {
            console.out().println(new JsonMapper().writeValueAsString(json(directory, description, problems)));
        } else {
            print(directory, description, problems);
        }
        console.out().flush();
        return problems.isEmpty() ? 0 : 1;
    }

    private static Map<String, Object> json(Path directory, ModelDescription description, List<String> problems) {
        var precision = description.defaultPrecision(ComputeDevice.CPU);
        var json = new LinkedHashMap<String, Object>();
        json.put("family", description.family());
        json.put("parameters", description.parameters());
        json.put("dtype", precision.toString());
        json.put("memory_bytes", description.bytesNeeded(precision));
        json.put("sizes", description.sizes().stream().map(ImageSize::toString).toList());
        json.put("tokens", description.layout(description.sizes().getFirst()).length());
        json.put("licence", ModelCard.of(directory).licence().orElse(description.licence()));
        json.put("problems", problems);
        return json;
    }

    private void print(Path directory, ModelDescription description, List<String> problems) {
        say("family", description.family());
        say("parameters", String.format(Locale.ROOT, "%.1f M", description.parameters() / 1e6));
        say("stored as", dtypes(description));
        var precision = description.defaultPrecision(ComputeDevice.CPU);
        long needed = description.bytesNeeded(precision);
        say(
                "memory",
                String.format(
                        Locale.ROOT,
                        "%.1f GiB in %s, with LibTorch and what one image takes (%.1f GiB are free)",
                        needed / GIB,
                        precision,
                        MemoryGuard.available() / GIB));
        say("images", sizes(description));
        say(
                "tokens",
                Integer.toString(
                        description.layout(description.sizes().getFirst()).length()));
        say("licence", ModelCard.of(directory).licence().orElse(description.licence()));
        problems.forEach(problem -> say("PROBLEM", problem));
        if (problems.isEmpty()) {
            say("state", "complete");
        }
    }

    private void say(String what, String text) {
        console.out().printf(LINE, what, Console.oneLine(text));
    }

    private static String dtypes(ModelDescription description) {
        var bytes = new TreeMap<String, Long>();
        try (var checkpoint = Checkpoint.open(description.weightsFile())) {
            for (String name : checkpoint.names()) {
                var info = checkpoint.info(name);
                bytes.merge(info.dtype().toString(), info.byteSize(), Long::sum);
            }
        } catch (CheckpointException e) {
            return "nothing that can be read"; // the problems say why
        }
        return String.join(
                ", ",
                bytes.entrySet().stream()
                        .map(entry -> entry.getKey() + " " + bytes(entry.getValue()))
                        .toList());
    }

    private static String bytes(long count) {
        return count < GIB
                ? String.format(Locale.ROOT, "%.1f MiB", count / MIB)
                : String.format(Locale.ROOT, "%.1f GiB", count / GIB);
    }

    private static String sizes(ModelDescription description) {
        var sizes = description.sizes();
        String listed = String.join(
                ", ", sizes.stream().limit(MOST_SIZES).map(ImageSize::toString).toList());
        return sizes.size() > MOST_SIZES ? listed + " and " + (sizes.size() - MOST_SIZES) + " more" : listed;
    }
}
