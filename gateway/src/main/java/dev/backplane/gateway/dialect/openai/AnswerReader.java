package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.CallOrder;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.Usage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/// Reads answers to chats and to completions, whole or in chunks, into events. A whole answer is a
/// chunk whose choices say `message` instead of `delta`. For one answer and one thread.
public final class AnswerReader {
    private final CallOrder order;
    private final List<Event> batch = new ArrayList<>();
    private final Map<Integer, ChoiceState> choices = new TreeMap<>();
    private final Extras.Builder extras = new Extras.Builder();
    private final String where;
    private final LikeLast like = new LikeLast();
    private boolean started;
    private Optional<Problem> said = Optional.empty();

    /// What has come of one choice.
    private static final class ChoiceState {
        private final Map<Long, Integer> calls = new TreeMap<>();
        private final List<String> ids = new ArrayList<>();
        private boolean finished;
    }

    /// @param where the answer comes from, for problems
    public AnswerReader(Events events, String where) {
        this.order = new CallOrder(events, where);
        this.where = where;
    }

    /// Takes an answer or a chunk of one.
    ///
    /// @throws Problem the provider's error if it is one, `UNAVAILABLE` if it is neither
    public void read(Slice json) throws IOException {
        Optional<Event.TextDelta> alike = like.read(json);
        if (alike.isPresent()) {
            order.on(alike.get());
            return;
        }
        batch.clear();
        like.forget();
        try {
            JsonCursor.read(json, where, cursor -> new Chunk(cursor).read());
        } catch (Problem garbage) {
            throw Problem.unavailable("provider sent what is no answer: " + garbage.what(), where)
                    .fix("check that the address is that of a model's API")
                    .causedBy(garbage);
        }
        if (said.isPresent()) {
            throw said.get();
        }
        if (batch.size() == 1 && batch.getFirst() instanceof Event.TextDelta only) {
            like.learn(json, only.choice());
        }
        for (Event event : batch) {
            order.on(event);
        }
    }

    /// Whether an answer came, and to its end.
    public boolean complete() {
        return !choices.isEmpty() && choices.values().stream().allMatch(choice -> choice.finished);
    }

    private final class Chunk {
        private final JsonCursor cursor;
        private String id = "";
        private String model = "";
        private long created;
        private final List<Event> of = new ArrayList<>();

        Chunk(JsonCursor cursor) {
            this.cursor = cursor;
        }

        /// Azure sends what its filters say of the prompt first, in a chunk without an id.
        boolean read() {
            cursor.object(this::member);
            if (!started && !(id.isEmpty() && of.isEmpty())) {
                started = true;
                batch.add(new Event.Started(id, model, created, extras.build()));
            }
            batch.addAll(of);
            return true;
        }

        private void member(String name) {
            switch (name) {
                case "id" -> id = cursor.textOrEmpty();
                case "model" -> model = cursor.textOrEmpty();
                case "created" -> {
                    if (cursor.isNumber()) {
                        created = cursor.integer();
                    }
                }
                case "object" -> cursor.skip();
                case "choices" -> cursor.array(this::choice);
                case "usage" -> {
                    if (!cursor.isNull()) {
                        of.add(new Event.Used(usage(cursor)));
                    }
                }
                case "error" -> {
                    if (cursor.isNull()) {
                        cursor.skip();
                    } else {
                        said = Optional.of(Errors.read(cursor.raw(), 0, where));
                    }
                }
                default -> extras.put(name, cursor.raw());
            }
        }

        private void choice() {
            if (!cursor.isObject()) {
                throw cursor.wrong("an object");
            }
            int mark = cursor.mark();
            Choice choice = new Choice(this);
            cursor.object(choice::member);
            if (choice.known.isPresent()) {
                choice.known.get().end();
            } else {
                Slice whole = cursor.since(mark);
                int index = JsonCursor.read(whole, where, AnswerReader::index);
                JsonCursor.read(
                        whole, where, inner -> new ChoiceReader(inner, index, of, false).read());
            }
        }
    }

    /// A choice that says its index first, as most do, is read as it passes; any other is passed
    /// over and looked at again.
    private final class Choice {
        private final Chunk chunk;
        private Optional<ChoiceReader> known = Optional.empty();
        private boolean begun;

