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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RetentionLoopTest {
    @TempDir private Path directory;
    private final AtomicBoolean asked = new AtomicBoolean();
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

    /// A part that fails, and conversations, which know a project that has nothing else.
    private List<RetentionLoop.Kept> parts() {
        return List.of(
                new RetentionLoop.Kept(
                        () -> {
                            throw new IllegalStateException("told to fail");
                        },
                        (_, _) -> {
                            throw new IllegalStateException("told to fail");
                        }),
                new RetentionLoop.Kept(store::projects, store::expire),
                new RetentionLoop.Kept(
                        () -> {
                            asked.set(true);
                            return List.of("talks");
                        },
                        (project, before) -> store.expire("talk of " + project, before)));
    }

    /// Waits for as many calls.
    private List<String> expired(int defaultDays, int calls) throws Exception {
        List<String> seen = new ArrayList<>();
        try (LocalObjectStore objects = LocalObjectStore.open(directory);
                RetentionLoop _ =
                        RetentionLoop.start(
                                parts(),
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
        assertThat(expired(30, 4))
                .containsExactly(
                        "own 2026-02-22T12:00:00Z",
                        "quota 2026-01-30T12:00:00Z",
                        "unknown 2026-01-30T12:00:00Z",
                        "talk of talks 2026-01-30T12:00:00Z");
    }

    @Test
    void withoutAnyDaysNothingExpires() throws Exception {
        span("own");
        span("unknown");
        assertThat(expired(0, 2))
                .containsExactly("own 2026-02-22T12:00:00Z", "talk of own 2026-02-22T12:00:00Z");
        assertThat(asked).as("asked for all projects").isFalse();
    }

    @Test
    void goesByItsClock() throws Exception {
        span("own");
        time.advance(Duration.ofDays(1));
        assertThat(expired(0, 2))
                .containsExactly("own 2026-02-23T12:00:00Z", "talk of own 2026-02-23T12:00:00Z");
    }

    /// In a whole server: conversations are among what it is for.
    @Test
    void conversationsExpire() throws Exception {
        String id;
        try (TestServer server = new TestServer(directory, "")) {
            server.put("/api/v1/projects/default", "{\"retention_days\":7}");
            String created = server.post("/v1/conversations", "{}").body();
            Matcher found = Pattern.compile("conv_[0-9a-f]+").matcher(created);
            assertThat(found.find()).as(created).isTrue();
            id = found.group();
        }
        try (LocalObjectStore objects = LocalObjectStore.open(directory.resolve("store"))) {
            String prefix = "conversation-days/default/" + id + "/";
            objects.delete(objects.list(prefix).getFirst().key());
            objects.putIfAbsent(prefix + "2020-01-01", new byte[0]);
        }
        try (TestServer server = new TestServer(directory, "")) {
            while (server.get("/v1/conversations/" + id).statusCode() != 404) {
                Thread.sleep(10);
            }
        }
    }
}
