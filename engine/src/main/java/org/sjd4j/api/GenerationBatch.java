package org.sjd4j.api;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.generate.SharedPass;
import org.sjd4j.llama.SharedCache;

/**
 * Continuous batching: the images of a source share forward passes. An image joins as soon as there is room and leaves
 * as soon as it is finished, cancelled or broken; the others never wait for it.
 *
 * <p>Each image has its own window, seed, guidance and sampling. A window is never wider than its share of the rows
 * that a pass may have: that is how wide the hardware likes it, and with {@code *-exact} decoders it changes no token.
 */
final class GenerationBatch {
    private final Function<Request, Generation> begin;
    private final BatchLimits limits;
    private final List<Member> members = new ArrayList<>();
    private final SharedCache room;

    private record Member(GenerationTask task, Generation drawing) {}

    /** @param begin reads the prompt of a request */
    GenerationBatch(Function<Request, Generation> begin, BatchLimits limits) {
        this.begin = begin;
        this.limits = limits;
        this.room = new SharedCache(limits.pictures());
    }

    /** Draws until the source has ended. */
    void run(GenerationSource source) throws InterruptedException {
        try {
            while (!members.isEmpty() || !source.ended()) {
                admit(source);
                leaveCancelled();
                if (Thread.interrupted()) {
                    throw new InterruptedException("interrupted while drawing");
                }
                if (!members.isEmpty()) {
                    step(source);
                }
            }
        } finally {
            for (Member member : List.copyOf(members)) { // there are none unless something went wrong
                leave(member);
                member.task.left();
            }
            room.close();
        }
    }

    private void admit(GenerationSource source) throws InterruptedException {
        boolean more = true;
        while (more && members.size() < limits.pictures()) {
            Optional<GenerationTask> next = source.next(members.isEmpty());
            more = next.isPresent();
            next.ifPresent(this::join);
        }
    }

    private void join(GenerationTask task) {
        if (task.cancelled()) {
            task.left();
            return;
        }
        task.started();
        try {
            members.add(new Member(task, sharing(begin.apply(task.request()))));
        } catch (RuntimeException | OutOfMemoryError e) {
            task.failed(e);
        }
    }

    private Generation sharing(Generation drawing) {
        if (limits.pictures() > 1) {
            try {
                drawing.share(room);
            } catch (RuntimeException | OutOfMemoryError e) {
                drawing.close();
                throw e;
            }
        }
        return drawing;
    }

    private void leaveCancelled() {
        for (Member member : List.copyOf(members)) {
            if (member.task.cancelled()) {
                leave(member);
                member.task.left();
            }
        }
    }

    private void leave(Member member) {
        members.remove(member);
        member.drawing.close();
    }

    /** Equal shares, and what narrow windows leave over goes to the wider ones. */
    private void shareRows() {
        var narrowFirst = new ArrayList<>(members);
        narrowFirst.sort(Comparator.comparingInt(member -> member.drawing.widestWindow() * member.drawing.branches()));
        int left = limits.rows();
        for (int i = 0; i < narrowFirst.size(); i++) {
            var drawing = narrowFirst.get(i).drawing;
            int share = left / (narrowFirst.size() - i) / drawing.branches();
            int window = Math.clamp(share, 1, drawing.widestWindow());
            drawing.limitWindow(window);
            left -= window * drawing.branches();
        }
    }

    private void step(GenerationSource source) {
        shareRows();
        var now = List.copyOf(members);
        var parts = now.stream().map(member -> member.drawing.part()).toList();
        int rows = parts.stream().mapToInt(SharedPass.Part::count).sum();
        long begin = System.nanoTime();
        if (now.size() == 1) {
            attempt(now.getFirst(), () -> {
                now.getFirst().drawing.step();
                source.passed(1, rows, System.nanoTime() - begin);
            });
            return;
        }
        SharedPass.Logits logits;
        try {
            logits = SharedPass.run(room, parts);
            source.passed(now.size(), rows, System.nanoTime() - begin);
        } catch (RuntimeException | OutOfMemoryError _) { // whose rows broke it shows when each is alone
            now.forEach(member -> attempt(member, member.drawing::step));
            return;
        }
        for (int i = 0; i < now.size(); i++) {
            Member member = now.get(i);
            int index = i;
            attempt(member, () -> {
                Distribution[] p = logits.distributions(index);
                member.drawing.advance(p);
            });
        }
    }

    /** A step of one image, after which it may be finished, or broken. */
    private void attempt(Member member, Runnable step) {
        try {
            step.run();
            var drawing = member.drawing;
            member.task.stepped(drawing.steps(), drawing.accepted(), drawing.length(), drawing::preview);
            if (drawing.done()) {
                var picture = drawing.picture();
                leave(member);
                member.task.finished(picture);
            }
        } catch (RuntimeException | OutOfMemoryError e) {
            if (members.contains(member)) {
                leave(member);
                member.task.failed(e);
            } else {
                throw e;
            }
        }
    }
}
