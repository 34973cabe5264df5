package dev.backplane.bench.measure;

import dev.backplane.bench.api.JsonTree;
import dev.backplane.bench.api.ServerApi;
import dev.backplane.bench.report.Progress;
import dev.backplane.bench.runs.Dice;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Queries of each class over whatever the server holds: ids, models, words and phrases are taken
/// from a sample of its own traces, so nothing has to be known about how it was filled.
final class Questions {
    static final int NO_TARGET = 0;

    /// What users do.
    enum Kind {
        SPAN_BY_ID("span by id, whole", 5),
        SPAN_INPUT("span's input, raw", 5),
        TRACE_TREE("trace tree, first 500 rows", 30),
        TRACE_LIST("latest traces", 30),
        FILTERED_TRACES("traces by model and status", 30),
        RARE_TRACES("traces, filter that none meets", 30),
        ABSENT_TRACES("traces, columns that never meet", 30),
        SPAN_LIST("latest spans", 30),
        FILTERED_SPANS("spans by kind and duration", 30),
        RARE_SPANS("spans, filter that none meets", 30),
        ABSENT_SPANS("spans, columns that never meet", 30),
        WORD("full text, common word", 100),
        PHRASE("full text, phrase of three words", 100),
        RARE("full text, rare word", 100),
        SQL_GROUP("SQL, tokens by model", NO_TARGET),
        SQL_PERCENTILE("SQL, p95 by hour", NO_TARGET),
        SQL_MATCH("SQL, count of match()", NO_TARGET);

        private final String title;
        private final int targetMillis;

        Kind(String title, int targetMillis) {
            this.title = title;
            this.targetMillis = targetMillis;
        }

        /// For the warm median; [#NO_TARGET] for none.
        int targetMillis() {
            return targetMillis;
        }

        String title() {
            return title;
        }
    }

    /// @param sql whether `text` is a statement; else it is a path to get
    record Question(Kind kind, String text, boolean sql) {}

    private static final List<String> WORDS =
            List.of(
                    "refund", "flight", "request", "session", "policy", "error", "market",
                    "battery");
    private static final Pattern CALL_ID = Pattern.compile("call_[0-9a-f]{16}");
    private static final Pattern THREE_WORDS = Pattern.compile("[a-z]{4,} [a-z]{3,} [a-z]{4,}");
    private static final int PAGES = 5;

    private final ServerApi api;
    private final int each;
    private final Dice dice;
    private final Progress progress;
    private final List<String> traces = new ArrayList<>();
    private final Set<String> models = new LinkedHashSet<>();
    private final List<String> spans = new ArrayList<>();
    private final List<String> calls = new ArrayList<>();
    private final Set<String> phrases = new LinkedHashSet<>();
    private final Set<String> rare = new LinkedHashSet<>();

    /// @param each how many different queries of a class
    Questions(ServerApi api, int each, long seed, Progress progress) {
        this.api = api;
        this.each = each;
        this.dice = Dice.of(seed, -4, 0);
        this.progress = progress;
    }

