package dev.backplane.store.event;

import dev.backplane.core.Json;
import dev.backplane.store.SpanRow;
import dev.backplane.store.TraceRow;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/// A trace's row as a sum: of spans, and of the sums of its parts. For any split of a trace's spans
/// the sums of the pieces, merged in any order, say what the SQL table `traces` says of the whole
/// (of spans that stand at the same nanosecond, either may count as the earlier). So a segment
/// keeps one of these a trace, and a list of traces never reads a span. Not thread-safe.
public final class RollUp {
    private static final JsonMapper MAPPER = JsonMapper.builder(Json.factory()).build();

    /// What the root says or, while it is silent or missing, the earliest span that says something.
    private enum Said {
        NAME,
        SESSION,
        USER,
        AGENT,
        STATUS;

        static final List<Said> ALL = List.of(values());

        String of(SpanRow row) {
            return switch (this) {
                case NAME -> row.name();
                case SESSION -> row.sessionId();
                case USER -> row.userId();
                case AGENT -> row.agent();
                case STATUS -> row.status();
            };
        }
    }

    /// @param value empty for none
    private record Earliest(long nanos, String value) {
        static final Earliest NONE = new Earliest(Long.MAX_VALUE, "");

        Earliest or(Earliest other) {
            return !other.value.isEmpty() && (value.isEmpty() || other.nanos < nanos)
                    ? other
                    : this;
        }
    }

    /// A value of one name. Of several the root's counts, else that of the earliest span.
    private record Score(boolean root, long nanos, String json) {
        static Score stronger(Score a, Score b) {
            return b.root != a.root ? (b.root ? b : a) : b.nanos < a.nanos ? b : a;
        }
    }

    private long spans;
    private long errors;
    private long llmCalls;
    private Beginning beginning = Beginning.NONE;

    /// Where the first of the spans stands in time.
    private long firstNanos = Long.MAX_VALUE;

    private long endNanos;
    private long inputTokens;
    private long outputTokens;
    private long cachedTokens;
    private long reasoningTokens;
    private double cost;

    /// What rounding took from [#cost] (Neumaier 1974).
    private double costLost;

    private final Earliest[] roots = new Earliest[Said.ALL.size()];
    private final Earliest[] any = new Earliest[Said.ALL.size()];
    private final Set<String> models = new HashSet<>();

    /// Distinct JSON texts: spans of a trace mostly have the same.
    private final Set<String> tags = new TreeSet<>();

    private final Map<String, Score> scores = new TreeMap<>();
    private long scored;

    /// The text as it came while one span only has scores.
    private String onlyScores = "";

    public RollUp() {
        Arrays.fill(roots, Earliest.NONE);
        Arrays.fill(any, Earliest.NONE);
    }

    public boolean isEmpty() {
        return spans == 0;
    }

    public Beginning beginning() {
        return beginning;
    }

    public RollUp add(SpanRow row) {
        boolean root = row.parentId().isEmpty();
        long nanos = row.orderNanos();
        spans++;
        errors += row.failed() ? 1 : 0;
        llmCalls += row.kind().equals("llm") ? 1 : 0;
        beginning = beginning.with(Beginning.of(row));
        firstNanos = Math.min(firstNanos, nanos);
        endNanos = Math.max(endNanos, row.endNanos());
        inputTokens += Math.max(0, row.inputTokens());
        outputTokens += Math.max(0, row.outputTokens());
        cachedTokens += Math.max(0, row.cachedTokens());
        reasoningTokens += Math.max(0, row.reasoningTokens());
        if (!Double.isNaN(row.cost())) {
            addCost(row.cost());
        }
        for (Said said : Said.ALL) {
            Earliest own = new Earliest(nanos, said.of(row));
            any[said.ordinal()] = any[said.ordinal()].or(own);
            if (root) {
                roots[said.ordinal()] = roots[said.ordinal()].or(own);
            }
        }
        if (!row.model().isEmpty()) {
            models.add(row.model());
        }
        if (!row.tags().isEmpty()) {
            tags.add(row.tags());
        }
        if (!row.scores().isEmpty()) {
            onlyScores = scored++ == 0 ? row.scores() : "";
            for (Map.Entry<String, JsonNode> score : parsed(row.scores()).properties()) {
                scores.merge(
                        score.getKey(),
                        new Score(root, nanos, score.getValue().toString()),
                        Score::stronger);
            }
        }
        return this;
    }

    /// What is no JSON counts as nothing: a segment must not fail to be built over it.
    private static JsonNode parsed(String json) {
        try {
            return MAPPER.readTree(json);
        } catch (JacksonException malformed) {
            return MissingNode.getInstance();
        }
    }

    private void addCost(double more) {
        double sum = cost + more;
        costLost += Math.abs(cost) >= Math.abs(more) ? cost - sum + more : more - sum + cost;
        cost = sum;
    }

    public RollUp merge(RollUp other) {
        spans += other.spans;
        errors += other.errors;
        llmCalls += other.llmCalls;
        beginning = beginning.with(other.beginning);
        firstNanos = Math.min(firstNanos, other.firstNanos);
        endNanos = Math.max(endNanos, other.endNanos);
        inputTokens += other.inputTokens;
        outputTokens += other.outputTokens;
        cachedTokens += other.cachedTokens;
        reasoningTokens += other.reasoningTokens;
        addCost(other.cost);
        costLost += other.costLost;
        for (int i = 0; i < any.length; i++) {
            any[i] = any[i].or(other.any[i]);
            roots[i] = roots[i].or(other.roots[i]);
        }
        models.addAll(other.models);
        tags.addAll(other.tags);
        onlyScores = scored == 0 ? other.onlyScores : other.scored == 0 ? onlyScores : "";
        scored += other.scored;
        other.scores.forEach((name, score) -> scores.merge(name, score, Score::stronger));
        return this;
    }

