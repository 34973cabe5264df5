package dev.backplane.store.sql;

import dev.backplane.core.SpanKey;
import dev.backplane.store.SpanRow;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/// Seeded span rows: agent runs of one root and alternating llm and tool spans.
final class Rows {
    static final long START = 1_760_000_000_000_000_000L;
    private static final String[] MODELS = {"gpt-4o", "claude-sonnet-4-5", "gemini-2.5-pro"};
    private static final String[] TOOLS = {"search_flights", "book", "calculate", "send_email"};
    private static final String[] WORDS =
            "the customer wants a refund for flight to Lisbon with bags ünï 😀 and agent said no"
                    .split(" ");

    private final Random random;

    Rows(long seed) {
        random = new Random(seed);
    }

    /// One trace of `spans` spans that starts at `start`.
    List<SpanRow> trace(String project, long start, int spans) {
        List<SpanRow> rows = new ArrayList<>();
        String trace = hex() + hex();
        String root = hex();
        long now = start;
        for (int i = 0; i < spans; i++) {
            long duration = 1_000_000L + random.nextInt(900_000_000);
            boolean llm = i % 2 == 1;
            boolean failed = random.nextInt(20) == 0;
            rows.add(
                    new SpanRow(
                            new SpanKey(project, trace, i == 0 ? root : hex()),
                            i == 0 ? "" : root,
                            i == 0 ? "agent run" : llm ? "chat" : pick(TOOLS),
                            i == 0 ? "agent" : llm ? "llm" : "tool",
                            now,
                            random.nextInt(50) == 0 ? 0 : now + duration,
                            now,
                            failed ? "error" : "ok",
                            failed ? "timeout of the upstream" : "",
                            llm ? pick(MODELS) : "",
                            llm ? "openai" : "",
                            llm ? 1_000 + i * 300L : -1,
                            llm ? random.nextInt(500) : -1,
                            llm ? 900 + i * 300L : -1,
                            -1,
                            llm && random.nextBoolean() ? random.nextInt(100) : -1,
                            llm ? random.nextInt(10_000) * 1e-6 : Double.NaN,
                            llm ? random.nextDouble() * 900 : Double.NaN,
                            "session-" + random.nextInt(50),
                            "user-" + random.nextInt(20),
                            i == 0 ? "airline" : "",
                            random.nextInt(10) == 0 ? "[\"prod\",\"eu\"]" : "",
                            random.nextInt(10) == 0
                                    ? "{\"quality\":" + random.nextInt(100) / 100.0 + "}"
                                    : "",
                            words(12),
                            words(20)));
            now += duration;
        }
        return rows;
    }

    /// Traces until there are `count` rows, one every `gapNanos`.
    List<SpanRow> many(String project, long start, long gapNanos, int count) {
        List<SpanRow> rows = new ArrayList<>();
        for (long at = start; rows.size() < count; at += gapNanos) {
            int left = count - rows.size();
            rows.addAll(trace(project, at, Math.min(left, 2 + random.nextInt(20))));
        }
        return rows;
    }

    private String words(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(pick(WORDS)).append(' ');
        }
        return text.append(random.nextInt(1_000_000)).toString();
    }

    private String pick(String[] from) {
        return from[random.nextInt(from.length)];
    }

    private String hex() {
        return HexFormat.of().toHexDigits(random.nextLong());
    }
}
