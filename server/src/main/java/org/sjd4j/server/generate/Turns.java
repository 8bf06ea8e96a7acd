package org.sjd4j.server.generate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Who is next: addresses take turns, and in each turn of an address one of its users has his. So whoever calls himself many users
 * has no more than one, and users behind one proxy have turns of their own.
 */
final class Turns {
    private final SequencedMap<String, SequencedMap<String, Deque<Ticket>>> waiting = new LinkedHashMap<>();

    void add(Ticket ticket) {
        String client = ticket.client();
        waiting.computeIfAbsent(client.split(" ", 2)[0], _ -> new LinkedHashMap<>())
                .computeIfAbsent(client, _ -> new ArrayDeque<>())
                .add(ticket);
    }

    /** The next ticket, which waits no more, or nothing. */
    @Nullable
    Ticket poll() {
        var address = waiting.pollFirstEntry();
        if (address == null) {
            return null;
        }
        var user = address.getValue().pollFirstEntry();
        var ticket = user.getValue().remove();
        if (!user.getValue().isEmpty()) {
            address.getValue().put(user.getKey(), user.getValue()); // behind the others
        }
        if (!address.getValue().isEmpty()) {
            waiting.put(address.getKey(), address.getValue());
        }
        return ticket;
    }

    /** How many are before a ticket, if all stay; 0 if it does not wait. */
    int before(Ticket ticket) {
        var rest = copy();
        int before = 0;
        for (Ticket next = rest.poll(); next != null; next = rest.poll()) {
            if (next == ticket) {
                return before;
            }
            before++;
        }
        return 0;
    }

    private Turns copy() {
        var copy = new Turns();
        all().forEach(copy::add); // first by address, then by user: in the order of their turns
        return copy;
    }

    /** All that wait. */
    List<Ticket> all() {
        var all = new ArrayList<Ticket>();
        waiting.values().forEach(users -> users.values().forEach(all::addAll));
        return all;
    }

    /** Removes what fits. */
    void removeIf(Predicate<Ticket> condition) {
        waiting.values().forEach(users -> {
            users.values().forEach(tickets -> tickets.removeIf(condition));
            users.values().removeIf(Deque::isEmpty);
        });
        waiting.values().removeIf(SequencedMap::isEmpty);
    }
}
