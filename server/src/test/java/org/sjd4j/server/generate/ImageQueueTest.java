package org.sjd4j.server.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.Request;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Sampling;

/** Who is generated next. */
class ImageQueueTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration OVER = Duration.ofNanos(-1);
    private static final Metrics METRICS = new Metrics();

    private final ImageQueue queue = new ImageQueue(6);
    private final CompletableFuture<GeneratedImage> result = new CompletableFuture<>();

    private Ticket ticket(String client, String prompt, Duration patience) {
        var request = new Request(prompt, 1, Decoders.AR, DecoderSettings.DEFAULT, Sampling.PLAIN);
        return new Ticket(client, request, patience, new Result(result), METRICS);
    }

    private Ticket ticket(String client, String prompt) {
        return ticket(client, prompt, LONG);
    }

    private List<String> generated() throws InterruptedException {
        var prompts = new ArrayList<String>();
        for (var next = queue.next(false); next.isPresent(); next = queue.next(false)) {
            prompts.add(next.get().request().prompt());
        }
        return prompts;
    }

    @Test
    void clientsTakeTurns() throws InterruptedException {
        var last = ticket("a", "a3");
        queue.add(List.of(ticket("a", "a1"), ticket("a", "a2"), last));
        var second = ticket("b", "b2");
        queue.add(List.of(ticket("b", "b1"), second));
        queue.add(List.of(ticket("c", "c1")));
        assertThat(queue.place(second)).isEqualTo(4);
        assertThat(queue.place(last)).isEqualTo(5);
        assertThat(generated()).containsExactly("a1", "b1", "c1", "a2", "b2", "a3");
        assertThat(queue.place(last)).isZero();
    }

    @Test
    void whoCallsHimselfManyHasNoMoreTurns() throws InterruptedException {
        var last = ticket("a u3", "a3");
        queue.add(List.of(ticket("a u1", "a1"), ticket("a u2", "a2"), ticket("a u1", "a1 again"), last));
        queue.add(List.of(ticket("b", "b1"), ticket("b", "b2")));
        assertThat(queue.place(last)).isEqualTo(4);
        assertThat(generated()).containsExactly("a1", "b1", "a2", "b2", "a3", "a1 again");
    }

    @Test
    void whoComesLaterIsNotBehindAllThatOneClientWants() throws InterruptedException {
        queue.add(List.of(ticket("a", "a1"), ticket("a", "a2"), ticket("a", "a3")));
        assertThat(queue.next(false).orElseThrow().request().prompt()).isEqualTo("a1");
        queue.add(List.of(ticket("b", "b1")));
        assertThat(generated()).containsExactly("a2", "b1", "a3");
    }

    @Test
    void takesAllTicketsOfARequestOrNone() throws InterruptedException {
        queue.add(List.of(ticket("a", "1"), ticket("a", "2"), ticket("a", "3"), ticket("a", "4")));
        assertThatThrownBy(() -> queue.add(List.of(ticket("b", "5"), ticket("b", "6"), ticket("b", "7"))))
                .isInstanceOf(QueueFullException.class);
        assertThat(queue.size()).isEqualTo(4);
        queue.add(List.of(ticket("b", "5"), ticket("b", "6")));
        assertThat(generated()).hasSize(6);
    }

    @Test
    void whatIsCancelledOrLateLeavesUngenerated() throws InterruptedException {
        var cancelled = ticket("a", "cancelled");
        queue.add(List.of(cancelled, ticket("a", "late", OVER), ticket("a", "good")));
        cancelled.cancel();
        assertThat(generated()).containsExactly("good");
        assertThat(queue.size()).isZero();
        assertThat(result).isCompletedExceptionally();
    }

    @Test
    void saysWhyATicketLeft() {
        var cancelled = ticket("a", "cancelled");
        queue.add(List.of(cancelled));
        cancelled.cancel();
        queue.dropCancelled();
        assertThat(((GivenUpException) result.exceptionNow()).why()).isEqualTo(Leaving.CANCELLED);
        var late = new CompletableFuture<GeneratedImage>();
        var request = new Request("late", 1, Decoders.AR, DecoderSettings.DEFAULT, Sampling.PLAIN);
        queue.add(List.of(new Ticket("a", request, OVER, new Result(late), METRICS)));
        queue.dropCancelled();
        assertThat(((GivenUpException) late.exceptionNow()).why()).isEqualTo(Leaving.LATE);
    }

    @Test
    void aClosedQueueGivesUpWhatWaitsAndTakesNothing() throws InterruptedException {
        queue.add(List.of(ticket("a", "1")));
        assertThat(queue.ended()).isFalse();
        queue.close();
        assertThat(queue.ended()).isTrue();
        assertThat(queue.next(true)).isEmpty();
        assertThatThrownBy(() -> queue.add(List.of(ticket("a", "2")))).isInstanceOf(IllegalStateException.class);
    }
}
