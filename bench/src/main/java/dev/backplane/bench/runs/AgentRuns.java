package dev.backplane.bench.runs;

import dev.backplane.bench.runs.AgentRun.Feedback;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// The seeded generator: run `index` of a profile is the same for the same seed and scale, on any
/// machine and in any order of asking. Immutable and thread-safe; a run is made on the caller's
/// thread and holds its distinct messages once, so that even a 100 MB run fits in a few megabytes
/// until it is encoded.
public final class AgentRuns {
    private static final int USERS = 500;

    private final long seed;
    private final Scripts scripts;

    /// @param scale 0 (exclusive) to 1: how much of its full length a long profile (coding,
    ///   assistant, heavy) has
    public AgentRuns(long seed, double scale) {
        if (!(scale > 0 && scale <= 1)) {
            throw new IllegalArgumentException("scale must be above 0 and at most 1: " + scale);
        }
        this.seed = seed;
        this.scripts = new Scripts(seed, scale);
    }

    public AgentRun run(Profile profile, long index) {
        Dice dice = Dice.of(seed, profile.ordinal(), index);
        String traceId = dice.hex(16) + dice.hex(16);
        String userId = "user_" + (1_000 + dice.zipf(USERS));
        String sessionId = userId + "-" + dice.hex(8);
        Lane lane = scripts.write(profile, dice);
        List<AgentSpan> spans = new ArrayList<>(lane.spans());
        spans.sort(Comparator.comparingLong(AgentRuns::sentAt));
        Optional<Feedback> feedback =
                dice.chance(0.25) ? Optional.of(feedback(lane.id(), dice)) : Optional.empty();
        return new AgentRun(profile, index, traceId, sessionId, userId, spans, feedback);
    }

    private static long sentAt(AgentSpan span) {
        return span.isOpen() ? span.startNanos() : span.endNanos();
    }

    /// Mostly minutes to days late; one in ten comes before the span it is about.
    private static Feedback feedback(long spanId, Dice dice) {
        long delay =
                dice.chance(0.1)
                        ? -1_000_000_000L
                        : (long) (dice.lognormal(1_800, 1.8) * 1_000_000_000L);
        double score = dice.chance(0.7) ? 1 : dice.below(3) / 4.0;
        String comment = dice.chance(0.4) ? Grammar.ENGLISH.text("feedback", dice) : "";
        return new Feedback(spanId, delay, score, comment);
    }
}
