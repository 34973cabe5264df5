package dev.backplane.gateway.dialect.gemini;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Signature;
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
import java.util.TreeMap;
import java.util.UUID;

/// Reads answers, whole or piece by piece, into events: a stream is answers that follow each other,
/// and each counts the tokens anew. For one answer and one thread.
public final class GenerateReader {
    private final Events events;
    private final String where;
    private final List<Event> batch = new ArrayList<>();
    private final Map<Integer, State> candidates = new TreeMap<>();
    private final Extras.Builder extras = new Extras.Builder();
    private Usage usage = Usage.UNKNOWN;
    private boolean started;
    private String id = "";
    private String model = "";

    private static final class State {
        private int calls;
        private boolean finished;
    }

    public GenerateReader(Events events, String where) {
        this.events = events;
        this.where = where;
    }

    /// Takes an answer or a piece of one.
    ///
    /// @throws Problem `UNAVAILABLE` if it is neither, or what error it is
    public void read(Slice json) throws IOException {
        Piece piece = new Piece();
        try {
            JsonCursor.read(json, where, piece::read);
        } catch (Problem garbage) {
            throw Problem.unavailable("provider sent what is no answer: " + garbage.what(), where)
                    .fix("check that the address is that of Gemini's API")
                    .causedBy(garbage);
        }
        if (!piece.error.isEmpty()) {
            throw Errors.read(piece.error, where);
        }
        for (Event event : batch) {
            events.on(event);
        }
        batch.clear();
    }

    /// What has been counted so far.
    public Usage usage() {
        return usage;
    }

    /// Nothing more comes.
    ///
    /// @return whether the answer was complete
    public boolean end() throws IOException {
        boolean complete =
                !candidates.isEmpty()
                        && candidates.values().stream().allMatch(state -> state.finished);
        if (complete) {
            events.on(new Event.Used(usage));
        }
        return complete;
    }

    private State state(int index) {
        return candidates.computeIfAbsent(index, _ -> new State());
    }

    /// @param word Google's
    private void finish(int index, String word) {
        State state = state(index);
        if (state.finished) {
            return;
        }
        state.finished = true;
        FinishReason reason =
                switch (word) {
                    case "STOP" -> state.calls > 0 ? FinishReason.TOOL_CALLS : FinishReason.STOP;
                    case "MAX_TOKENS" -> FinishReason.LENGTH;
                    case "SAFETY",
                            "RECITATION",
                            "LANGUAGE",
                            "BLOCKLIST",
                            "PROHIBITED_CONTENT",
                            "SPII",
                            "IMAGE_SAFETY",
                            "IMAGE_PROHIBITED_CONTENT",
                            "IMAGE_RECITATION",
                            "MODEL_ARMOR" ->
                            FinishReason.FILTERED;
                    default -> FinishReason.OTHER;
                };
        batch.add(new Event.Finished(index, reason, word));
    }

    private final class Piece {
        private final List<Slice> found = new ArrayList<>();
        private String blocked = "";
        private Slice error = Slice.EMPTY;

        boolean read(JsonCursor cursor) {
            cursor.object(name -> {
                switch (name) {
                    case "candidates" -> cursor.array(() -> found.add(cursor.raw()));
                    case "responseId" -> id = cursor.text();
                    case "modelVersion" -> model = cursor.text();
                    case "usageMetadata" -> usage = usage(cursor);
                    case "promptFeedback" -> feedback(cursor);
                    case "error" -> error = cursor.raw();
                    default -> extras.put(name, cursor.raw());
                }
            });
            if (!started && error.isEmpty()) {
                started = true;
                batch.add(new Event.Started(id, model, 0, extras.build()));
            }
            for (Slice candidate : found) {
                int index = JsonCursor.read(candidate, where, GenerateReader::index);
                JsonCursor.read(candidate, where, inner -> new Candidate(inner, index).read());
            }
            if (!blocked.isEmpty()) {
                state(0);
                candidates.keySet().forEach(index -> finish(index, blocked));
            }
            return true;
        }

        private void feedback(JsonCursor cursor) {
            Slice whole = cursor.raw();
            extras.put("promptFeedback", whole);
            members(
                    whole,
                    (name, value) -> {
                        if (name.equals("blockReason")) {
                            blocked = value.text();
                        } else {
                            value.skip();
                        }
                    });
        }
    }

