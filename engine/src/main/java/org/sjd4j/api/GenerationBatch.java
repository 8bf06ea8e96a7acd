package org.sjd4j.api;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.sjd4j.decode.sampling.Distribution;
import org.sjd4j.generate.FixedPasses;
import org.sjd4j.generate.PassLogits;
import org.sjd4j.generate.SharedPass;
import org.sjd4j.llama.SharedCache;
import org.sjd4j.tensor.PassThreads;

/**
 * Continuous batching: the images of a source share forward passes. An image joins as soon as there is room and leaves
 * as soon as it is finished, cancelled or broken; the others never wait for it.
 *
 * <p>Each image has its own window, seed, guidance and sampling. A pass reads of each window its share of the rows that a
 * pass may have. With {@code *-exact} decoders this changes no token.
 */
final class GenerationBatch {
    private final Function<Request, Generation> begin;
    private final BatchLimits limits;
    private final IntSupplier workers;
    private final List<Member> members = new ArrayList<>();
    private final SharedCache shared;
    private final @Nullable FixedPasses fixed;

    private record Member(GenerationTask task, Generation generation) {}

    /**
     * @param begin reads the prompt of a request
     * @param fixed runs the passes, if they have a fixed number of rows
     * @param workers how many batches are at work now, this one included: rows and CPUs are shared out among them
     */
    GenerationBatch(
            Function<Request, Generation> begin, BatchLimits limits, @Nullable FixedPasses fixed, IntSupplier workers) {
        this.begin = begin;
        this.limits = limits;
        this.shared = new SharedCache(limits.imagesOfWorker());
        this.fixed = fixed;
        this.workers = workers;
        if (fixed != null) {
            fixed.expect(limits.images(), 1);
        }
    }

    /** Generates until the source has ended. */
    void run(GenerationSource source) throws InterruptedException {
        try {
            while (!members.isEmpty() || !source.ended()) {
                admit(source);
                leaveCancelled();
                if (Thread.interrupted()) {
                    throw new InterruptedException("interrupted while generating");
                }
                if (!members.isEmpty()) {
                    step(source);
                }
            }
        } finally {
            try {
                for (Member member : List.copyOf(members)) { // there are none unless something went wrong
                    leave(member);
                    member.task.left();
                }
            } finally {
                List.copyOf(members).forEach(this::leave); // those that a task's own failure kept
                shared.close();
                PassThreads.shareCpus(1);
            }
        }
    }

    private void admit(GenerationSource source) throws InterruptedException {
        boolean more = true;
        while (more && members.size() < limits.imagesOfWorker()) {
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

    private Generation sharing(Generation generation) {
        try {
            if (fixed != null) {
                generation.share(fixed);
            } else if (limits.imagesOfWorker() > 1) {
                generation.share(shared);
            }
        } catch (RuntimeException | OutOfMemoryError e) {
            generation.close();
            throw e;
        }
        return generation;
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
        member.generation.close();
    }

    /** Equal shares, and what narrow windows leave over goes to the wider ones; unless a pass has places for each. */
    private void shareRows() {
        if (fixed != null) {
            int width = fixed.width(members.size());
            members.forEach(member -> member.generation.limitWindow(width));
            return;
        }
        var narrowFirst = new ArrayList<>(members);
        narrowFirst.sort(Comparator.comparingLong(
                member -> (long) member.generation.widestWindow() * member.generation.branches()));
        int left = limits.rows() / workers.getAsInt();
        for (int i = 0; i < narrowFirst.size(); i++) {
            var generation = narrowFirst.get(i).generation;
            int share = left / (narrowFirst.size() - i) / generation.branches();
            int window = Math.clamp(share, 1, generation.widestWindow());
            generation.limitWindow(window);
            left -= window * generation.branches();
        }
    }

    private void step(GenerationSource source) {
        PassThreads.shareCpus(workers.getAsInt());
        shareRows();
        var now = new ArrayList<Member>();
        var parts = new ArrayList<SharedPass.Part>();
        for (Member member : List.copyOf(members)) {
            try {
                parts.add(member.generation.part());
                now.add(member);
            } catch (RuntimeException | OutOfMemoryError e) {
                leave(member);
                member.task.failed(e);
            }
        }
        if (now.isEmpty()) {
            return;
        }
        int rows = parts.stream().mapToInt(SharedPass.Part::count).sum();
        if (now.size() == 1) {
            stepAlone(now.getFirst(), rows, source);
            return;
        }
        long begin = System.nanoTime();
        PassLogits logits;
        try {
            logits = fixed == null ? SharedPass.run(shared, parts) : fixed.run(parts);
        } catch (RuntimeException | OutOfMemoryError _) { // whose rows broke it shows when each is alone
            for (int i = 0; i < now.size(); i++) {
                stepAlone(now.get(i), parts.get(i).count(), source);
            }
            return;
        }
        source.passed(now.size(), rows, System.nanoTime() - begin);
        for (int i = 0; i < now.size(); i++) {
            Member member = now.get(i);
            int index = i;
            attempt(member, () -> {
                Distribution[] p = logits.distributions(index);
                member.generation.advance(p);
            });
        }
    }

    private void stepAlone(Member member, int rows, GenerationSource source) {
        attempt(member, () -> {
            long begin = System.nanoTime();
            member.generation.step();
            source.passed(1, rows, System.nanoTime() - begin);
        });
    }

    /** A step of one image, after which it may be finished, or broken. */
    private void attempt(Member member, Runnable step) {
        try {
            step.run();
            var generation = member.generation;
            member.task.stepped(generation);
            if (generation.done()) {
                var image = generation.image();
                leave(member);
                member.task.finished(image);
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
