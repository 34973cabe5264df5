package dev.backplane.server.api;

import dev.backplane.core.Problem;
import dev.backplane.server.auth.Project;
import dev.backplane.server.auth.Registry;
import dev.backplane.store.StoreStats;
import dev.backplane.store.TraceStore;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Holds projects to their `quota_bytes`: stored bytes in segments, looked up at most once in
/// [#REFRESH], so a project can exceed its quota by what it sends in that time and by what is not
/// yet compacted. Thread-safe.
final class Quotas {
    static final Duration REFRESH = Duration.ofSeconds(10);
    private static final Duration RETRY = Duration.ofMinutes(1);

    private record Usage(Map<String, Long> bytes, long nanos) {}

    private final TraceStore store;
    private final Registry registry;
    private volatile Optional<Usage> usage = Optional.empty();

    Quotas(TraceStore store, Registry registry) {
        this.store = store;
        this.registry = registry;
    }

    /// @throws Problem `LIMITED` when the project has used its quota up
    void check(String project) {
        Project settings = registry.state().projects().get(project);
        if (settings == null || settings.quotaBytes() == 0) {
            return;
        }
        long used = usedBytes().getOrDefault(project, 0L);
        if (used >= settings.quotaBytes()) {
            throw Problem.of(
                            Problem.Kind.LIMITED,
                            "project stores %d bytes of its %d"
                                    .formatted(used, settings.quotaBytes()),
                            project)
                    .fix("delete traces, shorten the retention or raise the quota")
                    .retryAfter(RETRY);
        }
    }

    /// Stored bytes by project.
    Map<String, Long> usedBytes() {
        Optional<Usage> known = usage;
        if (known.isEmpty() || System.nanoTime() - known.get().nanos() > REFRESH.toNanos()) {
            Map<String, Long> bytes = new HashMap<>();
            for (StoreStats.SegmentStats segment : store.stats().segments()) {
                bytes.merge(
                        segment.project(),
                        segment.columnBytes() + segment.textBytes() + segment.payloadBytes(),
                        Long::sum);
            }
            usage = Optional.of(new Usage(bytes, System.nanoTime()));
            return bytes;
        }
        return known.get().bytes();
    }
}
