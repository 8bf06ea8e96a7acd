package org.sjd4j.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.concurrent.Callable;
import org.sjd4j.api.PngFile;
import org.sjd4j.api.Recipe;
import org.sjd4j.cli.output.Version;
import org.sjd4j.options.Console;
import org.sjd4j.options.UserException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;

/** Tells how an image was made. */
@Command(
        name = "show",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Tells how an image was made, and the command that makes it again.")
final class ShowCommand implements Callable<Integer> {
    private static final JsonMapper JSON = new JsonMapper();

    private final Console console;

    @Parameters(paramLabel = "FILE.png", description = "An image that 'sjd generate' wrote.")
    private String file = "";

    @Option(names = "--json", description = "Print one JSON object, nothing else.")
    private boolean json;

    @Option(names = "--verbose", description = "Print a stack trace on failure.")
    private boolean verbose;

    ShowCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        Recipe recipe = read();
        if (json) {
            var values = new LinkedHashMap<String, Object>();
            values.put("file", file);
            values.putAll(recipe.toText());
            values.put("command", ShellCommand.text(recipe));
            console.out().println(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(values));
        } else {
            recipe.toText().forEach((name, value) -> console.out().printf("%-22s  %s%n", name, Console.oneLine(value)));
            console.out().printf("%n%s%n", ShellCommand.text(recipe));
        }
        console.out().flush();
        return 0;
    }

    private Recipe read() {
        try {
            return PngFile.read(Path.of(file));
        } catch (InvalidPathException e) {
            throw new UserException("'" + file + "' is no file name: " + e.getReason(), e);
        }
    }
}