        Choice(Chunk chunk) {
            this.chunk = chunk;
        }

        void member(String name) {
            JsonCursor cursor = chunk.cursor;
            if (known.isPresent()) {
                known.get().member(name);
            } else if (!begun && name.equals("index") && cursor.isNumber()) {
                int index = Math.toIntExact(cursor.integer());
                known = Optional.of(new ChoiceReader(cursor, index, chunk.of, true));
            } else {
                cursor.skip();
            }
            begun = true;
        }
    }

    private static int index(JsonCursor cursor) {
        int[] index = {0};
        cursor.object(name -> {
            if (name.equals("index") && cursor.isNumber()) {
                index[0] = Math.toIntExact(cursor.integer());
            } else {
                cursor.skip();
            }
        });
        return index[0];
    }

    private final class ChoiceReader {
        private final JsonCursor cursor;
        private final int index;
        private final List<Event> of;
        private final ChoiceState state;
        private final boolean passing;
        private final int start;
        private int thoughtsEnd;
        private String finish = "";

        /// @param passing whether the cursor is at the chunk and not at a copy of the choice
        ChoiceReader(JsonCursor cursor, int index, List<Event> of, boolean passing) {
            this.cursor = cursor;
            this.index = index;
            this.of = of;
            this.passing = passing;
            this.state = choices.computeIfAbsent(index, _ -> new ChoiceState());
            this.start = of.size();
            this.thoughtsEnd = start;
        }

        boolean read() {
            cursor.object(this::member);
            end();
            return true;
        }

        void end() {
            if (!finish.isEmpty() && !state.finished) {
                state.finished = true;
                FinishReason reason = Names.reason(finish);
                of.add(new Event.Finished(index, reason, finish));
            }
        }

        private void member(String name) {
            switch (name) {
                case "index" -> cursor.skip();
                case "delta", "message" -> {
                    if (!cursor.isNull()) {
                        cursor.object(this::delta);
                    }
                }
                case "text" -> text(cursor.textOrEmpty());
                case "finish_reason" -> finish = cursor.textOrEmpty();
                case "logprobs" -> {
                    if (!cursor.isNull()) {
                        of.add(new Event.Logprobs(index, cursor.raw()));
                    }
                }
                default -> other(name);
            }
        }

        private void other(String name) {
            if (!cursor.isNull()) {
                of.add(new Event.Other(index, name, cursor.raw()));
            }
        }

        private void text(String text) {
            if (!text.isEmpty()) {
                of.add(new Event.TextDelta(index, text));
            }
        }

        private void delta(String name) {
            switch (name) {
                case "role" -> cursor.skip();
                case "content" -> {
                    if (passing) {
                        like.text(cursor.mark());
                    }
                    text(cursor.textOrEmpty());
                }
                case "reasoning_content", "reasoning" -> {
                    String thought = cursor.isText() ? cursor.text() : "";
                    if (!thought.isEmpty() && !isRepeated(thought)) {
                        of.add(thoughtsEnd++, new Event.ReasoningDelta(index, thought));
                    }
                }
                case "refusal" -> {
                    String refusal = cursor.textOrEmpty();
                    if (!refusal.isEmpty()) {
                        of.add(new Event.RefusalDelta(index, refusal));
                    }
                }
                case "tool_calls" -> {
                    if (!cursor.isNull()) {
                        cursor.array(() -> new CallReader(this).read());
                    }
                }
                default -> other(name);
            }
        }

        /// Thoughts come before what is said, wherever they stand in the object. Some servers send
        /// one by both names.
        private boolean isRepeated(String thought) {
            return thoughtsEnd > start
                    && of.get(thoughtsEnd - 1).equals(new Event.ReasoningDelta(index, thought));
        }
    }

    /// A piece of a tool call. A new one begins with an index that was not there, or, of servers
    /// that give all calls one index or none, with another id and a name. Other servers give each
    /// piece an id of its own.
    private static final class CallReader {
        private final ChoiceReader choice;
        private final ChoiceState state;
        private long given = -1;
        private String id = "";
        private String name = "";
        private String arguments = "";
        private final Map<String, Slice> more = new TreeMap<>();

