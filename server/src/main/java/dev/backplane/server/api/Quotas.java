package dev.backplane.server.api;

import dev.backplane.core.Problem;
import dev.backplane.server.auth.Project;
import dev.backplane.server.auth.Registry;
import java.time.Duration;

/// Holds projects to their `quota_bytes` of what they have on disk ([Kept]). Asked before a request
/// is read, so a project can exceed its quota by the requests that were under way when it reached
/// it. The log is not compressed: what is in it shrinks when it is compacted. Thread-safe.
final class Quotas {
    private static final Duration RETRY = Duration.ofMinutes(1);

    private final Kept kept;
    private final Registry registry;

    Quotas(Kept kept, Registry registry) {
        this.kept = kept;
        this.registry = registry;
    }

    /// @throws Problem `LIMITED` when the project has used its quota up
    void check(String project) {
        Project settings = registry.state().projects().get(project);
        if (settings == null || settings.quotaBytes() == 0) {
            return;
        }
        long used = kept.bytes(project);
        if (used >= settings.quotaBytes()) {
            throw Problem.of(
                            Problem.Kind.LIMITED,
                            "project stores %d bytes of its %d"
                                    .formatted(used, settings.quotaBytes()),
                            project)
                    .fix(
                            "delete traces, files, datasets or conversations, shorten the retention"
                                    + " or raise the quota")
                    .retryAfter(RETRY);
        }
    }
}