    /// It may come after the rest, hence the second look.
    private static int index(JsonCursor cursor) {
        int[] index = {0};
        cursor.object(name -> {
            if (name.equals("index")) {
                index[0] = Math.toIntExact(cursor.integer());
            } else {
                cursor.skip();
            }
        });
        return index[0];
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

    private final class Candidate {
        private final JsonCursor cursor;
        private final int index;
        private String finish = "";

        Candidate(JsonCursor cursor, int index) {
            this.cursor = cursor;
            this.index = index;
            state(index);
        }

        boolean read() {
            cursor.object(name -> {
                switch (name) {
                    case "index" -> cursor.skip();
                    case "content" ->
                            cursor.object(member -> {
                                if (member.equals("parts")) {
                                    cursor.array(this::part);
                                } else {
                                    cursor.skip();
                                }
                            });
                    case "finishReason" -> finish = cursor.text();
                    case "logprobsResult" ->
                            batch.add(
                                    new Event.Logprobs(index, Logprobs.read(cursor.raw(), where)));
                    default -> batch.add(new Event.Other(index, name, cursor.raw()));
                }
            });
            if (!finish.isEmpty()) {
                finish(index, finish);
            }
            return true;
        }

        private void part() {
            String[] texts = {"", ""};
            boolean[] thought = {false};
            Slice[] call = {Slice.EMPTY};
            List<Event> others = new ArrayList<>();
            cursor.object(name -> {
                switch (name) {
                    case "text" -> texts[0] = cursor.text();
                    case "thought" -> thought[0] = cursor.flag();
                    case "thoughtSignature" -> texts[1] = cursor.text();
                    case "functionCall" -> call[0] = cursor.raw();
                    default -> others.add(new Event.Other(index, name, cursor.raw()));
                }
            });
            if (thought[0] && !texts[0].isEmpty()) {
                batch.add(new Event.ReasoningDelta(index, texts[0]));
            }
            if (!texts[1].isEmpty()) {
                String signature = Signature.GEMINI.mark(texts[1]);
                batch.add(new Event.ReasoningSealed(index, signature, ""));
            }
            if (!thought[0] && !texts[0].isEmpty()) {
                batch.add(new Event.TextDelta(index, texts[0]));
            }
            if (!call[0].isEmpty()) {
                call(call[0]);
            }
            batch.addAll(others);
        }

        /// Comes in one piece. Older models give their calls no id.
        private void call(Slice json) {
            String[] texts = {"", ""};
            Slice[] arguments = {Slice.of("{}")};
            members(
                    json,
                    (name, value) -> {
                        switch (name) {
                            case "id" -> texts[0] = value.text();
                            case "name" -> texts[1] = value.text();
                            case "args" -> arguments[0] = value.raw();
                            default -> value.skip();
                        }
                    });
            String call = texts[0].isEmpty() ? "call_" + UUID.randomUUID() : texts[0];
            int number = state(index).calls++;
            batch.add(new Event.ToolCallStarted(index, number, call, texts[1]));
            batch.add(new Event.ToolArguments(index, number, arguments[0].text()));
            batch.add(new Event.ToolCallEnded(index, number));
        }
    }

    static Usage usage(JsonCursor cursor) {
        Map<String, Long> counts = new HashMap<>();
        Extras.Builder others = new Extras.Builder();
        cursor.object(name -> {
            if (cursor.isNumber()) {
                counts.put(name, cursor.integer());
            } else if (!cursor.isNull()) {
                others.put(name, cursor.raw());
            }
        });
        return new Usage(
                sum(counts, "promptTokenCount", "toolUsePromptTokenCount"),
                sum(counts, "candidatesTokenCount", "thoughtsTokenCount"),
                sum(counts, "cachedContentTokenCount"),
                OptionalLong.empty(),
                sum(counts, "thoughtsTokenCount"),
                others.build());
    }

    /// Of those that were said; a count of 0 is often left out.
    private static OptionalLong sum(Map<String, Long> counts, String... names) {
        OptionalLong sum = OptionalLong.empty();
        for (String name : names) {
            if (counts.containsKey(name)) {
                sum = OptionalLong.of(sum.orElse(0) + counts.getOrDefault(name, 0L));
            }
        }
        return sum;
    }

    /// `{"chosenCandidates":[TOKEN…],"topCandidates":[{"candidates":[TOKEN…]}…]}` in OpenAI's form.
    private static final class Logprobs {
        private final List<Slice> chosen = new ArrayList<>();
        private final List<List<Slice>> top = new ArrayList<>();

        static Slice read(Slice json, String where) {
            Logprobs logprobs = new Logprobs();
            JsonCursor.read(json, where, logprobs::members);
            JsonOut out = new JsonOut().beginObject().name("content").beginArray();
            for (int i = 0; i < logprobs.chosen.size(); i++) {
                out.beginObject();
                token(out, logprobs.chosen.get(i), where);
                out.name("top_logprobs").beginArray();
                for (Slice other : logprobs.top(i)) {
                    token(out.beginObject(), other, where);
                    out.endObject();
                }
                out.endArray().endObject();
            }
            return out.endArray().endObject().slice();
        }

        private List<Slice> top(int step) {
            return step < top.size() ? top.get(step) : List.of();
        }

        private boolean members(JsonCursor cursor) {
            cursor.object(name -> {
                switch (name) {
                    case "chosenCandidates" -> cursor.array(() -> chosen.add(cursor.raw()));
                    case "topCandidates" ->
                            cursor.array(() -> {
                                List<Slice> step = new ArrayList<>();
                                cursor.object(_ -> cursor.array(() -> step.add(cursor.raw())));
                                top.add(step);
                            });
                    default -> cursor.skip();
                }
            });
            return true;
        }

        private static void token(JsonOut out, Slice token, String where) {
            JsonCursor.read(
                    token,
                    where,
                    cursor -> {
                        cursor.object(name -> {
                            switch (name) {
                                case "token" -> out.name("token").text(cursor.text());
                                case "logProbability" -> out.name("logprob").json(cursor.raw());
                                default -> cursor.skip();
                            }
                        });
                        return true;
                    });
            out.name("bytes").literal("null");
        }
    }
}
