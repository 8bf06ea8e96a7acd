package org.sjd4j.training.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reader of the Iconify JSON format (iconify.design, "IconifyJSON type"): icons by name, aliases that refer to an icon
 * or another alias and may move, flip or turn it, and defaults for the whole set.
 *
 * <p>A file may be 100 MB and aliases and defaults may stand behind the icons, so it is streamed twice: for the names,
 * then for the drawings that are wanted.
 */
final class IconSet {
    /** What Iconify assumes where neither the icon nor its set gives a size. */
    private static final double DEFAULT_SIZE = 16;

    private static final JsonMapper JSON = JsonMapper.shared();

    private final String name;
    private final Map<String, Properties> aliases = new HashMap<>();
    private final Set<String> icons = new HashSet<>();
    private Properties defaults = Properties.NONE;

    private IconSet(String name) {
        this.name = name;
    }

    /** Where the file is to be had, as often as it is asked for. */
    interface Source {
        InputStream open() throws IOException;
    }

    /**
     * The wanted icons of a set, by the names by which they were asked for; names that the set lacks are left out.
     *
     * @throws IllegalArgumentException if an alias leads nowhere or in a circle
     * @throws UncheckedIOException if the file cannot be read
     */
    static Map<String, Icon> read(String name, Source source, Set<String> wanted) {
        try {
            var set = new IconSet(name);
            set.readNames(source);
            var found = new HashMap<String, Properties>();
            for (var icon : wanted) {
                if (set.icons.contains(icon) || set.aliases.containsKey(icon)) {
                    found.put(icon, set.resolve(icon));
                }
            }
            var drawings = readDrawings(source, found.values());
            var result = new HashMap<String, Icon>();
            found.forEach((icon, properties) -> result.put(icon, set.icon(properties, drawings)));
            return result;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the icon set " + name, e);
        }
    }

    private void readNames(Source source) throws IOException {
        try (var in = new BufferedInputStream(source.open());
                var json = JSON.createParser(in)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                var field = json.currentName();
                json.nextToken();
                switch (field) {
                    case "icons" -> {
                        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                            icons.add(json.currentName());
                            json.nextToken();
                            json.skipChildren();
                        }
                    }
                    case "aliases" -> {
                        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                            var alias = json.currentName();
                            json.nextToken();
                            aliases.put(alias, Properties.NONE.readObject(json));
                        }
                    }
                    default -> defaults = defaults.read(field, json);
                }
            }
        }
    }

    /** The properties of an icon or alias, all aliases followed; {@code parent} is then the icon's own name. */
    private Properties resolve(String icon) {
        var path = new HashSet<String>();
        var properties = Properties.NONE.withParent(icon);
        var parent = icon;
        while (!icons.contains(parent)) {
            var alias = aliases.get(parent);
            if (alias == null || alias.parent == null || !path.add(parent)) {
                throw new IllegalArgumentException("icon set " + name + ": the alias '" + icon
                        + "' should lead to an icon, but goes astray at '" + parent + "'");
            }
            properties = properties.over(alias);
            parent = alias.parent;
        }
        return properties.withParent(parent);
    }

    private static Map<String, Properties> readDrawings(Source source, Iterable<Properties> wanted) throws IOException {
        var names = new HashSet<String>();
        wanted.forEach(properties -> names.add(properties.parent));
        var drawings = new HashMap<String, Properties>();
        try (var in = new BufferedInputStream(source.open());
                var json = JSON.createParser(in)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                var field = json.currentName();
                json.nextToken();
                if (!field.equals("icons")) {
                    json.skipChildren();
                    continue;
                }
                while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                    var icon = json.currentName();
                    json.nextToken();
                    if (names.contains(icon)) {
                        drawings.put(icon, Properties.NONE.readObject(json));
                    } else {
                        json.skipChildren();
                    }
                }
            }
        }
        return drawings;
    }

    private Icon icon(Properties alias, Map<String, Properties> drawings) {
        var drawing = drawings.get(alias.parent);
        if (drawing == null || drawing.body == null) {
            throw new IllegalArgumentException("icon set " + name + ": the icon '" + alias.parent + "' has no body");
        }
        var all = alias.over(drawing).over(defaults);
        return new Icon(
                drawing.body,
                or(all.left, 0),
                or(all.top, 0),
                or(all.width, DEFAULT_SIZE),
                or(all.height, DEFAULT_SIZE),
                Math.floorMod(all.quarterTurns, 4),
                all.flipHorizontally,
                all.flipVertically);
    }

    private static double or(@Nullable Double value, double otherwise) {
        return value == null ? otherwise : value;
    }

    /** What the format may say about an icon, an alias or a whole set; null is what it does not say. */
    private record Properties(
            @Nullable String parent,
            @Nullable String body,
            @Nullable Double left,
            @Nullable Double top,
            @Nullable Double width,
            @Nullable Double height,
            int quarterTurns,
            boolean flipHorizontally,
            boolean flipVertically) {
        static final Properties NONE = new Properties(null, null, null, null, null, null, 0, false, false);

        Properties readObject(JsonParser json) {
            var properties = this;
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                var field = json.currentName();
                json.nextToken();
                properties = properties.read(field, json);
            }
            return properties;
        }

        Properties read(String field, JsonParser json) {
            return switch (field) {
                case "parent" -> withParent(json.getString());
                case "body" ->
                    new Properties(
                            parent,
                            json.getString(),
                            left,
                            top,
                            width,
                            height,
                            quarterTurns,
                            flipHorizontally,
                            flipVertically);
                case "left" -> withBox(json.getDoubleValue(), top, width, height);
                case "top" -> withBox(left, json.getDoubleValue(), width, height);
                case "width" -> withBox(left, top, json.getDoubleValue(), height);
                case "height" -> withBox(left, top, width, json.getDoubleValue());
                case "rotate" -> withTurn(json.getIntValue(), flipHorizontally, flipVertically);
                case "hFlip" -> withTurn(quarterTurns, json.getBooleanValue(), flipVertically);
                case "vFlip" -> withTurn(quarterTurns, flipHorizontally, json.getBooleanValue());
                default -> {
                    json.skipChildren();
                    yield this;
                }
            };
        }

        Properties withParent(String parent) {
            return new Properties(
                    parent, body, left, top, width, height, quarterTurns, flipHorizontally, flipVertically);
        }

        private Properties withBox(
                @Nullable Double left, @Nullable Double top, @Nullable Double width, @Nullable Double height) {
            return new Properties(
                    parent, body, left, top, width, height, quarterTurns, flipHorizontally, flipVertically);
        }

        private Properties withTurn(int quarterTurns, boolean flipHorizontally, boolean flipVertically) {
            return new Properties(
                    parent, body, left, top, width, height, quarterTurns, flipHorizontally, flipVertically);
        }

        /** As Iconify merges an alias with its parent: sizes replace, turns add up, two flips cancel out. */
        Properties over(Properties base) {
            return withBox(
                            left == null ? base.left : left,
                            top == null ? base.top : top,
                            width == null ? base.width : width,
                            height == null ? base.height : height)
                    .withTurn(
                            quarterTurns + base.quarterTurns,
                            flipHorizontally != base.flipHorizontally,
                            flipVertically != base.flipVertically);
        }
    }
}
