package dev.backplane.bench.check;

import dev.backplane.bench.api.JsonTree;
import dev.backplane.bench.api.ServerApi;
import dev.backplane.bench.api.ServerApi.Answer;
import dev.backplane.bench.report.Progress;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads spans back as users do and says what differs from the oracle. A read that is refused for
/// now is asked again a few times: "later" breaks no promise, as long as it comes.
final class Reader {
    private static final int TRIES = 10;
    private static final long PAUSE_MILLIS = 1_000;

    /// One read.
    private interface Question {
        Answer ask() throws IOException;
    }

    private final ServerApi api;
    private final Oracle oracle;
    private final Findings findings;

    Reader(ServerApi api, Oracle oracle, Findings findings) {
        this.api = api;
        this.oracle = oracle;
        this.findings = findings;
    }

    /// Every span of a trace by id, then the trace as a tree and in SQL: each span once.
    ///
    /// @throws Problem `UNAVAILABLE` when nobody answers any more; every other refusal is a finding
    void checkTrace(String traceId, String when) throws IOException {
        try {
            compareTrace(traceId, when);
        } catch (Problem refused) {
            if (refused.kind() == Problem.Kind.UNAVAILABLE) {
                throw refused;
            }
            findings.add("%s (%s)".formatted(refused.getMessage(), when));
        }
    }

    private void compareTrace(String traceId, String when) throws IOException {
        List<String> present = new ArrayList<>();
        for (Oracle.Entry entry : oracle.spans(traceId)) {
            SpanState read = checkSpan(entry, when);
            oracle.settled(entry, read);
            if (read.present()) {
                present.add(entry.spanId());
            }
        }
        checkOnce(traceId, present, tree(traceId), when + ", in the tree");
        checkOnce(traceId, present, sql(traceId), when + ", in SQL");
    }

    /// Every trace that was ever sent.
    void checkAll(String when, Progress progress) throws IOException {
        List<String> all = oracle.traceIds();
        for (int i = 0; i < all.size(); i++) {
            checkTrace(all.get(i), when);
            progress.at("reading everything back", i + 1L, all.size());
        }
    }

    /// One span by id.
    SpanState checkSpan(Oracle.Entry entry, String when) throws IOException {
        SpanState read = read(entry.path());
        findings.read();
        if (!entry.allows(read)) {
            findings.add("%s %s (%s)".formatted(entry.path(), entry.sure().difference(read), when));
        }
        return read;
    }

    /// Its answer, or the last refusal where it was refused each time.
    private Answer answer(Question question) throws IOException {
        Answer answer = question.ask();
        for (int tries = 1; answer.isRetryable() && tries < TRIES; tries++) {
            findings.askedAgain();
            Pause.millis(PAUSE_MILLIS);
            answer = question.ask();
        }
        return answer;
    }

    private SpanState read(String path) throws IOException {
        Answer whole = answer(() -> api.get(path));
        if (whole.status() == 404) {
            return SpanState.ABSENT;
        }
        Map<String, Object> span = JsonTree.object(ServerApi.require(whole, path).body());
        Optional<Double> score = Optional.empty();
        if (member(span, "scores").get("check") instanceof Number number) {
            score = Optional.of(number.doubleValue());
        }
        boolean scoreOnly = !span.containsKey("start_time");
        if (scoreOnly) {
            return SpanState.ABSENT.scored(score.orElse(Double.NaN));
        }
        String mark = JsonTree.text(member(span, "metadata"), "mark");
        return new SpanState(
                true, payload(path + "/input"), payload(path + "/output"), mark, score);
    }

    private static Map<String, Object> member(Map<String, Object> span, String name) {
        List<Map<String, Object>> found =
                JsonTree.objects(Map.of("list", List.of(span.getOrDefault(name, ""))), "list");
        return found.isEmpty() ? Map.of() : found.getFirst();
    }

    private byte[] payload(String path) throws IOException {
        Answer answer = answer(() -> api.get(path));
        return answer.status() == 404 ? new byte[0] : ServerApi.require(answer, path).body();
    }

    private void checkOnce(String traceId, List<String> expected, List<String> found, String when) {
        List<String> surplus = new ArrayList<>(found);
        for (String spanId : expected) {
            if (!surplus.remove(spanId)) {
                findings.add(
                        "span %s of trace %s is missing (%s)".formatted(spanId, traceId, when));
            }
        }
        for (String spanId : surplus) {
            String what = expected.contains(spanId) ? "is there twice" : "should not be there";
            findings.add("span %s of trace %s %s (%s)".formatted(spanId, traceId, what, when));
        }
    }

    private List<String> tree(String traceId) throws IOException {
        List<String> ids = new ArrayList<>();
        String offset = "0";
        while (!offset.isEmpty()) {
            String path = "/api/v1/traces/" + traceId + "?limit=500&offset=" + offset;
            Answer answer = answer(() -> api.get(path));
            if (answer.status() == 404) {
                return ids;
            }
            Map<String, Object> tree = JsonTree.object(ServerApi.require(answer, path).body());
            for (Map<String, Object> span : JsonTree.objects(tree, "spans")) {
                // Feedback alone shows no span yet.
                if (span.containsKey("start_time")) {
                    ids.add(JsonTree.text(span, "span_id"));
                }
            }
            offset = JsonTree.text(tree, "next_offset");
        }
        return ids;
    }

    private List<String> sql(String traceId) throws IOException {
        String query =
                "select span_id from spans where name is not null and trace_id = '" + traceId + "'";
        Answer answer = ServerApi.require(answer(() -> api.sql(query)), query);
        List<String> ids = new ArrayList<>();
        if (JsonTree.object(answer.body()).get("rows") instanceof List<?> rows) {
            for (Object row : rows) {
                if (row instanceof List<?> cells) {
                    ids.add(cells.getFirst().toString());
                }
            }
        }
        return ids;
    }
}
