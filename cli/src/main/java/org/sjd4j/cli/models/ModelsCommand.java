package org.sjd4j.cli.models;

import java.util.Locale;
import java.util.concurrent.Callable;
import org.sjd4j.api.Families;
import org.sjd4j.bundled.ModelCard;
import org.sjd4j.bundled.ModelCatalogue;
import org.sjd4j.cli.output.Version;
import org.sjd4j.options.Console;
import org.sjd4j.tensor.CheckpointException;
import org.sjd4j.tensor.ComputeDevice;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists the models that have a name. */
@Command(
        name = "models",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Lists the models that 'sjd generate --model NAME' knows.")
public final class ModelsCommand implements Callable<Integer> {
    private static final String ROW = "%-20s  %-20s  %10s  %9s  %-12s  %s%n";

    private final Console console;

    @Option(names = "--verbose", description = "Print a stack trace on failure.")
    private boolean verbose;

    public ModelsCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        var catalogue = ModelCatalogue.ofUser();
        var entries = catalogue.entries();
        if (entries.isEmpty()) {
            console.out().println("no models: this build has none, and there is none in " + catalogue.folder());
        } else {
            console.out().printf(ROW, "NAME", "FAMILY", "PARAMETERS", "SIZE", "DECODER", "LICENCE");
            entries.forEach(this::print);
        }
        console.out().flush();
        return 0;
    }

    private void print(ModelCatalogue.Entry entry) {
        try {
            var description = Families.describe(entry.directory());
            console.out()
                    .printf(
                            ROW,
                            Console.oneLine(entry.name()),
                            description.family(),
                            String.format(Locale.ROOT, "%.1f M", description.parameters() / 1e6),
                            description.sizes().getFirst(),
                            description.defaults(ComputeDevice.CPU).decoder().name(),
                            Console.oneLine(
                                    ModelCard.of(entry.directory()).licence().orElse("not stated")));
        } catch (CheckpointException e) {
            console.warning(entry.name() + " cannot be used: " + e.getMessage());
        }
    }
}
