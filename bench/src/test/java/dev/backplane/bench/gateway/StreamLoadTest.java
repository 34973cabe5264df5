package dev.backplane.bench.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.bench.gateway.ChatRequests.Destination;
import dev.backplane.bench.gateway.ChatRequests.Shape;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StreamLoadTest {
    private static final int STREAMS = 8;
    private static final int TOKENS = 5;

    private static StreamLoad load(URI url, Duration stall) {
        return new StreamLoad(
                url,
                ChatRequests.make(
                        Shape.STREAM, new Destination(url, MockUpstream.MODEL), 1, STREAMS),
                Duration.ofMillis(20),
                stall,
                new AtomicLong());
    }

    private static StreamLoad.Result run(MockUpstream upstream, Duration stall) throws Exception {
        return load(upstream.url(), stall)
                .run(STREAMS, Duration.ofMillis(50), Duration.ofMillis(100));
    }

    /// The role, the tokens, the reason to stop, the usage and `[DONE]` are an event each.
    @Test
    void hearsEveryEventOfEveryStream() throws Exception {
        MockUpstream.Pace pace =
                new MockUpstream.Pace(Duration.ZERO, TOKENS, Duration.ofMillis(20));
        try (MockUpstream upstream = MockUpstream.start(pace)) {
            StreamLoad.Result result = run(upstream, Duration.ofSeconds(30));

            assertThat(result.complaint()).isEmpty();
            assertThat(result.failed()).isZero();
            assertThat(result.stalls()).isZero();
            assertThat(result.events()).isEqualTo(STREAMS * (TOKENS + 4));
            assertThat(result.gaps().quantileMillis(0)).isPositive();
        }
    }

    @Test
    void countsWhatStandsStill() throws Exception {
        MockUpstream.Pace pace =
                new MockUpstream.Pace(Duration.ZERO, TOKENS, Duration.ofMillis(20));
        try (MockUpstream upstream = MockUpstream.start(pace)) {
            StreamLoad.Result result = run(upstream, Duration.ofNanos(1));

            assertThat(result.stalls()).isEqualTo(result.gaps().count()).isPositive();
        }
    }

    @Test
    void aServerThatIsNotThereFailsEveryStream() throws Exception {
        URI nobody;
        try (MockUpstream upstream = MockUpstream.start(MockUpstream.Pace.immediate(1))) {
            nobody = upstream.url();
        }
        StreamLoad.Result result =
                load(nobody, Duration.ofSeconds(1)).run(STREAMS, Duration.ZERO, Duration.ZERO);

        assertThat(result.failed()).isEqualTo(STREAMS);
        assertThat(result.complaint()).isNotEmpty();
    }
}
