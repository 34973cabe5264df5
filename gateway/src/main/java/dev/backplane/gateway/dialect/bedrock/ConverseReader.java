package dev.backplane.gateway.dialect.bedrock;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.Usage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// Reads answers, whole or event by event, into events. For one answer and one thread.
public final class ConverseReader {
    private final Events events;
    private final String where;
    private final List<Event> batch = new ArrayList<>();

    /// Tool calls that are open, by the index of their block.
    private final Map<Long, Integer> calls = new HashMap<>();

    private int count;
    private StringBuilder signature = new StringBuilder();
    private StringBuilder redacted = new StringBuilder();
    private boolean finished;

    /// @param id of the answer, or empty: there is none in it
    /// @param model that answers
    public ConverseReader(Events events, String id, String model, String where) {
        this.events = events;
        this.where = where;
        batch.add(new Event.Started(id, model, 0, Extras.NONE));
    }

    /// Whether the answer came to its end.
    public boolean complete() {
        return finished;
    }

    /// A whole answer.
    ///
    /// @throws Problem `UNAVAILABLE` if it is none
    public void read(Slice json) throws IOException {
        parse(json, cursor -> new Whole(cursor).read());
    }

    /// An event of a stream.
    ///
    /// @param type such as `contentBlockDelta`; others than the known ones are passed over
    public void read(String type, Slice json) throws IOException {
        parse(json, cursor -> new Piece(cursor).read(type));
    }

    private interface Reading {
        void read(JsonCursor cursor);
    }

    private void parse(Slice json, Reading reading) throws IOException {
        try {
            JsonCursor.read(
                    json,
                    where,
                    cursor -> {
                        reading.read(cursor);
                        return true;
                    });
        } catch (Problem garbage) {
            throw Problem.unavailable("provider sent what is no answer: " + garbage.what(), where)
                    .fix("check that the address is that of Bedrock")
                    .causedBy(garbage);
        }
        for (Event event : batch) {
            events.on(event);
        }
        batch.clear();
    }

    private void text(String text) {
        if (!text.isEmpty()) {
            batch.add(new Event.TextDelta(0, text));
        }
    }

    private void thought(String text) {
        if (!text.isEmpty()) {
            batch.add(new Event.ReasoningDelta(0, text));
        }
    }

    private void seal() {
        if (!signature.isEmpty() || !redacted.isEmpty()) {
            batch.add(new Event.ReasoningSealed(0, signature.toString(), redacted.toString()));
            signature = new StringBuilder();
            redacted = new StringBuilder();
        }
    }

    private void finish(String word) {
        finished = true;
        FinishReason reason =
                switch (word) {
                    case "end_turn" -> FinishReason.STOP;
                    case "stop_sequence" -> FinishReason.STOP_SEQUENCE;
                    case "max_tokens", "model_context_window_exceeded" -> FinishReason.LENGTH;
                    case "tool_use" -> FinishReason.TOOL_CALLS;
                    case "guardrail_intervened", "content_filtered" -> FinishReason.FILTERED;
                    default -> FinishReason.OTHER;
                };
        batch.add(new Event.Finished(0, reason, word));
    }

    /// The one member of a union, or several of an object, each by its name.
    private final class Piece {
        private final JsonCursor cursor;
        private long block;
        private Slice start = Slice.EMPTY;
        private Slice delta = Slice.EMPTY;

        Piece(JsonCursor cursor) {
            this.cursor = cursor;
        }

        void read(String type) {
            switch (type) {
                case "contentBlockStart", "contentBlockDelta", "contentBlockStop" -> block(type);
                case "messageStop" ->
                        cursor.object(name -> {
                            if (name.equals("stopReason")) {
                                finish(cursor.text());
                            } else {
                                other(name);
                            }
                        });
                case "metadata" ->
                        cursor.object(name -> {
                            switch (name) {
                                case "usage" -> batch.add(new Event.Used(usage(cursor)));
                                case "metrics" -> cursor.skip();
                                default -> other(name);
                            }
                        });
                default -> cursor.raw();
            }
        }

        private void other(String name) {
            if (!cursor.isNull()) {
                batch.add(new Event.Other(0, name, cursor.raw()));
            }
        }

        private void block(String type) {
            cursor.object(name -> {
                switch (name) {
                    case "contentBlockIndex" -> block = cursor.integer();
                    case "start" -> start = cursor.raw();
                    case "delta" -> delta = cursor.raw();
                    default -> cursor.skip();
                }
            });
            if (!start.isEmpty()) {
                members(start, this::started);
            }
            if (!delta.isEmpty()) {
                members(delta, this::came);
            }
            if (type.equals("contentBlockStop")) {
                seal();
                Integer call = calls.remove(block);
                if (call != null) {
                    batch.add(new Event.ToolCallEnded(0, call));
                }
            }
        }

        private void started(String name, JsonCursor value) {
            if (!name.equals("toolUse")) {
                batch.add(new Event.Other(0, name, value.raw()));
                return;
            }
            ToolUse use = new ToolUse();
            Slice whole = value.raw();
            members(whole, use::member);
            if (use.server) {
                batch.add(new Event.Other(0, name, whole));
                return;
            }
            calls.put(block, count);
            batch.add(new Event.ToolCallStarted(0, count++, use.id, use.name));
        }