    public TraceRow row(String project, String trace) {
        return new TraceRow(
                project,
                trace,
                said(Said.NAME),
                beginning.hasStart() ? beginning.startNanos() : 0,
                endNanos,
                spans,
                errors,
                llmCalls,
                inputTokens,
                outputTokens,
                cachedTokens,
                reasoningTokens,
                Double.isFinite(cost) ? cost + costLost : cost,
                inOrder(models),
                said(Said.SESSION),
                said(Said.USER),
                said(Said.AGENT),
                errors > 0 ? "error" : said(Said.STATUS),
                tags.isEmpty() ? "" : allTags(),
                scored == 0 || !onlyScores.isEmpty() ? onlyScores : allScores());
    }

    private String said(Said said) {
        String root = roots[said.ordinal()].value();
        return root.isEmpty() ? any[said.ordinal()].value() : root;
    }

    /// In the order of their bytes, as SQL sorts.
    private static List<String> inOrder(Set<String> texts) {
        return texts.stream().sorted((a, b) -> Arrays.compareUnsigned(utf8(a), utf8(b))).toList();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private String allTags() {
        Set<String> distinct = new HashSet<>();
        for (String json : tags) {
            if (parsed(json) instanceof ArrayNode array) {
                for (JsonNode tag : array) {
                    if (!tag.isNull()) {
                        distinct.add(tag.isString() ? tag.asString() : tag.toString());
                    }
                }
            }
        }
        ArrayNode union = JsonNodeFactory.instance.arrayNode();
        inOrder(distinct).forEach(union::add);
        return union.toString();
    }

    private String allScores() {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        scores.forEach((name, score) -> {
            JsonNode value = parsed(score.json());
            if (!value.isNull()) {
                object.set(name, value);
            }
        });
        return object.toString();
    }

    /// Numbers as LEB128, times as distances from where the first span stands:
    ///
    /// ```
    /// spans errors llm first:i64 last start end:i64 input output cached reasoning
    /// cost:f64 lost:f64
    /// n model*n  { any:earliest root:earliest }*5  n tags*n
    /// scored only:text n { name:text root:u8 distance json:text }*n
    /// earliest := value:text [ distance ]          no distance after an empty value
    /// start    := distance and 1, or 0 while no span has one
    /// ```
    public void write(ByteWriter out) {
        out.putVar(spans).putVar(errors).putVar(llmCalls).putLong(firstNanos);
        out.putVar(beginning.orderNanos() - firstNanos);
        out.putVar(beginning.hasStart() ? beginning.startNanos() - firstNanos + 1 : 0);
        out.putLong(endNanos);
        out.putVar(inputTokens).putVar(outputTokens).putVar(cachedTokens).putVar(reasoningTokens);
        out.putLong(Double.doubleToLongBits(cost)).putLong(Double.doubleToLongBits(costLost));
        texts(models, out);
        for (int i = 0; i < any.length; i++) {
            earliest(any[i], out);
            earliest(roots[i], out);
        }
        texts(tags, out);
        out.putVar(scored).putText(onlyScores).putVar(scores.size());
        scores.forEach((name, score) -> {
            out.putText(name).put(score.root() ? 1 : 0);
            out.putVar(score.nanos() - firstNanos).putText(score.json());
        });
    }

    private static void texts(Set<String> texts, ByteWriter out) {
        out.putVar(texts.size());
        texts.forEach(out::putText);
    }

    private void earliest(Earliest earliest, ByteWriter out) {
        out.putText(earliest.value());
        if (!earliest.value().isEmpty()) {
            out.putVar(earliest.nanos() - firstNanos);
        }
    }

    public static RollUp read(ByteReader in) {
        RollUp read = new RollUp();
        read.spans = in.getVar();
        read.errors = in.getVar();
        read.llmCalls = in.getVar();
        read.firstNanos = in.getLong();
        read.beginning = read.beginning(in.getVar(), in.getVar());
        read.endNanos = in.getLong();
        read.inputTokens = in.getVar();
        read.outputTokens = in.getVar();
        read.cachedTokens = in.getVar();
        read.reasoningTokens = in.getVar();
        read.cost = Double.longBitsToDouble(in.getLong());
        read.costLost = Double.longBitsToDouble(in.getLong());
        texts(read.models, in);
        for (int i = 0; i < read.any.length; i++) {
            read.any[i] = read.earliest(in);
            read.roots[i] = read.earliest(in);
        }
        texts(read.tags, in);
        read.scored = in.getVar();
        read.onlyScores = in.getText();
        for (int left = in.getVarInt(in.remaining()); left > 0; left--) {
            String name = in.getText();
            boolean root = in.get() != 0;
            read.scores.put(name, new Score(root, read.firstNanos + in.getVar(), in.getText()));
        }
        return read;
    }

    private Beginning beginning(long last, long start) {
        return new Beginning(
                start == 0 ? Beginning.NONE.startNanos() : firstNanos + start - 1,
                firstNanos + last);
    }

    private static void texts(Set<String> texts, ByteReader in) {
        for (int left = in.getVarInt(in.remaining()); left > 0; left--) {
            texts.add(in.getText());
        }
    }

    private Earliest earliest(ByteReader in) {
        String value = in.getText();
        return value.isEmpty() ? Earliest.NONE : new Earliest(firstNanos + in.getVar(), value);
    }
}
