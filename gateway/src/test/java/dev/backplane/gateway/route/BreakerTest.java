package dev.backplane.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BreakerTest {
    private final AtomicLong clock = new AtomicLong();
    private final Breaker breaker = new Breaker(clock::get);

    private void fail(int times) {
        for (int i = 0; i < times; i++) {
            assertThat(breaker.enter()).isTrue();
            breaker.failed();
        }
    }

    @Test
    void opensAfterFailuresInARow() {
        fail(Breaker.FAILURES - 1);
        breaker.enter();
        breaker.succeeded();
        fail(Breaker.FAILURES - 1);
        assertThat(breaker.state()).isEqualTo(Breaker.State.CLOSED);

        fail(1);

        assertThat(breaker.state()).isEqualTo(Breaker.State.OPEN);
        assertThat(breaker.enter()).isFalse();
    }

    @Test
    void letsOneThroughToSee() {
        fail(Breaker.FAILURES);
        clock.addAndGet(Breaker.FIRST.toNanos());

        assertThat(breaker.enter()).isTrue();
        assertThat(breaker.enter()).isFalse();
        breaker.succeeded();
        assertThat(breaker.state()).isEqualTo(Breaker.State.CLOSED);
    }

    @Test
    void waitsLongerEachTime() {
        fail(Breaker.FAILURES);
        clock.addAndGet(Breaker.FIRST.toNanos());
        fail(1);
        clock.addAndGet(Breaker.FIRST.toNanos());
        assertThat(breaker.enter()).isFalse();
        clock.addAndGet(Breaker.FIRST.toNanos());
        assertThat(breaker.enter()).isTrue();
    }

    @Test
    void anAbandonedProbeMakesRoomForAnother() {
        fail(Breaker.FAILURES);
        clock.addAndGet(Breaker.FIRST.toNanos());
        breaker.enter();
        breaker.abandoned();

        assertThat(breaker.enter()).isTrue();
    }
}
