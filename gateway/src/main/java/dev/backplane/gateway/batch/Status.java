package dev.backplane.gateway.batch;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// How a batch stands (openai-openapi, `Batch`):
///
/// ```
/// VALIDATING ─► IN_PROGRESS ─► FINALIZING ─► COMPLETED
///     │  │          │  └─► EXPIRED
///     │  └──────────┴───► CANCELLING ─► CANCELLED
///     └─► FAILED
/// ```
public enum Status {
    VALIDATING,
    FAILED,
    IN_PROGRESS,
    FINALIZING,
    COMPLETED,
    EXPIRED,
    CANCELLING,
    CANCELLED;

    /// The name on the wire and on disk.
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<Status> byId(String id) {
        return Arrays.stream(values()).filter(status -> status.id().equals(id)).findFirst();
    }

    /// Whether nothing will change any more.
    public boolean ended() {
        return switch (this) {
            case FAILED, COMPLETED, EXPIRED, CANCELLED -> true;
            case VALIDATING, IN_PROGRESS, FINALIZING, CANCELLING -> false;
        };
    }
}
