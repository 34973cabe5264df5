package dev.backplane.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ManualTimeTest {
    @Test
    void standsUntilToldToGoOn() {
        ManualTime time = new ManualTime(Instant.EPOCH);

        assertThat(time.instant()).isEqualTo(Instant.EPOCH);
        time.advance(Duration.ofSeconds(5));
        assertThat(time.millis()).isEqualTo(5_000);
        time.advance(Duration.ofSeconds(-2));
        assertThat(time.millis()).isEqualTo(3_000);
        time.set(Instant.ofEpochMilli(1));
        assertThat(time.millis()).isEqualTo(1);
    }
}
