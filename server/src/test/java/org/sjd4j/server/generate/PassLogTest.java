package org.sjd4j.server.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PassLogTest {
    private static final long MILLISECOND = 1_000_000;

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5); // clocks may overflow
    private final PassLog log = new PassLog(now::get);

    private void pass(int count, int images, int rows, double millis) {
        for (int i = 0; i < count; i++) {
            now.addAndGet((long) (millis * MILLISECOND));
            log.passed(images, rows, (long) (millis * MILLISECOND));
        }
    }

    @Test
    void coldPassesDoNotCount() {
        pass(600, 1, 2, 9);
        assertThat(log.seconds(2)).isEmpty();
        pass(15, 1, 2, 3);
        assertThat(log.seconds(2)).as("too few").isEmpty();
        pass(1, 1, 2, 3);
        assertThat(log.seconds(2)).hasValueCloseTo(0.003, within(1e-9));
    }

    @Test
    void passesOfALargeModelAreWarmSooner() {
        pass(10, 1, 2, 1000); // after ten seconds Java has compiled what it runs
        pass(16, 1, 2, 900);
        assertThat(log.seconds(2)).hasValueCloseTo(0.9, within(1e-9));
    }

    @Test
    void theLatestCountByTheirRowsAndInTheMiddle() {
        pass(600, 1, 32, 5);
        pass(100, 1, 2, 3);
        pass(100, 1, 32, 8);
        assertThat(log.seconds(2)).hasValueCloseTo(0.003, within(1e-9));
        assertThat(log.seconds(32)).hasValueCloseTo(0.008, within(1e-9));
        assertThat(log.seconds(1)).isEmpty();
        pass(50, 1, 2, 2); // the machine has become faster
        pass(10, 1, 2, 500); // and something else ran for a while
        assertThat(log.seconds(2)).hasValueCloseTo(0.002, within(1e-9));
    }

    @Test
    void sharedPassesSayNothingOfOneImage() {
        pass(600, 1, 2, 3);
        pass(100, 2, 2, 3); // two images without guidance
        assertThat(log.seconds(2)).isEmpty();
        assertThat(log.shared()).isTrue();
        pass(16, 1, 2, 3);
        assertThat(log.seconds(2)).isPresent();
        assertThat(log.shared()).isFalse();
    }

    @Test
    void whatWasMeasuredLongAgoSaysNothingOfNow() {
        pass(620, 1, 2, 3);
        now.addAndGet(Duration.ofMinutes(9).toNanos());
        assertThat(log.seconds(2)).isPresent();
        now.addAndGet(Duration.ofMinutes(2).toNanos());
        assertThat(log.seconds(2)).isEmpty();
    }
}
