package org.sjd4j.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.sjd4j.cli.evaluate.CompareCommand;
import org.sjd4j.cli.evaluate.EvaluateCommand;
import org.sjd4j.cli.evaluate.SheetCommand;
import org.sjd4j.cli.evaluate.TuneCommand;
import org.sjd4j.cli.models.ConvertCommand;
import org.sjd4j.cli.models.InspectCommand;
import org.sjd4j.cli.models.ModelsCommand;
import org.sjd4j.cli.models.ParityCommand;
import org.sjd4j.cli.output.Version;
import org.sjd4j.decode.Decoders;
import org.sjd4j.options.CommandLines;
import org.sjd4j.options.Console;
import org.sjd4j.options.ThreadOptions;
import org.sjd4j.options.UserException;
import org.sjd4j.options.train.TrainCommand;
import org.sjd4j.options.train.TrainDenoisingCommand;
import org.sjd4j.options.train.TrainModelCommand;
import org.sjd4j.options.train.TrainScorerCommand;
import org.sjd4j.options.train.TrainTokenizerCommand;
import org.sjd4j.server.jobs.ServerStateException;
import org.sjd4j.training.loop.DataParallel;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;

/** The command without a subcommand. */
@Command(
        name = "sjd",
        description =
                "Images from prompts by autoregressive models, in a quarter of the steps that one token at a time takes.",
        versionProvider = Version.class,
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Try: sjd generate \"red apple, noto style\" --out apple.png"})
final class Sjd implements Runnable {
    /** Commands that run a model, besides training. */
    private static final Set<String> COMPUTING =
            Set.of("generate", "edit", "compare", "sheet", "serve", "evaluate", "tune");

    private Sjd() {}

    /** The commands by name, in the order of the help: this is where a command registers. */
    private static Map<String, Supplier<CommandLine>> commands(Console console) {
        var commands = new LinkedHashMap<String, Supplier<CommandLine>>();
        commands.put("generate", () -> withDecoders(new GenerateCommand(console)));
        commands.put("edit", () -> withDecoders(new EditCommand(console)));
        commands.put("show", () -> new CommandLine(new ShowCommand(console)));
        commands.put(
                "models",
                () -> new CommandLine(new ModelsCommand(console))
                        .addSubcommand(new InspectCommand(console))
                        .addSubcommand(new ParityCommand(console))
                        .addSubcommand(new ConvertCommand(console)));
        commands.put("doctor", () -> new CommandLine(new DoctorCommand(console)));
        commands.put("compare", () -> new CommandLine(new CompareCommand(console)));
        commands.put("sheet", () -> new CommandLine(new SheetCommand(console)));
        commands.put("serve", () -> new CommandLine(new ServeCommand(console)));
        commands.put("evaluate", () -> new CommandLine(new EvaluateCommand(console)));
        commands.put("tune", () -> new CommandLine(new TuneCommand(console)));
        commands.put("train", () -> train(console));
        return commands;
    }

    /**
     * The command line for these arguments. Reading what a command's options are takes time, so that the other commands are
     * left out where the first argument names one.
     */
    static CommandLine commandLine(Console console, String... arguments) {
        var commands = commands(console);
        var named = arguments.length == 0 ? null : commands.get(arguments[0]);
        var line = new CommandLine(new Sjd());
        for (var command : named == null ? commands.values() : List.of(named)) {
            line.addSubcommand(command.get());
        }
        line.getSubcommands().values().stream()
                .filter(command -> COMPUTING.contains(command.getCommandName()))
                .forEach(command -> command.addMixin("threads", new ThreadOptions()));
        return CommandLines.configured(line, console, List.of(ServerStateException.class));
    }

    /** Whether these arguments are to run a model, so that its libraries may be loaded while they are read. */
    static boolean computes(String... arguments) {
        var given = List.of(arguments);
        return !given.isEmpty()
                && COMPUTING.contains(given.getFirst())
                && !given.contains("--help")
                && !given.contains("-h");
    }

    /** A command whose help ends with the decoders. */
    private static CommandLine withDecoders(ImagesCommand command) {
        var line = new CommandLine(command);
        var help = line.getCommandSpec().usageMessage();
        help.footer(decoders(line.getCommandSpec()));
        return line;
    }

    private static CommandLine train(Console console) {
        var train = new CommandLine(new TrainCommand())
                .addSubcommand(new TrainTokenizerCommand(console))
                .addSubcommand(new TrainModelCommand(console, DataParallel.NONE))
                .addSubcommand(new TrainDenoisingCommand(console, DataParallel.NONE))
                .addSubcommand(new TrainScorerCommand(console));
        train.getSubcommands().values().forEach(command -> command.addMixin("threads", new ThreadOptions()));
        return train;
    }

    private static String decoders(CommandSpec command) {
        var descriptions = new LinkedHashMap<String, String>();
        Decoders.all().forEach(decoder -> descriptions.put(decoder.name(), decoder.description()));
        return new Help(command).createTextTable(descriptions).toString();
    }

    @Override
    public void run() {
        throw new UserException("say what to do, such as: sjd generate \"red apple, noto style\"; see sjd --help");
    }
}
