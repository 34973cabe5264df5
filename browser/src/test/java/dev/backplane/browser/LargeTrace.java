package dev.backplane.browser;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// A trace as a long job sends it: rounds of a model's call and a tool that follow each other below
/// workers, which run at the same time. One tool, the last, failed; one call, in the middle, took
/// far longer than the others.
record LargeTrace(String id, int spans) {
    static final String FAILED = "the one that failed";
    static final String SLOW = "the slow one";
    private static final long START = 1_790_000_000_000_000_000L;
    private static final long MILLI = 1_000_000;
    private static final int WORKERS = 4;
    private static final int REQUEST_SPANS = 20_000;

    void send(Ui ui) throws IOException {
        int perWorker = spans / WORKERS;
        List<String> lines = new ArrayList<>();
        lines.add(span("root", "", "job", "agent", 0, 20L * perWorker + 10_000, ""));
        for (int worker = 0; worker < WORKERS; worker++) {
            String parent = "w" + worker;
            lines.add(span(parent, "root", parent, "chain", 0, 20L * perWorker, ""));
            for (int i = 1; i < perWorker - 1; i++) {
                boolean call = i % 2 == 0;
                boolean last = worker == WORKERS - 1 && i == perWorker - 2;
                boolean slow = worker == 0 && i == perWorker / 2 / 2 * 2;
                String name = last ? FAILED : slow ? SLOW : call ? "chat" : "search";
                String more = last ? ",\"status\":\"error\",\"error\":\"no such page\"" : "";
                lines.add(
                        span(
                                parent + "-" + i,
                                parent,
                                name,
                                call ? "llm" : "tool",
                                20L * i,
                                20L * i + (slow ? 5_000 : 15),
                                more));
                if (lines.size() == REQUEST_SPANS) {
                    ui.send(lines.toArray(String[]::new));
                    lines.clear();
                }
            }
        }
        ui.send(lines.toArray(String[]::new));
    }

    private String span(
            String span, String parent, String name, String kind, long from, long to, String more) {
        return """
        {"op":"insert","trace_id":"%s","span_id":"%s",%s"name":"%s","kind":"%s",\
        "start_time":%d,"end_time":%d%s}\
        """
                .formatted(
                        id,
                        span,
                        parent.isEmpty() ? "" : "\"parent_id\":\"" + parent + "\",",
                        name,
                        kind,
                        START + from * MILLI,
                        START + to * MILLI,
                        more);
    }
}
