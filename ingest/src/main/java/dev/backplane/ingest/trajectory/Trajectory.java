package dev.backplane.ingest.trajectory;

import dev.backplane.core.Field;
import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.core.SpanKind;
import dev.backplane.core.Value;
import dev.backplane.ingest.json.JsonBytes;
import dev.backplane.ingest.json.JsonValues;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;

/// One chat as a trace, see the package. For one chat, one thread.
///
/// Times are made up, because files seldom have them: a chat starts at the time its element names
/// (`created_at`, `created`, `timestamp`), else where [ChatTimes] puts it, and every message takes
/// one second. They show order, not duration.
final class Trajectory {
    static final long SECOND = 1_000_000_000L;
    private static final Set<String> SCORES = Set.of("reward", "score", "success", "resolved");
    private static final Set<String> TIMES = Set.of("created_at", "created", "timestamp");
    private static final Set<String> TURNS = Set.of("assistant", "ai", "model");
    private static final List<String> MESSAGES =
            List.of("messages", "traj", "trajectory", "history", "conversation", "conversations");

    /// A tool call that waits for its answer.
    private record Call(String spanId, String name, Slice arguments) {}

    private final String project;
    private final String name;
    private final String trace;
    private final Consumer<SpanEvent> out;
    private final ByteArrayOutputStream history = new ByteArrayOutputStream();
    private final Map<String, Call> calls = new HashMap<>();
    private final JsonOut metadata = new JsonOut().beginObject();
    private final JsonOut scores = new JsonOut().beginObject();
    private final List<Slice> messages = new ArrayList<>();
    private Optional<Slice> tools = Optional.empty();
    private Optional<Slice> opening = Optional.empty();
    private Optional<Slice> answer = Optional.empty();
    private String model = "";
    private String lastTurn = "";
    private OptionalLong stated = OptionalLong.empty();
    private long start;
    private boolean hasMetadata;
    private boolean hasScores;
    private int spans;

    private Trajectory(
            String project, String fileName, long index, Slice element, Consumer<SpanEvent> out) {
        this.project = project;
        this.out = out;
        this.trace = hex(16, fileName, Long.toString(index), element);
        this.name = stem(fileName) + " " + index;
    }

