package org.sjd4j.training.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The concepts that the emoji data set draws, in the order of {@code emoji-concepts.txt}, which explains its own format.
 *
 * @param concepts at least one, with different names
 */
public record ConceptSelection(List<Concept> concepts) {
    private static final String RESOURCE = "emoji-concepts.txt";

    public ConceptSelection {
        concepts = List.copyOf(concepts);
        if (concepts.isEmpty()) {
            throw new IllegalArgumentException("a selection needs at least one concept");
        }
        var names = new HashSet<String>();
        for (var concept : concepts) {
            if (!names.add(concept.name)) {
                throw new IllegalArgumentException("the concept '" + concept.name + "' is listed twice");
            }
        }
    }

    /**
     * Something that several styles draw.
     *
     * @param name lower case words, as captions use them: {@code red apple}
     * @param icon the name of its icon
     * @param otherIcons the name of its icon in styles that call it something else
     * @param leftOut styles whose icon of that name shows something else
     * @param aliases what else people call it: {@code kitten}; several concepts may share one
     */
    public record Concept(
            String name,
            String icon,
            Map<EmojiStyle, String> otherIcons,
            Set<EmojiStyle> leftOut,
            List<String> aliases) {
        public Concept {
            otherIcons = Map.copyOf(otherIcons);
            leftOut = Set.copyOf(leftOut);
            aliases = List.copyOf(aliases);
        }

        /** What people call it, the name first. */
        public List<String> names() {
            return Stream.concat(Stream.of(name), aliases.stream()).toList();
        }

        /** The name of the icon in a style, unless this style is left out. */
        public Optional<String> icon(EmojiStyle style) {
            return leftOut.contains(style) ? Optional.empty() : Optional.of(otherIcons.getOrDefault(style, icon));
        }
    }

    /** The selection that comes with this module. */
    public static ConceptSelection load() {
        try (var in = ConceptSelection.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + RESOURCE + " is missing from this module");
            }
            return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + RESOURCE, e);
        }
    }

    /**
     * Reads a list of concepts.
     *
     * @throws IllegalArgumentException if a line cannot be understood, with its number
     */
    static ConceptSelection parse(String text) {
        var concepts = new ArrayList<Concept>();
        var lines = text.lines().toList();
        for (var i = 0; i < lines.size(); i++) {
            var line = lines.get(i).strip();
            if (!line.isEmpty() && !line.startsWith("#")) {
                try {
                    concepts.add(concept(line));
                } catch (IllegalArgumentException e) {
                    throw new IllegalArgumentException("line " + (i + 1) + ": " + e.getMessage(), e);
                }
            }
        }
        return new ConceptSelection(concepts);
    }

    private static Concept concept(String line) {
        var aliases = new ArrayList<String>();
        var bar = line.indexOf('|');
        if (bar >= 0) {
            for (var alias : line.substring(bar + 1).split(",", -1)) {
                aliases.add(words(alias));
            }
        }
        var parts = List.of((bar < 0 ? line : line.substring(0, bar)).split(" - ", -1));
        var leftOut = EnumSet.noneOf(EmojiStyle.class);
        for (var style : parts.subList(1, parts.size())) {
            leftOut.add(EmojiStyle.named(style.strip()));
        }
        var equals = parts.getFirst().indexOf('=');
        var name = words(equals < 0 ? parts.getFirst() : parts.getFirst().substring(0, equals));
        var icon = name.replace(' ', '-');
        var otherIcons = new EnumMap<EmojiStyle, String>(EmojiStyle.class);
        if (equals >= 0) {
            for (var term : parts.getFirst().substring(equals + 1).split(",", -1)) {
                var colon = term.indexOf(':');
                if (colon < 0) {
                    icon = iconName(term);
                } else {
                    var style = EmojiStyle.named(term.substring(0, colon).strip());
                    otherIcons.put(style, iconName(term.substring(colon + 1)));
                }
            }
        }
        return new Concept(name, icon, otherIcons, leftOut, aliases);
    }

    private static String words(String term) {
        var words = term.strip();
        if (!words.matches("[a-z0-9]+([ -][a-z0-9]+)*")) {
            throw new IllegalArgumentException(
                    "a concept is named by lower case words, but here stands '" + words + "'");
        }
        return words;
    }

    private static String iconName(String term) {
        var icon = term.strip();
        if (!icon.matches("[a-z0-9]+(-[a-z0-9]+)*")) {
            throw new IllegalArgumentException("an icon has a name such as red-apple, but here stands '" + icon + "'");
        }
        return icon;
    }
}
