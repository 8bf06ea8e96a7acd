package org.sjd4j.cli.evaluate;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.Request;
import org.sjd4j.cli.output.Outputs;
import org.sjd4j.cli.output.Version;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.io.AtomicFile;
import org.sjd4j.options.Console;
import org.sjd4j.options.GenerationOptions;
import org.sjd4j.options.ModelOptions;
import org.sjd4j.options.Progress;
import org.sjd4j.options.UserException;
import org.sjd4j.training.report.ContactSheet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Generates many prompts on one sheet. */
@Command(
        name = "sheet",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Generates a sheet of images, one of each prompt in a file.")
public final class SheetCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private final PromptFile promptFile = new PromptFile();

    @Option(names = "--out", paramLabel = "FILE.png", required = true, description = "The sheet, with the prompts.")
    private String out = "";

    @Option(
            names = "--hidden",
            paramLabel = "FILE.png",
            description = "Also write the sheet with numbers instead of prompts, to guess what the images show.")
    private @Nullable String hidden;

    @Option(names = "--columns", paramLabel = "N", description = "Images in a row. Default: ${DEFAULT-VALUE}")
    private int columns = 5;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Seed of the first image; the next ones follow. Default: ${DEFAULT-VALUE}")
    private long seed = 1;

    @Option(names = "--verbose", description = "Print a stack trace on failure.")
    private boolean verbose;

    @Mixin
    private final ModelOptions modelOptions = new ModelOptions();

    @Mixin
    private final GenerationOptions generation = new GenerationOptions();

    public SheetCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (columns < 1) {
            throw new UserException("--columns is " + columns + ", expected 1 or more");
        }
        Path sheet = Outputs.image("--out", out);
        Path guess = hidden == null ? null : Outputs.image("--hidden", hidden);
        if (sheet.equals(guess)) {
            throw new UserException("--out and --hidden are the same file; choose another name for one of them");
        }
        var prompts = promptFile.texts(console);
        var description = modelOptions.description();
        UnknownWords.warn(console, description, prompts);
        var images = generate(description, prompts);
        var named = new ContactSheet(columns);
        var numbered = new ContactSheet(columns);
        for (int i = 0; i < images.size(); i++) {
            named.add(images.get(i), prompts.get(i));
            numbered.add(images.get(i), Integer.toString(i + 1));
        }
        write(sheet, named);
        if (guess != null) {
            write(guess, numbered);
        }
        return 0;
    }

    private List<BufferedImage> generate(ModelDescription description, List<String> prompts) {
        var defaults = modelOptions.defaults(description);
        var settings = generation.settings(defaults);
        var sampling = generation.sampling(defaults);
        var images = new ArrayList<BufferedImage>();
        Progress.say(console, "loading the model");
        try (var model = modelOptions.load(description)) {
            for (String prompt : prompts) {
                var request = new Request(prompt, seed + images.size(), defaults.decoder(), settings, sampling);
                images.add(model.generate(request).image());
                Progress.say(console, "%s of %s images".formatted(images.size(), prompts.size()));
            }
        } finally {
            Progress.clear(console);
        }
        return images;
    }

    private void write(Path file, ContactSheet sheet) {
        var bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(sheet.draw(), "png", bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        AtomicFile.write(file, bytes.toByteArray());
        console.out().println(file);
        console.out().flush();
    }
}
