package org.sjd4j;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The repository's documents, and the code in them. */
public final class Documents {
    private static final Set<String> NOT_OURS = Set.of("target", "runs", "node_modules");
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w+)\\n(.*?)^```$");
    private static final Pattern LINK = Pattern.compile("\\]\\((?!\\w+:)([^)#\\s]*)(?:#([^)\\s]+))?\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");
    private static final Pattern SPAN = Pattern.compile("`([^`\\n]+)`");

    private Documents() {}

    /**
     * Code in a document.
     *
     * @param place file and line
     */
    public record Code(String place, String text) {}

    /** The folder of the whole project. */
    public static Path root() {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve("sjd-spark"))) {
                return folder;
            }
        }
        throw new IllegalStateException("the tests run outside of the project");
    }

    /** The fenced blocks of a language, such as {@code java}. */
    public static List<Code> blocks(String language) {
        var found = new ArrayList<Code>();
        for (Path file : files()) {
            String text = read(file);
            var matcher = BLOCK.matcher(text);
            while (matcher.find()) {
                if (matcher.group(1).equals(language)) {
                    found.add(new Code(place(file, text, matcher.start()), matcher.group(2)));
                }
            }
        }
        return found;
    }

    /** Every call of a program, such as {@code ./sjd}, in blocks of shell commands and between backquotes, as its arguments. */
    public static List<Call> calls(String program) {
        var found = new ArrayList<Call>();
        for (Code block : blocks("sh")) {
            for (String line : block.text.replace("\\\n", "").lines().toList()) {
                add(found, program, block.place, line);
            }
        }
        for (Path file : files()) {
            String text = BLOCK.matcher(read(file))
                    .replaceAll(match -> "\n".repeat((int)
                            match.group().chars().filter(c -> c == '\n').count()));
            var matcher = SPAN.matcher(text);
            while (matcher.find()) {
                add(found, program, place(file, text, matcher.start()), matcher.group(1));
            }
        }
        return found;
    }

    /**
     * A call of a program.
     *
     * @param place file and line
     * @param arguments without the program's name
     */
    public record Call(String place, List<String> arguments) {
        @Override
        public String toString() {
            return place + ": " + String.join(" ", arguments);
        }
    }

    private static void add(List<Call> found, String program, String place, String line) {
        var words = words(line);
        if (words.size() > 1 && words.getFirst().equals(program)) {
            found.add(new Call(place, words.subList(1, words.size())));
        }
    }

    /**
     * A link to a file of the project.
     *
     * @param place file and line
     * @param file that it names
     * @param anchor of a heading in the file, or nothing
     */
    public record Link(String place, Path file, String anchor) {}

    /** Every link from a document to a file of the project. */
    public static List<Link> links() {
        var found = new ArrayList<Link>();
        for (Path file : files()) {
            String text = read(file);
            var matcher = LINK.matcher(text);
            while (matcher.find()) {
                String path = matcher.group(1);
                Path target = path.isEmpty() ? file : file.resolveSibling(path).normalize();
                String anchor = matcher.group(2) == null ? "" : matcher.group(2);
                found.add(new Link(place(file, text, matcher.start()), target, anchor));
            }
        }
        return found;
    }

    /** The anchors of a document's headings, as GitHub makes them. */
    public static List<String> anchors(Path file) {
        return HEADING.matcher(read(file))
                .results()
                .map(match -> match.group(1)
                        .strip()
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'))
                .toList();
    }

    /** The words of a simple shell command; quotes are taken off, and a comment ends it. */
    static List<String> words(String line) {
        var words = new ArrayList<String>();
        var word = new StringBuilder();
        boolean inside = false;
        char quote = 0;
        for (char c : (line + " ").toCharArray()) {
            if (quote != 0) {
                if (c == quote) {
                    quote = 0;
                } else {
                    word.append(c);
                }
            } else if (c == '"' || c == '\'') {
                quote = c;
                inside = true;
            } else if (Character.isWhitespace(c)) {
                if (inside) {
                    words.add(word.toString());
                }
                word.setLength(0);
                inside = false;
            } else if (c == '#' && !inside) {
                break;
            } else {
                word.append(c);
                inside = true;
            }
        }
        if (quote != 0) {
            throw new IllegalArgumentException("a quote is not closed: " + line);
        }
        return words;
    }

    private static List<Path> files() {
        Path root = root();
        try (Stream<Path> files = Files.find(
                root,
                12,
                (file, attributes) ->
                        attributes.isRegularFile() && file.toString().endsWith(".md"))) {
            return files.filter(
                            file -> Stream.of(root.relativize(file).toString().split("[/\\\\]"))
                                    .noneMatch(name -> name.startsWith(".") || NOT_OURS.contains(name)))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String place(Path file, String text, int at) {
        long line = 1 + text.substring(0, at).chars().filter(c -> c == '\n').count();
        return root().relativize(file) + ":" + line;
    }
}
