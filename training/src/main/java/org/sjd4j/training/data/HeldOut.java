package org.sjd4j.training.data;

import java.util.Collection;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Collectors;

/** Which examples are held out: about a tenth, by hashes of their names, so that neither their order nor others matter. */
final class HeldOut {
    /** Of so many examples some are held out, whatever their names. */
    static final int LEAST = 10;

    private static final int PERCENT = 10;

    private HeldOut() {}

    /**
     * The names of those that are held out. If the hashes hold out none or all of {@value #LEAST} or more, it is the tenth with
     * the least hashes.
     */
    static Set<String> of(Collection<String> names) {
        var chosen = names.stream()
                .filter(name -> StableHash.percentile(name) < PERCENT)
                .collect(Collectors.toUnmodifiableSet());
        if (names.size() < LEAST || !chosen.isEmpty() && chosen.size() < names.size()) {
            return chosen;
        }
        return names.stream()
                .sorted(Comparator.<String>comparingLong(StableHash::of).thenComparing(Comparator.naturalOrder()))
                .limit((long) names.size() * PERCENT / 100)
                .collect(Collectors.toUnmodifiableSet());
    }
}
