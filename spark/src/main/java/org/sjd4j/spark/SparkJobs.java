package org.sjd4j.spark;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.sjd4j.options.CommandLines;
import org.sjd4j.options.Console;
import org.sjd4j.options.UserException;
import org.sjd4j.spark.evaluate.EvaluateJob;
import org.sjd4j.spark.generate.GenerateJob;
import org.sjd4j.spark.train.TokenizeJob;
import org.sjd4j.spark.train.TrainJob;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The entry point of all jobs, for {@code spark-submit}. */
@Command(
        name = "sjd-spark",
        description = "Jobs on a Spark cluster.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "JOB")
public final class SparkJobs implements Runnable {
    private SparkJobs() {}

    /** Runs a job and exits with its code. */
    public static void main(String[] arguments) {
        Locale.setDefault(Locale.ROOT); // libraries that print ask for it; our own code names its locale
        var out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        var err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        System.exit(commandLine(new Console(out, err, false)).execute(arguments));
    }

    /** The whole command line: this is where a job registers. */
    static CommandLine commandLine(Console console) {
        var line = new CommandLine(new SparkJobs());
        line.addSubcommand(new GenerateJob(console));
        line.addSubcommand(new TokenizeJob(console));
        line.addSubcommand(new EvaluateJob(console));
        var train = new CommandLine(new TrainJob(console));
        train.setStopAtPositional(true); // what follows is for the command that trains
        line.addSubcommand(train);
        return CommandLines.configured(line, console, List.of());
    }

    @Override
    public void run() {
        throw new UserException("say which job, such as: generate --captions captions.csv --out images; see --help");
    }
}