    /// @throws Problem `NOT_FOUND` when the server holds nothing to ask about
    List<Question> make() throws IOException {
        findTraces();
        if (traces.isEmpty()) {
            throw Problem.notFound("the server holds no traces to ask about", "GET /api/v1/traces")
                    .fix("send some first: backplane bench ingest, or backplane demo");
        }
        for (int i = 0; i < Math.min(each, traces.size()); i++) {
            progress.at("sampling traces", i + 1L, Math.min(each, traces.size()));
            openTrace(dice.pick(traces));
        }
        for (int i = 0; i < Math.min(each, calls.size()); i++) {
            readWords(dice.pick(calls));
        }
        List<Question> questions = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            questions.addAll(questions(kind));
        }
        return questions;
    }

    private void findTraces() throws IOException {
        String cursor = "";
        for (int page = 0; page < PAGES; page++) {
            Map<String, String> parameters = new LinkedHashMap<>();
            parameters.put("limit", "200");
            if (!cursor.isEmpty()) {
                parameters.put("cursor", cursor);
            }
            Map<String, Object> answer = get(ServerApi.path("/api/v1/traces", parameters));
            for (Map<String, Object> trace : JsonTree.objects(answer, "traces")) {
                traces.add(JsonTree.text(trace, "trace_id"));
                if (trace.get("models") instanceof List<?> names) {
                    names.forEach(name -> models.add(name.toString()));
                }
            }
            cursor = JsonTree.text(answer, "cursor");
            if (cursor.isEmpty()) {
                return;
            }
        }
    }

    private void openTrace(String trace) throws IOException {
        Map<String, Object> tree = get("/api/v1/traces/" + trace + "?limit=500");
        for (Map<String, Object> span : JsonTree.objects(tree, "spans")) {
            String path = "/api/v1/spans/" + trace + "/" + JsonTree.text(span, "span_id");
            spans.add(path);
            if (JsonTree.text(span, "kind").equals("llm")) {
                calls.add(path);
            }
        }
    }

    private void readWords(String call) throws IOException {
        ServerApi.Answer input = api.get(call + "/input");
        if (!input.isOk()) {
            return;
        }
        String text = input.text();
        Matcher id = CALL_ID.matcher(text);
        while (id.find()) {
            rare.add(id.group());
        }
        Matcher words = THREE_WORDS.matcher(text);
        int from = dice.below(Math.max(1, text.length() / 2));
        if (words.find(from)) {
            phrases.add(words.group());
        }
    }

    private Map<String, Object> get(String path) throws IOException {
        return JsonTree.object(ServerApi.require(api.get(path), "GET " + path).body());
    }

    private List<Question> questions(Kind kind) {
        List<String> texts =
                switch (kind) {
                    case SPAN_BY_ID -> sample(spans);
                    case SPAN_INPUT -> sample(calls).stream().map(path -> path + "/input").toList();
                    case TRACE_TREE ->
                            sample(traces).stream()
                                    .map(trace -> "/api/v1/traces/" + trace + "?limit=500")
                                    .toList();
                    case TRACE_LIST -> List.of("/api/v1/traces?limit=50");
                    case FILTERED_TRACES -> filteredTraces();
                    case RARE_TRACES ->
                            List.of(list("traces", "kind = 'agent' and duration_ms > 86400000"));
                    // Each half is met by many, so that no bound of a column rules a row out.
                    case ABSENT_TRACES ->
                            List.of(list("traces", "kind = 'tool' and output_tokens > 10"));
                    case ABSENT_SPANS ->
                            List.of(list("spans", "kind = 'tool' and output_tokens > 10"));
                    case SPAN_LIST -> List.of("/api/v1/spans?limit=50");
                    case RARE_SPANS ->
                            List.of(list("spans", "kind = 'llm' and output_tokens > 1000000"));
                    case FILTERED_SPANS ->
                            List.of(1_000, 2_000, 5_000, 10_000).stream()
                                    .map(millis ->
                                            list(
                                                    "spans",
                                                    "kind = 'llm' and duration_ms > " + millis))
                                    .toList();
                    case WORD -> WORDS.stream().map(Questions::search).toList();
                    case PHRASE ->
                            sample(List.copyOf(phrases)).stream()
                                    .map(phrase -> search('"' + phrase + '"'))
                                    .toList();
                    case RARE -> sample(List.copyOf(rare)).stream().map(Questions::search).toList();
                    case SQL_GROUP ->
                            List.of(
                                    "select model, count(*) n, sum(input_tokens) t from spans"
                                            + " group by model order by t desc");
                    case SQL_PERCENTILE ->
                            List.of(
                                    "select date_trunc('hour', start_time) h,"
                                            + " approx_quantile(duration_ms, 0.95) p95 from spans"
                                            + " where kind = 'llm' group by h order by h");
                    case SQL_MATCH ->
                            WORDS.stream()
                                    .map(word ->
                                            "select count(*) from spans where match(input, '"
                                                    + word
                                                    + "')")
                                    .toList();
                };
        return texts.stream()
                .map(text -> new Question(kind, text, text.startsWith("select ")))
                .toList();
    }

    private List<String> filteredTraces() {
        List<String> paths = new ArrayList<>();
        for (String model : models) {
            paths.add(list("traces", "model = '" + model + "' and status = 'error'"));
        }
        return paths;
    }

    private static String list(String what, String filter) {
        return ServerApi.path("/api/v1/" + what, Map.of("filter", filter, "limit", "50"));
    }

    private static String search(String query) {
        return ServerApi.path("/api/v1/search", Map.of("q", query, "limit", "20"));
    }

    private List<String> sample(List<String> all) {
        List<String> chosen = new ArrayList<>();
        for (int i = 0; i < each && !all.isEmpty(); i++) {
            chosen.add(dice.pick(all));
        }
        return chosen;
    }
}
