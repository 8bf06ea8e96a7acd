package org.sjd4j.cli;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.Edit;
import org.sjd4j.api.EditMask;
import org.sjd4j.api.Request;
import org.sjd4j.cli.output.Version;
import org.sjd4j.family.ImageSize;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.image.ImageFiles;
import org.sjd4j.options.Console;
import org.sjd4j.options.UserException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes a part of an image anew. */
@Command(
        name = "edit",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Makes a part of an image anew, as a prompt says; the rest stays as it is.",
            "",
            "The prompt says what the whole image shows. Without --mask and --region the transparent parts of the image are made anew."
                    + " The model works line by line from the top: what is made anew suits what lies above it and to its left,"
                    + " and knows nothing of what lies below."
        },
        footerHeading = "%nDecoders:%n")
final class EditCommand extends ImagesCommand {
    private static final Pattern REGION = Pattern.compile("(\\d{1,6}),(\\d{1,6}),(\\d{1,6}),(\\d{1,6})");

    @Parameters(
            index = "0",
            paramLabel = "IMAGE",
            description = "The image, of the shape of the model's images; it is scaled to their size.")
    private Path file = Path.of("");

    @Parameters(index = "1", paramLabel = "PROMPT", description = "What the whole image shows, in quotes.")
    private String prompt = "";

    @Option(
            names = "--mask",
            paramLabel = "FILE",
            description =
                    "An image of the same shape. Its transparent parts are made anew, or its white ones if none of it is transparent.")
    private @Nullable Path maskFile;

    @Option(
            names = "--region",
            paramLabel = "X,Y,W,H",
            description =
                    "A rectangle to make anew, in pixels of the image: its left and upper edge, width and height.")
    private @Nullable String region;

    private @Nullable Edit edit;

    EditCommand(Console console) {
        super(console);
    }

    @Override
    String prompt() {
        return prompt;
    }

    @Override
    ImageSize size(ModelDescription description) {
        if (maskFile != null && region != null) {
            throw new UserException("--mask and --region both say what is made anew; give one of them");
        }
        try {
            var image = ImageFiles.read(file);
            var made = Edit.of(image, mask(image), description);
            edit = made;
            return made.size();
        } catch (IllegalArgumentException e) {
            throw new UserException(String.valueOf(e.getMessage()));
        }
    }

    private EditMask mask(BufferedImage image) {
        if (maskFile != null) {
            return EditMask.read(maskFile);
        }
        if (region == null) {
            var transparent = EditMask.transparentParts(file);
            if (transparent.isEmpty()) {
                throw new UserException(file + " has no transparent part; say by --mask or --region what is made anew");
            }
            return transparent;
        }
        var matcher = REGION.matcher(region);
        if (!matcher.matches()) {
            throw new UserException("--region is '" + region + "', expected four whole numbers such as 32,32,64,64");
        }
        int[] numbers =
                Arrays.stream(region.split(",")).mapToInt(Integer::parseInt).toArray();
        return EditMask.rectangle(numbers[0], numbers[1], numbers[2], numbers[3], image.getWidth(), image.getHeight());
    }

    @Override
    Request completed(Request request) {
        return request.editing(Objects.requireNonNull(edit, "the image was not read"));
    }
}