        CallReader(ChoiceReader choice) {
            this.choice = choice;
            this.state = choice.state;
        }

        void read() {
            JsonCursor cursor = choice.cursor;
            cursor.object(member -> {
                switch (member) {
                    case "index" -> given = cursor.isNull() ? -1 : cursor.integer();
                    case "id" -> id = cursor.textOrEmpty();
                    case CustomCall.TYPE -> {
                        Slice type = cursor.isNull() ? Slice.EMPTY : cursor.raw();
                        if (type.equals(CustomCall.CUSTOM)) {
                            more.put(member, type);
                        }
                    }
                    case "function", "custom" ->
                            cursor.object(part -> {
                                switch (part) {
                                    case "name" -> name = cursor.textOrEmpty();
                                    case "arguments", "input" -> arguments = cursor.textOrEmpty();
                                    default -> more.put(member + "." + part, cursor.raw());
                                }
                            });
                    default -> {
                        if (!cursor.isNull()) {
                            more.put(member, cursor.raw());
                        }
                    }
                }
            });
            int call = call();
            more.remove(CustomCall.TYPE);
            more.forEach((name, json) -> member(call, name, json));
            if (!arguments.isEmpty()) {
                choice.of.add(new Event.ToolArguments(choice.index, call, arguments));
            }
        }

        private int call() {
            Integer known = state.calls.get(given);
            int byId = id.isEmpty() ? -1 : state.ids.lastIndexOf(id);
            if (known != null && (isPieceOf(known) || byId < 0 && name.isEmpty())) {
                return known;
            }
            if (byId >= 0 && (known != null || given < 0)) {
                return byId;
            }
            if (given < 0 && id.isEmpty() && name.isEmpty() && !state.ids.isEmpty()) {
                return state.ids.size() - 1;
            }
            int call = state.ids.size();
            state.calls.put(given, call);
            state.ids.add(id);
            if (more.containsKey(CustomCall.TYPE)) {
                member(call, CustomCall.TYPE, CustomCall.CUSTOM);
            }
            choice.of.add(new Event.ToolCallStarted(choice.index, call, id, name));
            return call;
        }

        private void member(int call, String name, Slice json) {
            choice.of.add(new Event.ToolMember(choice.index, call, name, json));
        }

        private boolean isPieceOf(int call) {
            String of = state.ids.get(call);
            return id.isEmpty() || of.isEmpty() || id.equals(of);
        }
    }

    static Usage usage(JsonCursor cursor) {
        return new UsageReader(cursor).read();
    }

    private static final class UsageReader {
        private final JsonCursor cursor;
        private final Map<String, Long> counts = new TreeMap<>();
        private final Extras.Builder extras = new Extras.Builder();

        UsageReader(JsonCursor cursor) {
            this.cursor = cursor;
        }

        Usage read() {
            cursor.object(name -> {
                switch (name) {
                    case "prompt_tokens", "completion_tokens" -> count(name, cursor);
                    case "total_tokens" -> cursor.skip();
                    case "prompt_tokens_details", "completion_tokens_details" -> details(name);
                    default -> extras.put(name, cursor.raw());
                }
            });
            return new Usage(
                    get("prompt_tokens"),
                    get("completion_tokens"),
                    get("cached_tokens"),
                    get("cache_write_tokens"),
                    get("reasoning_tokens"),
                    extras.build());
        }

        private void count(String name, JsonCursor at) {
            if (at.isNumber()) {
                counts.put(name, at.integer());
            } else {
                at.skip();
            }
        }

        /// Kept whole, too: there are more counts in them than the model has.
        private void details(String name) {
            if (!cursor.isObject()) {
                cursor.skip();
                return;
            }
            Slice whole = cursor.raw();
            extras.put(name, whole);
            JsonCursor.read(
                    whole,
                    "usage",
                    inner -> {
                        inner.object(member -> count(member, inner));
                        return inner;
                    });
        }

        private OptionalLong get(String name) {
            Long count = counts.get(name);
            return count == null ? OptionalLong.empty() : OptionalLong.of(count);
        }
    }
}
