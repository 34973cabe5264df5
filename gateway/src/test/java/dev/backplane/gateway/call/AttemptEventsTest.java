package dev.backplane.gateway.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.FinishReason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AttemptEventsTest {
    private static final Event STARTED = new Event.Started("id", "m", 0, Extras.NONE);
    private static final Event TEXT = new Event.TextDelta(0, "hello");
    private static final Event FINISHED = new Event.Finished(0, FinishReason.STOP, "stop");

    private final List<Event> told = new ArrayList<>();
    private int chosen;

    private AttemptEvents events(long bytesMax) {
        return new AttemptEvents(() -> chosen++, told::add, "test", bytesMax);
    }

    private static void say(AttemptEvents events, Event... all) throws IOException {
        for (Event event : all) {
            events.on(event);
        }
    }

    @Test
    void nothingPassesUntilSomethingIsSaid() throws IOException {
        AttemptEvents events = events(1_000);
        say(events, STARTED);
        assertThat(told).isEmpty();
        assertThat(chosen).isZero();

        say(events, TEXT);
        assertThat(told).containsExactly(STARTED, TEXT);
        assertThat(chosen).isEqualTo(1);
    }

    @Test
    void whatComesTwiceOrLateIsLeftOutAndCounted() throws IOException {
        AttemptEvents events = events(1_000);
        say(events, STARTED, STARTED, TEXT, STARTED, FINISHED, TEXT, FINISHED);

        assertThat(told).containsExactly(STARTED, TEXT, FINISHED);
        assertThat(events.leftOut()).isEqualTo(4);
    }

    @Test
    void anAnswerWithoutEndIsBrokenOff() throws IOException {
        AttemptEvents events = events(20 * AnswerCache.size(TEXT));
        for (int i = 0; i < 20; i++) {
            events.on(TEXT);
        }
        assertThatThrownBy(() -> events.on(TEXT))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("longer than");
        assertThat(told).hasSize(20);
    }
}
