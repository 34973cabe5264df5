package dev.backplane.gateway.model;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A whole answer: the fold of its [Event]s.
public record Answer(
        String id,
        String model,
        long createdSeconds,
        List<Choice> choices,
        Usage usage,
        Extras extras) {
    /// @param finished whether a [Event.Finished] came; if not, the answer was cut off
    /// @param logprobs in OpenAI's form, all pieces joined; or empty
    public record Choice(
            int index,
            List<Part> parts,
            boolean finished,
            FinishReason reason,
            String word,
            Slice logprobs,
            Extras extras) {
        public Choice {
            parts = List.copyOf(parts);
        }

        /// All text joined.
        public String text() {
            return new Message(Message.Role.ASSISTANT, parts, "", Extras.NONE).text();
        }
    }

    public Answer {
        choices = List.copyOf(choices);
    }

    /// Folds events. What it has built is an answer at any time, also of a stream that broke.
    public static final class Builder implements Events {
        private Event.Started started = new Event.Started("", "", 0, Extras.NONE);
        private Usage usage = Usage.UNKNOWN;
        private final Map<Integer, ChoiceBuilder> choices = new TreeMap<>();

        @Override
        public void on(Event event) {
            switch (event) {
                case Event.Started first -> started = first;
                case Event.Used(Usage counted) -> usage = counted;
                case Event.TextDelta(int choice, String text) ->
                        choice(choice).append(Kind.TEXT, text);
                case Event.ReasoningDelta(int choice, String text) ->
                        choice(choice).append(Kind.REASONING, text);
                case Event.RefusalDelta(int choice, String text) ->
                        choice(choice).append(Kind.REFUSAL, text);
                case Event.ReasoningSealed(int choice, String signature, String redacted) ->
                        choice(choice).seal(signature, redacted);
                case Event.ToolCallStarted(int choice, int index, String id, String name) ->
                        choice(choice).call(index, id, name);
                case Event.ToolArguments(int choice, int index, String piece) ->
                        choice(choice).arguments(index, piece);
                case Event.ToolCallEnded _ -> {}
                case Event.ToolMember(int choice, int index, String name, Slice json) ->
                        choice(choice).member(index, name, json);
                case Event.Logprobs(int choice, Slice json) -> choice(choice).logprobs.add(json);
                case Event.Other other -> choice(other.choice()).other(other);
                case Event.Finished(int choice, FinishReason reason, String word) ->
                        choice(choice).finish(reason, word);
            }
        }

        /// One answer, when it is finished.
        public Choice finished(int index) {
            return choice(index).build();
        }

        private ChoiceBuilder choice(int index) {
            return choices.computeIfAbsent(index, ChoiceBuilder::new);
        }

        public Answer build() {
            return new Answer(
                    started.id(),
                    started.model(),
                    started.createdSeconds(),
                    choices.values().stream().map(ChoiceBuilder::build).toList(),
                    usage,
                    started.extras());
        }
    }

    private enum Kind {
        NONE,
        TEXT,
        REASONING,
        REFUSAL
    }

    private static final class CallBuilder {
        private final String id;
        private final String name;
        private final StringBuilder arguments = new StringBuilder();
        private final int place;

        CallBuilder(String id, String name, int place) {
            this.id = id;
            this.name = name;
            this.place = place;
        }
    }

    private static final class ChoiceBuilder {
        private final int index;
        private final List<Part> parts = new ArrayList<>();
        private final Map<Integer, CallBuilder> calls = new TreeMap<>();
        private final Map<Integer, Extras.Builder> members = new HashMap<>();
        private final List<Slice> logprobs = new ArrayList<>();
        private final Map<String, List<Slice>> others = new LinkedHashMap<>();
        private final StringBuilder text = new StringBuilder();
        private Kind kind = Kind.NONE;
        private boolean finished;
        private FinishReason reason = FinishReason.OTHER;
        private String word = "";

        ChoiceBuilder(int index) {
            this.index = index;
        }

        void append(Kind next, String piece) {
            if (next != kind) {
                close("", "");
                kind = next;
            }
            text.append(piece);
        }

        void seal(String signature, String redacted) {
            if (kind != Kind.REASONING) {
                close("", "");
                kind = Kind.REASONING;
            }
            close(signature, redacted);
        }

        void other(Event.Other other) {
            if (other.isElement()) {
                close("", "");
            }
            others.computeIfAbsent(other.name(), _ -> new ArrayList<>()).add(other.json());
        }

        private void close(String signature, String redacted) {
            String piece = text.toString();
            text.setLength(0);
            switch (kind) {
                case NONE -> {}
                case TEXT -> parts.add(new Part.Text(piece));
                case REASONING ->
                        parts.add(new Part.Reasoning(piece, signature, redacted, Extras.NONE));
                case REFUSAL -> parts.add(new Part.Refusal(piece, Extras.NONE));
            }
            kind = Kind.NONE;
        }

        void call(int call, String id, String name) {
            close("", "");
            calls.put(call, new CallBuilder(id, name, parts.size()));
            parts.add(new Part.ToolCall(id, name, "", Extras.NONE));
        }

        void arguments(int call, String piece) {
            CallBuilder builder = calls.get(call);
            if (builder == null) {
                throw new IllegalArgumentException("arguments of a call that was not started");
            }
            builder.arguments.append(piece);
        }

        void member(int call, String name, Slice json) {
            members.computeIfAbsent(call, _ -> new Extras.Builder()).put(name, json);
        }

        void finish(FinishReason why, String said) {
            finished = true;
            reason = why;
            word = said;
        }

        Choice build() {
            close("", "");
            List<Part> whole = new ArrayList<>(parts);
            calls.forEach((number, call) -> {
                Extras more = members.getOrDefault(number, new Extras.Builder()).build();
                whole.set(
                        call.place,
                        new Part.ToolCall(call.id, call.name, call.arguments.toString(), more));
            });
            Extras.Builder extras = new Extras.Builder();
            others.forEach((name, pieces) -> extras.put(name, Arrays.join(pieces)));
            return new Choice(
                    index, whole, finished, reason, word, Logprobs.join(logprobs), extras.build());
        }
    }

    /// A list that comes in pieces is all of them; of anything else the last counts.
    private static final class Arrays {
        private Arrays() {}

        /// One array of several; of anything else the last.
        static Slice join(List<Slice> pieces) {
            boolean arrays = pieces.stream().allMatch(piece -> piece.at(0) == '[');
            if (pieces.size() == 1 || !arrays) {
                return pieces.getLast();
            }
            JsonOut out = new JsonOut().beginArray();
            for (Slice piece : pieces) {
                JsonCursor.read(
                        piece,
                        "answer",
                        cursor -> {
                            cursor.array(() -> out.json(cursor.raw()));
                            return out;
                        });
            }
            return out.endArray().slice();
        }
    }

    private static final class Logprobs {
        private Logprobs() {}

        static Slice join(List<Slice> pieces) {
            if (pieces.size() < 2) {
                return pieces.isEmpty() ? Slice.EMPTY : pieces.getFirst();
            }
            JsonOut out = new JsonOut().beginObject();
            for (String member : List.of("content", "refusal")) {
                List<Slice> elements = new ArrayList<>();
                for (Slice piece : pieces) {
                    collect(piece, member, elements);
                }
                if (!elements.isEmpty()) {
                    out.name(member).beginArray();
                    elements.forEach(out::json);
                    out.endArray();
                }
            }
            return out.endObject().slice();
        }

        private static void collect(Slice piece, String member, List<Slice> elements) {
            JsonCursor.read(
                    piece,
                    "logprobs",
                    cursor -> {
                        cursor.object(name -> {
                            if (name.equals(member) && cursor.isArray()) {
                                cursor.array(() -> elements.add(cursor.raw()));
                            } else {
                                cursor.skip();
                            }
                        });
                        return true;
                    });
        }
    }
}
