package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Field;
import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Meter;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.gateway.file.FileStore;
import dev.backplane.server.auth.Project;
import dev.backplane.server.auth.Registry;
import dev.backplane.testkit.ManualTime;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RetentionLoopTest {
    @TempDir private Path directory;
    private final MemoryTraceStore store = new MemoryTraceStore();
    private final ManualTime time = new ManualTime(Instant.parse("2026-03-01T12:00:00Z"));

    private void span(String project) {
        store.append(
                List.of(
                        SpanEvent.insert(
                                new SpanKey(project, "t", "s"),
                                SpanData.builder().put(Field.NAME, "x").build())));
    }

    private Registry registry(LocalObjectStore objects) {
        Registry registry = Registry.open(objects);
        registry.update(state -> state.with(new Project("own", 7, 0)));
        registry.update(state -> state.with(new Project("quota", 0, 1_000)));
        return registry;
    }

    /// Waits for as many calls as `projects` has entries.
    private List<String> expired(int defaultDays, int calls) throws Exception {
        List<String> seen = new ArrayList<>();
        try (LocalObjectStore objects = LocalObjectStore.open(directory);
                RetentionLoop _ =
                        RetentionLoop.start(
                                List.of(new RetentionLoop.Kept(store::projects, store::expire)),
                                List.of(new FileStore(objects, time, new Meter())::sweep),
                                registry(objects),
                                defaultDays,
                                time)) {
            for (int i = 0; i < calls; i++) {
                seen.add(store.expired.poll(30, TimeUnit.SECONDS));
            }
        }
        assertThat(store.expired).isEmpty();
        return seen;
    }

    @Test
    void everyProjectHasItsOwnDaysOrTheServers() throws Exception {
        span("own");
        span("quota");
        span("unknown");
        assertThat(expired(30, 3))
                .containsExactly(
                        "own 2026-02-22T12:00:00Z",
                        "quota 2026-01-30T12:00:00Z",
                        "unknown 2026-01-30T12:00:00Z");
    }

    @Test
    void withoutAnyDaysNothingExpires() throws Exception {
        span("own");
        span("unknown");
        assertThat(expired(0, 1)).containsExactly("own 2026-02-22T12:00:00Z");
    }

    @Test
    void goesByItsClock() throws Exception {
        span("own");
        time.advance(Duration.ofDays(1));
        assertThat(expired(0, 1)).containsExactly("own 2026-02-23T12:00:00Z");
    }
}
