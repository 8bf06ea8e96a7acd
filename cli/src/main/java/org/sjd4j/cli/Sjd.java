package org.sjd4j.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
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
    private static final Set<String> COMPUTING = Set.of("generate", "compare", "sheet", "serve", "evaluate", "tune");

    private Sjd() {}

    /** The whole command line: this is where a command registers. */
    static CommandLine commandLine(Console console) {
        var line = new CommandLine(new Sjd());
        var generate = new CommandLine(new GenerateCommand(console));
        var help = generate.getCommandSpec().usageMessage();
        help.footer(decoders(generate.getCommandSpec()));
        line.addSubcommand(generate);
        line.addSubcommand(new ShowCommand(console));
        var models = new CommandLine(new ModelsCommand(console));
        models.addSubcommand(new InspectCommand(console));
        models.addSubcommand(new ParityCommand(console));
        models.addSubcommand(new ConvertCommand(console));
        line.addSubcommand(models);
        line.addSubcommand(new DoctorCommand(console));
        line.addSubcommand(new CompareCommand(console));
        line.addSubcommand(new SheetCommand(console));
        line.addSubcommand(new ServeCommand(console));
        line.addSubcommand(new EvaluateCommand(console));
        line.addSubcommand(new TuneCommand(console));
        var train = new CommandLine(new TrainCommand());
        train.addSubcommand(new TrainTokenizerCommand(console));
        train.addSubcommand(new TrainModelCommand(console, DataParallel.NONE));
        train.addSubcommand(new TrainDenoisingCommand(console, DataParallel.NONE));
        train.addSubcommand(new TrainScorerCommand(console));
        line.addSubcommand(train);
        line.getSubcommands().values().stream()
                .filter(command -> COMPUTING.contains(command.getCommandName()))
                .forEach(command -> command.addMixin("threads", new ThreadOptions()));
        train.getSubcommands().values().forEach(command -> command.addMixin("threads", new ThreadOptions()));
        return CommandLines.configured(line, console, List.of(ServerStateException.class));
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
