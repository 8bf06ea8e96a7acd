package org.sjd4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.sjd4j.api.Recipe;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.decode.sampling.Setting;
import org.sjd4j.io.Excerpt;

/** The command line that generates a recipe's image again. */
final class ShellCommand {
    private static final Pattern HARMLESS = Pattern.compile("[A-Za-z0-9_./:=+,@-]+");
    private static final Pattern OPTION = Pattern.compile("--[a-z-]+=");

    /** The launcher says how it was called. */
    private static final String NAME = "sjd4j.command";

    private ShellCommand() {}

    /** The arguments after {@code sjd}; those of an edit name files that only its user knows. */
    static List<String> arguments(Recipe recipe) {
        var request = recipe.request();
        boolean edit = recipe.edit() != null;
        var arguments = new ArrayList<>(edit ? List.of("edit", "IMAGE", "--mask=MASK") : List.of("generate"));
        arguments.add("--model=" + recipe.model());
        if (recipe.parts().imageTokenizer() != null) {
            arguments.add("--image-tokenizer=" + recipe.parts().imageTokenizer());
        }
        if (recipe.parts().adapter() != null) {
            arguments.add("--adapter=" + recipe.parts().adapter());
        }
        arguments.add("--dtype=" + recipe.precision());
        arguments.add("--seed=" + request.seed());
        arguments.add("--decoder=" + request.decoder().name());
        DecoderSettings.SETTINGS.forEach(setting -> arguments.add(option(setting, request.settings())));
        Sampling.SETTINGS.forEach(setting -> arguments.add(option(setting, request.sampling())));
        if (!request.negativePrompt().isEmpty()) {
            arguments.add("--negative-prompt=" + request.negativePrompt());
        }
        if (request.size() != null && !edit) {
            arguments.add("--size=" + request.size());
        }
        arguments.add("--"); // the prompt may begin with a hyphen
        arguments.add(request.prompt());
        return List.copyOf(arguments);
    }

    private static <S> String option(Setting<S> setting, S settings) {
        return "--" + setting.option() + "=" + setting.text(settings);
    }

    /** The whole command for a POSIX shell. */
    static String text(Recipe recipe) {
        return quoted(System.getProperty(NAME, "sjd")) + " "
                + arguments(recipe).stream().map(ShellCommand::quoted).collect(Collectors.joining(" "));
    }

    /** An argument in quotes if it needs them; of an option only the value. */
    private static String quoted(String argument) {
        if (HARMLESS.matcher(argument).matches()) {
            return argument;
        }
        var option = OPTION.matcher(argument);
        int value = option.lookingAt() ? option.end() : 0;
        String text = argument.substring(value);
        return argument.substring(0, value)
                + (text.codePoints().anyMatch(Excerpt::isHidden)
                        ? escaped(text)
                        : "'" + text.replace("'", "'\\''") + "'");
    }

    /** Text with hidden characters, which must not reach a terminal as they are. */
    private static String escaped(String text) {
        var quoted = new StringBuilder("$'");
        text.codePoints().forEach(c -> {
            if (Excerpt.isHidden(c)) {
                quoted.append(String.format(Locale.ROOT, c < 0x80 ? "\\x%02x" : "\\U%08x", c));
            } else if (c == '\'' || c == '\\') {
                quoted.append('\\').appendCodePoint(c);
            } else {
                quoted.appendCodePoint(c);
            }
        });
        return quoted.append('\'').toString();
    }
}
