package org.sjd4j.training.data;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The drawings of the emoji sets, read from the Iconify collection on the class path. */
public final class EmojiCollection {
    /** The version is part of the path; it is the one that the parent POM gives. */
    private static final String FOLDER = "/META-INF/resources/webjars/iconify__json/2.2.378/json/";

    private final Map<EmojiStyle, Map<String, Icon>> icons;

    private EmojiCollection(Map<EmojiStyle, Map<String, Icon>> icons) {
        this.icons = icons;
    }

    /**
     * Reads the drawings of these concepts, and no others.
     *
     * @throws java.io.UncheckedIOException if the collection is not on the class path
     */
    public static EmojiCollection read(ConceptSelection concepts) {
        var icons = new EnumMap<EmojiStyle, Map<String, Icon>>(EmojiStyle.class);
        for (var style : EmojiStyle.values()) {
            var wanted = new HashSet<String>();
            for (var concept : concepts.concepts()) {
                concept.icon(style).ifPresent(wanted::add);
            }
            icons.put(style, IconSet.read(style.iconSet(), () -> open(style), wanted));
        }
        return new EmojiCollection(icons);
    }

    /** The names of the icons that were asked for and that this style has. */
    public Set<String> names(EmojiStyle style) {
        return Collections.unmodifiableSet(of(style).keySet());
    }

    /**
     * A drawing.
     *
     * @throws IllegalArgumentException if the style has no such icon, or it was not asked for
     */
    public Icon icon(EmojiStyle style, String name) {
        var icon = of(style).get(name);
        if (icon == null) {
            throw new IllegalArgumentException("no icon '" + name + "' was read from " + style.iconSet());
        }
        return icon;
    }

    private Map<String, Icon> of(EmojiStyle style) {
        return icons.getOrDefault(style, Map.of());
    }

    private static InputStream open(EmojiStyle style) throws IOException {
        var path = FOLDER + style.iconSet() + ".json";
        var in = EmojiCollection.class.getResourceAsStream(path);
        if (in == null) {
            throw new FileNotFoundException(
                    path + " is not on the class path: the artifact org.webjars.npm:iconify__json should be");
        }
        return in;
    }
}
