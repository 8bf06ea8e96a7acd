package org.sjd4j.io;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** What work is, by named values that lie beside its files: work that was begun goes on only if all are the same. */
public final class Identity {
    /** Names that files written before December 2026 have, and those of today. */
    private static final Map<String, String> FORMER_NAMES =
            Map.of("pictures", "images", "pictures_per_prompt", "images_per_prompt");

    private Identity() {}

    /**
     * What differs, as {@code name: found -> wanted}. Former names count as those of today.
     *
     * @param found what a file says
     * @param wanted what the work would be now
     */
    public static List<String> differences(Map<String, String> found, Map<String, String> wanted) {
        var current = new TreeMap<String, String>();
        found.forEach((name, value) -> current.put(FORMER_NAMES.getOrDefault(name, name), value));
        var names = new TreeSet<>(current.keySet());
        names.addAll(wanted.keySet());
        var differences = new ArrayList<String>();
        for (String name : names) {
            String before = current.getOrDefault(name, "absent");
            String now = wanted.getOrDefault(name, "absent");
            if (!before.equals(now)) {
                differences.add(name + ": " + before + " -> " + now);
            }
        }
        return differences;
    }
}