        private void came(String name, JsonCursor value) {
            switch (name) {
                case "text" -> text(value.text());
                case "reasoningContent" ->
                        value.object(member -> {
                            switch (member) {
                                case "text" -> thought(value.text());
                                case "signature" -> signature.append(value.text());
                                case "redactedContent" -> redacted.append(value.text());
                                default -> value.skip();
                            }
                        });
                case "toolUse" -> {
                    Integer call = calls.get(block);
                    ToolUse use = new ToolUse();
                    Slice whole = value.raw();
                    members(whole, use::member);
                    if (call == null) {
                        batch.add(new Event.Other(0, name, whole));
                    } else if (!use.piece.isEmpty()) {
                        batch.add(new Event.ToolArguments(0, call, use.piece));
                    }
                }
                case "citation" -> citation(value.raw());
                default -> batch.add(new Event.Other(0, name, value.raw()));
            }
        }
    }

    /// As a list, because lists add up.
    private void citation(Slice json) {
        Slice list = new JsonOut().beginArray().json(json).endArray().slice();
        batch.add(new Event.Other(0, "citations", list));
    }

    private interface Member {
        void read(String name, JsonCursor value);
    }

    private void members(Slice object, Member member) {
        JsonCursor.read(
                object,
                where,
                cursor -> {
                    cursor.object(name -> member.read(name, cursor));
                    return true;
                });
    }

    private static final class ToolUse {
        private String id = "";
        private String name = "";
        private String piece = "";
        private Slice input = Slice.EMPTY;
        private boolean server;

        void member(String member, JsonCursor value) {
            switch (member) {
                case "toolUseId" -> id = value.text();
                case "name" -> name = value.text();
                case "input" -> {
                    piece = value.isText() ? value.text() : "";
                    input = value.raw();
                }
                case "type" -> server = !value.textOrEmpty().isEmpty();
                default -> value.skip();
            }
        }
    }

    private final class Whole {
        private final JsonCursor cursor;
        private final List<Event> used = new ArrayList<>();
        private String reason = "";

        Whole(JsonCursor cursor) {
            this.cursor = cursor;
        }

        void read() {
            cursor.object(name -> {
                switch (name) {
                    case "output" ->
                            cursor.object(output -> {
                                if (output.equals("message")) {
                                    cursor.object(this::message);
                                } else {
                                    cursor.skip();
                                }
                            });
                    case "stopReason" -> reason = cursor.text();
                    case "usage" -> used.add(new Event.Used(usage(cursor)));
                    case "metrics" -> cursor.skip();
                    default -> used.add(new Event.Other(0, name, cursor.raw()));
                }
            });
            if (!reason.isEmpty()) {
                finish(reason);
            }
            batch.addAll(used);
        }

        private void message(String name) {
            if (name.equals("content")) {
                cursor.array(() -> cursor.object(this::block));
            } else {
                cursor.skip();
            }
        }

        private void block(String name) {
            switch (name) {
                case "text" -> text(cursor.text());
                case "toolUse" -> call();
                case "citationsContent" ->
                        cursor.object(member -> {
                            switch (member) {
                                case "content" -> cursor.array(() -> cursor.object(this::block));
                                case "citations" -> cursor.array(() -> citation(cursor.raw()));
                                default -> cursor.skip();
                            }
                        });
                case "reasoningContent" -> {
                    cursor.object(kind -> {
                        switch (kind) {
                            case "reasoningText" ->
                                    cursor.object(member -> {
                                        switch (member) {
                                            case "text" -> thought(cursor.text());
                                            case "signature" ->
                                                    signature.append(cursor.textOrEmpty());
                                            default -> cursor.skip();
                                        }
                                    });
                            case "redactedContent" -> redacted.append(cursor.text());
                            default -> cursor.skip();
                        }
                    });
                    seal();
                }
                default -> batch.add(new Event.Other(0, name, cursor.raw()));
            }
        }

        private void call() {
            Slice whole = cursor.raw();
            ToolUse use = new ToolUse();
            members(whole, use::member);
            if (use.server) {
                batch.add(new Event.Other(0, "toolUse", whole));
                return;
            }
            int index = count++;
            batch.add(new Event.ToolCallStarted(0, index, use.id, use.name));
            batch.add(new Event.ToolArguments(0, index, use.input.text()));
            batch.add(new Event.ToolCallEnded(0, index));
        }
    }

    private static Usage usage(JsonCursor cursor) {
        Map<String, Long> counts = new HashMap<>();
        Extras.Builder extras = new Extras.Builder();
        cursor.object(name -> {
            if (cursor.isNumber()) {
                counts.put(name, cursor.integer());
            } else if (!cursor.isNull()) {
                extras.put(name, cursor.raw());
            }
        });
        long read = counts.getOrDefault("cacheReadInputTokens", 0L);
        long written = counts.getOrDefault("cacheWriteInputTokens", 0L);
        Long fresh = counts.get("inputTokens");
        return new Usage(
                fresh == null ? OptionalLong.empty() : OptionalLong.of(fresh + read + written),
                count(counts, "outputTokens"),
                count(counts, "cacheReadInputTokens"),
                count(counts, "cacheWriteInputTokens"),
                OptionalLong.empty(),
                extras.build());
    }

    private static OptionalLong count(Map<String, Long> counts, String name) {
        Long count = counts.get(name);
        return count == null ? OptionalLong.empty() : OptionalLong.of(count);
    }
}
