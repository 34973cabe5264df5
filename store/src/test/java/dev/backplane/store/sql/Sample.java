package dev.backplane.store.sql;

import dev.backplane.core.Field;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.store.SpanRow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The small, fixed data that the SQL test files query: 4 traces `t1` to `t4` of 3 spans, a minute
/// apart from 2026-01-01T00:00:00Z; t1 and t2 in sealed parts, t3 and t4 fresh; part 2 also holds
/// two superseded rows, which no query may see.
///
/// | span | kind | name | fields |
/// |---|---|---|---|
/// | tN-a | agent | run | root, session sN, tags `["prod"]` on odd N, 3 s |
/// | tN-b | llm | chat | model gpt-4o (odd) or claude, 100·N and 10·N tokens, cost 0.01·N, score |
/// | tN-c | tool | search | fails when N is 2: error of 300 characters in full |
final class Sample {
    static final long START = 1_767_225_600_000_000_000L;

    private Sample() {}

    static FakeView view(Path folder) throws IOException {
        List<SpanRow> second = new ArrayList<>(trace(2));
        second.add(1, superseded("t1-b"));
        second.add(superseded("t3-c"));
        List<SpanRow> fresh = new ArrayList<>(trace(3));
        fresh.addAll(trace(4));
        return new FakeView("default", Sample::payloads)
                .part(folder, trace(1))
                .part(folder, second, 1, 4)
                .fresh(fresh)
                .message(
                        "aa01",
                        "user",
                        "{\"role\":\"user\",\"content\":\"refund 1\"}",
                        QueryContext.locator(1, 1),
                        Field.INPUT)
                .message(
                        "aa02",
                        "assistant",
                        "{\"role\":\"assistant\",\"content\":\"done 4\"}",
                        QueryContext.locator(0, 4),
                        Field.OUTPUT);
    }

    static List<SpanRow> trace(int n) {
        long start = START + (n - 1) * 60_000_000_000L;
        boolean odd = n % 2 == 1;
        String session = "s" + n;
        SpanRow root =
                row(
                        "t" + n,
                        "a",
                        "",
                        "run",
                        "agent",
                        start,
                        3_000_000_000L,
                        "ok",
                        "",
                        "",
                        -1,
                        -1,
                        Double.NaN,
                        session,
                        odd ? "[\"prod\"]" : "",
                        "");
        SpanRow llm =
                row(
                        "t" + n,
                        "b",
                        "t" + n + "-a",
                        "chat",
                        "llm",
                        start + 1_000_000_000L,
                        1_000_000_000L,
                        "ok",
                        "",
                        odd ? "gpt-4o" : "claude",
                        100L * n,
                        10L * n,
                        0.01 * n,
                        session,
                        "",
                        "{\"quality\":0." + n + "}");
        boolean failed = n == 2;
        SpanRow tool =
                row(
                        "t" + n,
                        "c",
                        "t" + n + "-a",
                        "search",
                        "tool",
                        start + 2_000_000_000L,
                        500_000_000L,
                        failed ? "error" : "ok",
                        failed ? "e".repeat(199) + "…" : "",
                        "",
                        -1,
                        -1,
                        Double.NaN,
                        session,
                        "",
                        "");
        return List.of(root, llm, tool);
    }

    private static SpanRow superseded(String span) {
        return row(
                span.substring(0, 2),
                span.substring(3),
                "",
                "OLD",
                "llm",
                START,
                1,
                "error",
                "old",
                "old-model",
                1_000_000,
                1_000_000,
                1_000,
                "old",
                "[\"old\"]",
                "{\"quality\":-1}");
    }

    private static SpanRow row(
            String trace,
            String span,
            String parent,
            String name,
            String kind,
            long start,
            long duration,
            String status,
            String error,
            String model,
            long input,
            long output,
            double cost,
            String session,
            String tags,
            String scores) {
        return new SpanRow(
                new SpanKey("default", trace, trace + "-" + span),
                parent,
                name,
                kind,
                start,
                start + duration,
                start,
                status,
                error,
                model,
                model.isEmpty() ? "" : "openai",
                input,
                output,
                -1,
                -1,
                -1,
                cost,
                Double.NaN,
                session,
                "",
                "",
                tags,
                scores,
                "",
                "");
    }

    private static SpanData payloads(long locator, SpanRow row) {
        int n = row.key().trace().charAt(1) - '0';
        SpanData.Builder data = SpanData.builder().put(Field.DIALECT, "native");
        switch (row.kind()) {
            case "llm" -> {
                data.put(
                        Field.INPUT,
                        Value.json("[{\"role\":\"user\",\"content\":\"refund " + n + "\"}]"));
                data.put(Field.OUTPUT, Value.text("done \"" + n + "\"\n"));
                data.put(Field.METADATA, Value.json("{\"n\":" + n + "}"));
                data.put(
                        Field.ATTRIBUTES,
                        new Value.Attributes(
                                List.of(
                                        new Value.Attribute("gen_ai.x", Value.of(1)),
                                        new Value.Attribute("half", Value.json("\"\\ud83d\"")),
                                        new Value.Attribute("gen_ai.x", Value.of(n)))));
            }
            case "tool" -> data.put(Field.ERROR, "e".repeat(300));
            default -> {}
        }
        return data.build();
    }
}
