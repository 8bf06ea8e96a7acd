package org.sjd4j.cli;

import org.jspecify.annotations.Nullable;
import org.sjd4j.cli.output.Version;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.options.Console;
import org.sjd4j.options.Converters;
import org.sjd4j.options.UserException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Generates images. */
@Command(
        name = "generate",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Generates images of a prompt.",
        footerHeading = "%nDecoders:%n")
final class GenerateCommand extends ImagesCommand {
    @Parameters(paramLabel = "PROMPT", description = "What the image shows, in quotes.")
    private String prompt = "";

    @Option(
            names = "--size",
            paramLabel = "WxH",
            converter = Converters.SizeText.class,
            description = "Pixels; only what the model can make.")
    private @Nullable ImageSize size;

    GenerateCommand(Console console) {
        super(console);
    }

    @Override
    String prompt() {
        return prompt;
    }

    @Override
    @Nullable
    ImageSize size(ModelDescription description) {
        var possible = description.sizes();
        if (size != null && !possible.contains(size)) {
            String listed =
                    String.join(", ", possible.stream().map(ImageSize::toString).toList());
            throw new UserException("--size " + size + ": this model makes images of " + listed + " only");
        }
        return size;
    }
}
