package org.sjd4j.parity;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * The outcome of all checks of a directory.
 *
 * @param checks in the order in which they ran
 * @param unread the golden tensors that no check read, and why
 */
public record ParityReport(List<Check> checks, SortedMap<String, String> unread) {
    /**
     * What was compared so far.
     *
     * @param reasons why a golden tensor of this name need not be read
     */
    public static ParityReport of(Golden golden, UnaryOperator<String> reasons) {
        var unread = new TreeMap<String, String>();
        golden.unread().forEach(name -> unread.put(name, reasons.apply(name)));
        return new ParityReport(List.copyOf(golden.checks()), unread);
    }

    /** Whether all checks passed. */
    public boolean passed() {
        return checks.stream().allMatch(Check::passed);
    }
}