    /// The array of messages in an element: the element itself, or one of its members.
    static Optional<Slice> messages(Slice element) {
        if (JsonBytes.isArray(element)) {
            return Optional.of(element).filter(Trajectory::holdsMessages);
        }
        for (String member : MESSAGES) {
            Optional<Slice> found =
                    JsonBytes.member(element, member).filter(Trajectory::holdsMessages);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /// Bytes of INPUT that the turns of a chat have together: about half its length times their
    /// number.
    static long inputBytes(Slice messages) {
        long[] sums = new long[2]; // length so far, of all inputs
        JsonBytes.elements(
                messages,
                message -> {
                    if (isTurn(message)) {
                        sums[1] += sums[0];
                    }
                    sums[0] += message.length();
                });
        return sums[1];
    }

    private static boolean isTurn(Slice message) {
        return TURNS.contains(string(JsonBytes.member(message, "role").orElse(Slice.EMPTY)));
    }

    private static boolean holdsMessages(Slice array) {
        if (!JsonBytes.isArray(array)) {
            return false;
        }
        int[] counts = new int[2];
        JsonBytes.elements(
                array,
                message -> {
                    counts[0]++;
                    counts[1] += isMessage(message) ? 1 : 0;
                });
        return counts[0] > 0 && counts[0] == counts[1];
    }

    static boolean isMessage(Slice value) {
        return JsonBytes.isObject(value)
                && JsonBytes.member(value, "role").filter(JsonBytes::isString).isPresent();
    }

    /// Gives the events of a chat to `out`, the agent's span last, and returns how many.
    ///
    /// @param element checked JSON that [#messages] has found messages in
    /// @param index of the element in its file, from 0
    /// @param times for a chat that names none
    static int read(
            Slice element,
            String project,
            String fileName,
            long index,
            ChatTimes times,
            Consumer<SpanEvent> out) {
        Slice array = messages(element).orElseThrow();
        Trajectory trajectory = new Trajectory(project, fileName, index, element, out);
        JsonBytes.members(
                element,
                (name, value) -> {
                    if (!value.equals(array) || value.offset() != array.offset()) {
                        trajectory.member(name, value);
                    }
                });
        JsonBytes.elements(array, trajectory.messages::add);
        trajectory.start =
                trajectory.stated.orElseGet(() ->
                        times.startNanos(
                                trajectory.key(trajectory.spanId("root")),
                                index,
                                trajectory.messages.size()));
        for (int i = 0; i < trajectory.messages.size(); i++) {
            trajectory.message(i, JsonBytes.compact(trajectory.messages.get(i)));
        }
        trajectory.root();
        return trajectory.spans;
    }

    private void member(String name, Slice value) {
        if (TIMES.contains(name)) {
            time(value).ifPresent(nanos -> stated = OptionalLong.of(nanos));
        }
        switch (name) {
            case "tools" -> tools = Optional.of(value).filter(JsonBytes::isArray);
            case "model", "model_name" -> model = string(value);
            case "system" -> system(value);
            default -> {}
        }
        if (SCORES.contains(name)) {
            score(name, value);
        }
        metadata.name(name).json(JsonBytes.compact(value));
        hasMetadata = true;
    }

    private static Optional<Long> time(Slice value) {
        try {
            return JsonBytes.isString(value)
                    ? Optional.of(JsonValues.time(JsonBytes.string(value)))
                    : JsonValues.nanosOfSeconds(value).filter(nanos -> nanos > 0);
        } catch (dev.backplane.core.Problem _) {
            return Optional.empty(); // a format of its own; the text is kept in the metadata
        }
    }

    private void score(String name, Slice value) {
        char first = JsonBytes.first(value);
        if (JsonBytes.isNumber(value)) {
            scores.name(name).json(value);
            hasScores = true;
        } else if (first == 't' || first == 'f') {
            scores.name(name).literal(first == 't' ? "1" : "0");
            hasScores = true;
        }
    }

    /// A system prompt beside the messages belongs before them.
    private void system(Slice value) {
        if (!JsonBytes.isNull(value)) {
            append(
                    new JsonOut()
                            .beginObject()
                            .name("role")
                            .text("system")
                            .name("content")
                            .json(JsonBytes.compact(value))
                            .endObject()
                            .slice());
        }
    }

    private void message(int index, Slice message) {
        if (isTurn(message)) {
            turn(index, message);
        }
        switch (string(JsonBytes.member(message, "role").orElse(Slice.EMPTY))) {
            case "tool", "function" -> tool(index, message);
            case "user" -> toolResults(index, message);
            default -> {}
        }
        append(message);
    }

    private void append(Slice message) {
        history.write(history.size() == 0 ? '[' : ',');
        history.write(message.array(), message.offset(), message.length());
    }

    /// The messages so far as an array of its own.
    private Slice history() {
        if (history.size() == 0) {
            return Slice.of("[]");
        }
        byte[] array = java.util.Arrays.copyOf(history.toByteArray(), history.size() + 1);
        array[array.length - 1] = ']';
        return Slice.of(array);
    }

    private void turn(int index, Slice message) {
        Slice input = history();
        Slice output = new JsonOut().beginArray().json(message).endArray().slice();
        opening = opening.or(() -> Optional.of(input));
        answer = Optional.of(output);
        lastTurn = spanId(Integer.toString(index));
        SpanData.Builder data =
                span(
                        model.isEmpty() ? "chat" : "chat " + model,
                        SpanKind.LLM,
                        "",
                        index,
                        index + 1);
        data.put(Field.MODEL, model);
        data.put(Field.INPUT, Value.json(input));
        data.put(Field.OUTPUT, Value.json(output));
        tools.ifPresent(array -> data.put(Field.TOOLS, Value.json(array)));
        emit(lastTurn, data);
        JsonBytes.member(message, "tool_calls").ifPresent(this::calls);
        JsonBytes.member(message, "content").ifPresent(this::toolUses);
    }

    /// `[{"id","function":{"name","arguments"}}]`.
    private void calls(Slice array) {
        JsonBytes.elements(
                array,
                call -> {
                    Slice function = JsonBytes.member(call, "function").orElse(Slice.EMPTY);
                    call(
                            JsonBytes.member(call, "id"),
                            JsonBytes.member(function, "name"),
                            JsonBytes.member(function, "arguments"));
                });
    }

    /// `[{"type":"tool_use","id","name","input"}]`.
    private void toolUses(Slice content) {
        JsonBytes.elements(
                content,
                part -> {
                    if (isType(part, "tool_use")) {
                        call(
                                JsonBytes.member(part, "id"),
                                JsonBytes.member(part, "name"),
                                JsonBytes.member(part, "input"));
                    }
                });
    }

    private void call(Optional<Slice> id, Optional<Slice> name, Optional<Slice> arguments) {
        calls.put(
                string(id.orElse(Slice.EMPTY)),
                new Call(
                        lastTurn, string(name.orElse(Slice.EMPTY)), arguments.orElse(Slice.EMPTY)));
    }

    private void tool(int index, Slice message) {
        Optional<Slice> id = JsonBytes.member(message, "tool_call_id");
        Optional<Slice> name = JsonBytes.member(message, "name");
        answer(index, 0, id, name, JsonBytes.member(message, "content"));
    }

    private void toolResults(int index, Slice message) {
        int[] part = new int[1];
        JsonBytes.member(message, "content")
                .ifPresent(content ->
                        JsonBytes.elements(
                                content,
                                result -> {
                                    if (isType(result, "tool_result")) {
                                        answer(
                                                index,
                                                part[0]++,
                                                JsonBytes.member(result, "tool_use_id"),
                                                Optional.empty(),
                                                JsonBytes.member(result, "content"));
                                    }
                                }));
    }

    private void answer(
            int index,
            int part,
            Optional<Slice> id,
            Optional<Slice> name,
            Optional<Slice> content) {
        Call call =
                calls.getOrDefault(
                        string(id.orElse(Slice.EMPTY)), new Call(lastTurn, "", Slice.EMPTY));
        String called = name.map(Trajectory::string).orElse(call.name());
        SpanData.Builder data =
                span(
                        called.isEmpty() ? "tool" : called,
                        SpanKind.TOOL,
                        call.spanId(),
                        index,
                        index + 1);
        if (!call.arguments().isEmpty()) {
            data.put(Field.INPUT, payload(call.arguments()));
        }
        content.filter(value -> !JsonBytes.isNull(value))
                .ifPresent(value -> data.put(Field.OUTPUT, payload(value)));
        emit(spanId(index + "." + part), data);
    }

    /// A string that holds a JSON object or array is taken as that.
    private static Value payload(Slice value) {
        Value payload = JsonValues.payload(value);
        if (payload instanceof Value.Text(dev.backplane.core.Content content)
                && content instanceof Slice text
                && JsonBytes.valid(text)) {
            return Value.json(text);
        }
        return payload;
    }

    private void root() {
        SpanData.Builder data = span(name, SpanKind.AGENT, "", 0, messages.size());
        data.remove(Field.PARENT_ID);
        opening.ifPresent(input -> data.put(Field.INPUT, Value.json(input)));
        answer.ifPresent(output -> data.put(Field.OUTPUT, Value.json(output)));
        if (hasMetadata) {
            data.put(Field.METADATA, Value.json(metadata.endObject().slice()));
        }
        if (hasScores) {
            data.put(Field.SCORES, Value.json(scores.endObject().slice()));
        }
        emit(spanId("root"), data);
    }

    private SpanData.Builder span(
            String name, SpanKind kind, String parent, int fromMessage, int toMessage) {
        return SpanData.builder()
                .put(Field.PARENT_ID, parent.isEmpty() ? spanId("root") : parent)
                .put(Field.NAME, name)
                .put(Field.KIND, kind.id())
                .put(Field.START_TIME, start + fromMessage * SECOND)
                .put(Field.END_TIME, start + toMessage * SECOND)
                .put(Field.STATUS, "ok")
                .put(Field.DIALECT, "native");
    }

    private void emit(String spanId, SpanData.Builder data) {
        spans++;
        out.accept(SpanEvent.insert(key(spanId), data.build()));
    }

    private SpanKey key(String spanId) {
        return new SpanKey(project, trace, spanId);
    }

    private String spanId(String place) {
        return hex(8, trace, place, Slice.EMPTY);
    }

    private static boolean isType(Slice part, String type) {
        return JsonBytes.member(part, "type")
                .filter(value -> string(value).equals(type))
                .isPresent();
    }

    private static String string(Slice value) {
        return JsonBytes.isString(value) ? JsonBytes.string(value) : "";
    }

    private static String stem(String fileName) {
        String base = fileName.substring(fileName.lastIndexOf('/') + 1);
        int dot = base.indexOf('.');
        String stem = dot > 0 ? base.substring(0, dot) : base;
        return stem.isEmpty() ? "trajectory" : stem;
    }

    private static String hex(int bytes, String one, String two, Slice rest) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((one + "\0" + two + "\0").getBytes(StandardCharsets.UTF_8));
            digest.update(rest.array(), rest.offset(), rest.length());
            return HexFormat.of().formatHex(digest.digest(), 0, bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
