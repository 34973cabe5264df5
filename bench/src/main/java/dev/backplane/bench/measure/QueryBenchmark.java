package dev.backplane.bench.measure;

import dev.backplane.bench.api.JsonTree;
import dev.backplane.bench.api.ServerApi;
import dev.backplane.bench.api.ServerApi.Answer;
import dev.backplane.bench.measure.Questions.Kind;
import dev.backplane.bench.measure.Questions.Question;
import dev.backplane.bench.report.Latencies;
import dev.backplane.bench.report.Progress;
import dev.backplane.bench.report.Report;
import dev.backplane.bench.report.Report.Table;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How fast a server answers, by class of query, one query at a time. Each query is asked once in
/// the first pass ("first": nothing about it is in any cache of the server, though disk blocks may
/// be) and `passes` times after that ("warm"). The time is that of the whole answer, read to its
/// end.
public final class QueryBenchmark {
    private static final Path DROP_CACHES = Path.of("/proc/sys/vm/drop_caches");

    /// @param each how many different queries of each class, where the data have that many
    /// @param passes warm ones
    /// @param dropCaches before each query of the first pass, empty the page cache of this machine;
    ///   needs Linux and root
    public record Options(int each, int passes, long seed, boolean dropCaches) {}

    private final ServerApi api;
    private final Options options;
    private final Progress progress;

    public QueryBenchmark(ServerApi api, Options options, Progress progress) {
        this.api = api;
        this.options = options;
        this.progress = progress;
    }

    public Report run() throws IOException {
        Map<String, String> conditions = Machine.conditions();
        Map<String, Object> stats =
                JsonTree.object(
                        ServerApi.require(api.get("/api/v1/store/stats"), "store stats").body());
        conditions.put(
                "spans stored",
                JsonTree.text(stats, "segment_spans")
                        + " in segments, "
                        + JsonTree.text(stats, "fresh_spans")
                        + " in the log");
        conditions.put("stored bytes", JsonTree.text(stats, "stored_bytes"));
        conditions.put(
                "first pass", options.dropCaches() ? "page cache emptied" : "page cache as is");
        List<Question> questions =
                new Questions(api, options.each(), options.seed(), progress).make();
        Map<Kind, Latencies> first = new LinkedHashMap<>();
        Map<Kind, Latencies> warm = new LinkedHashMap<>();
        Map<Kind, long[]> bytes = new LinkedHashMap<>();
        for (int pass = 0; pass <= options.passes(); pass++) {
            Map<Kind, Latencies> latencies = pass == 0 ? first : warm;
            for (Question question : questions) {
                if (pass == 0 && options.dropCaches()) {
                    dropCaches();
                }
                Answer answer = ask(question);
                latencies
                        .computeIfAbsent(question.kind(), _ -> new Latencies())
                        .add(answer.nanos());
                bytes.computeIfAbsent(question.kind(), _ -> new long[1])[0] += answer.body().length;
            }
            progress.at("asking", pass + 1L, options.passes() + 1L);
        }
        conditions.put("load average at end", Machine.load());
        return report(conditions, first, warm, bytes);
    }

    private Answer ask(Question question) throws IOException {
        Answer answer = question.sql() ? api.sql(question.text()) : api.get(question.text());
        return ServerApi.require(answer, question.text());
    }

    private static void dropCaches() {
        try {
            Files.writeString(DROP_CACHES, "3");
        } catch (IOException e) {
            throw Problem.of(Problem.Kind.FORBIDDEN, "cannot empty the page cache", "/proc/sys/vm")
                    .fix("run as root on Linux, or leave out --drop-caches")
                    .causedBy(e);
        }
    }

    private static String verdict(Kind kind, Latencies warm) {
        if (kind.targetMillis() == Questions.NO_TARGET || warm.count() == 0) {
            return "";
        }
        return warm.quantileMillis(0.5) <= kind.targetMillis() ? "met" : "missed";
    }

    private Report report(
            Map<String, String> conditions,
            Map<Kind, Latencies> first,
            Map<Kind, Latencies> warm,
            Map<Kind, long[]> bytes) {
        List<List<Object>> rows = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            Latencies cold = first.getOrDefault(kind, new Latencies());
            Latencies hot = warm.getOrDefault(kind, new Latencies());
            long asked = cold.count() + hot.count();
            rows.add(
                    List.of(
                            kind.title(),
                            cold.count(),
                            IngestBenchmark.measured(cold.quantileMillis(0.5)),
                            IngestBenchmark.measured(cold.quantileMillis(0.99)),
                            hot.count(),
                            IngestBenchmark.measured(hot.quantileMillis(0.5)),
                            IngestBenchmark.measured(hot.quantileMillis(0.99)),
                            kind.targetMillis() == Questions.NO_TARGET
                                    ? ""
                                    : (Object) (long) kind.targetMillis(),
                            verdict(kind, hot),
                            asked == 0
                                    ? ""
                                    : bytes.getOrDefault(kind, new long[1])[0] / 1e3 / asked));
        }
        List<String> columns =
                List.of(
                        "query",
                        "first asked",
                        "first p50 ms",
                        "first p99 ms",
                        "warm asked",
                        "warm p50 ms",
                        "warm p99 ms",
                        "target, warm p50 ms",
                        "verdict",
                        "mean answer KB");
        return new Report(
                "Queries", conditions, List.of(new Table("Latency", columns, rows)), List.of());
    }
}
