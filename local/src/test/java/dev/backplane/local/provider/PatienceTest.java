package dev.backplane.local.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.http.client.Timeouts;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PatienceTest {
    @Test
    void endsWithTheCallOrItsTime() {
        CallContext call = new CallContext("", Timeouts.DEFAULT);
        Patience patience = new Patience(call, "m");
        assertThat(patience.getAsBoolean()).isFalse();
        call.cancel();
        assertThat(patience.getAsBoolean()).isTrue();

        Duration hour = Duration.ofHours(1);
        Timeouts short1 = new Timeouts(hour, hour, hour, Duration.ofNanos(1));
        Patience over = new Patience(new CallContext("", short1), "m");
        assertThatThrownBy(
                        () -> {
                            while (true) {
                                over.getAsBoolean();
                            }
                        })
                .isInstanceOf(Problem.class)
                .hasMessageContaining("longer than allowed");
    }
}
