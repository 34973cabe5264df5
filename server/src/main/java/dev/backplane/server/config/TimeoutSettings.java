package dev.backplane.server.config;

import dev.backplane.gateway.provider.CallTimeouts;
import java.time.Duration;
import java.util.List;

/// Reads `timeouts` of a section: what it leaves open is as in the section around.
final class TimeoutSettings {
    /// Longer than this, no attempt at a connection lasts.
    private static final Duration CONNECT_MAX = Duration.ofSeconds(30);

    private static final Duration MAX = Duration.ofHours(24);
    private static final List<String> PHASES = List.of("connect", "first_token", "answer", "idle");

    private TimeoutSettings() {}

    static CallTimeouts read(Settings section, CallTimeouts around) {
        return section.section("timeouts").map(timeouts -> merge(timeouts, around)).orElse(around);
    }

    private static CallTimeouts merge(Settings timeouts, CallTimeouts around) {
        CallTimeouts merged =
                new CallTimeouts(
                        time(timeouts, "connect", around.connect(), CONNECT_MAX),
                        time(timeouts, "first_token", around.firstToken(), MAX),
                        time(timeouts, "answer", around.answer(), MAX),
                        time(timeouts, "idle", around.idle(), MAX),
                        time(timeouts, "total", around.total(), MAX));
        for (String phase : PHASES) {
            if (timeouts.time(phase).filter(set -> set.compareTo(merged.total()) > 0).isPresent()) {
                throw timeouts.problem(
                                phase,
                                "is longer than total, which is " + Settings.text(merged.total()))
                        .fix("make it shorter, or total longer");
            }
        }
        return merged;
    }

    private static Duration time(Settings timeouts, String name, Duration around, Duration most) {
        Duration set = timeouts.time(name).orElse(around);
        if (set.isZero() || set.compareTo(most) > 0) {
            throw timeouts.problem(name, "is not a time from 1ms to " + Settings.text(most))
                    .fix("write one, such as " + Settings.text(around));
        }
        return set;
    }
}
