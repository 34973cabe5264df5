package dev.backplane.gateway.dialect.anthropic;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Arguments;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Usage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Reads answers, whole or as the events of a stream, into events. A whole answer is read as the
/// stream that it would have been. For one answer and one thread.
public final class AnswerReader {
    private static final Set<String> HEAD =
            Set.of(
                    "id",
                    "type",
                    "role",
                    "model",
                    "content",
                    "stop_reason",
                    "stop_sequence",
                    "usage");

    private final Events events;
    private final List<Event> batch = new ArrayList<>();
    private final Usages usages = new Usages();
    private final Map<Long, Block> blocks = new HashMap<>();
    private int calls;
    private int place = -1;
    private boolean inText;
    private boolean finished;

    /// A block while it comes.
    private static final class Block {
        private final String type;
        private final Slice start;
        private final int call;
        private final StringBuilder input = new StringBuilder();
        private String signature = "";
        private String redacted = "";
        private int citations;

        Block(String type, Slice start, int call) {
            this.type = type;
            this.start = start;
            this.call = call;
        }
    }

    public AnswerReader(Events events) {
        this.events = events;
    }

    /// Takes an answer, or the data of an event of a stream. What is of no known type means nothing
    /// here: the dialect adds events without notice.
    ///
    /// @throws Problem the provider's error if it is one, `UNAVAILABLE` if it is neither
    public void read(Slice json, String where) throws IOException {
        batch.clear();
        String type;
        try {
            Members event = Members.of(json, where);
            type = event.text("type");
            switch (type) {
                case "message" -> message(event);
                case "message_start" -> start(event.object("message"));
                case "content_block_start" ->
                        block(index(event), event.raw("content_block"), where);
                case "content_block_delta" -> delta(index(event), event.object("delta"));
                case "content_block_stop" -> stop(index(event));
                case "message_delta" -> {
                    usages.read(event.object("usage"));
                    finish(event.object("delta"));
                }
                default -> {}
            }
        } catch (Problem garbage) {
            throw Problem.unavailable("provider sent what is no answer: " + garbage.what(), where)
                    .fix("check that the address is that of a model's API")
                    .causedBy(garbage);
        }
        if (type.equals("error")) {
            throw Errors.read(json, 0, where);
        }
        for (Event event : batch) {
            events.on(event);
        }
    }

    /// What has been counted so far: a stream counts its input at its start.
    public Usage usage() {
        return usages.usage();
    }

    /// Whether an answer came, and to its end.
    public boolean complete() {
        return finished;
    }

    private static long index(Members event) {
        return event.integer("index").orElse(0);
    }

    private void message(Members message) {
        start(message);
        long index = 0;
        for (Slice content : message.array("content")) {
            block(index, content, "content");
            stop(index++);
        }
        finish(message);
    }

    private void start(Members message) {
        usages.read(message.object("usage"));
        Extras.Builder extras = new Extras.Builder();
        message.values()
                .forEach((name, json) -> {
                    if (!HEAD.contains(name) && !Names.ENDS.contains(name)) {
                        extras.put(name, json);
                    }
                });
        batch.add(new Event.Started(message.text("id"), message.text("model"), 0, extras.build()));
    }

    private void block(long index, Slice json, String where) {
        Members block = Members.of(json, where);
        String type = block.text("type");
        Block begun = new Block(type, json, type.equals("tool_use") ? calls++ : -1);
        blocks.put(index, begun);
        switch (type) {
            case "text" -> {
                text(block.text("text"));
                block.array("citations").forEach(citation -> citation(begun, citation));
            }
            case "thinking" -> {
                begun.signature = block.text("signature");
                thought(block.text("thinking"));
            }
            case "redacted_thinking" -> begun.redacted = block.text("data");
            case "tool_use" -> {
                next();
                batch.add(
                        new Event.ToolCallStarted(
                                0, begun.call, block.text("id"), block.text("name")));
            }
            default -> {}
        }
    }

    private void delta(long index, Members delta) {
        Block block = blocks.get(index);
        if (block == null) {
            throw Problem.invalid("a piece of a block that did not begin", "content");
        }
        switch (delta.text("type")) {
            case "text_delta" -> text(delta.text("text"));
            case "thinking_delta" -> thought(delta.text("thinking"));
            case "signature_delta" -> block.signature += delta.text("signature");
            case "citations_delta" -> citation(block, delta.raw("citation"));
            case "input_json_delta" -> {
                String piece = delta.text("partial_json");
                block.input.append(piece);
                if (block.call >= 0 && !piece.isEmpty()) {
                    batch.add(new Event.ToolArguments(0, block.call, piece));
                }
            }
            default -> {}
        }
    }

    private void stop(long index) {
        Block block = blocks.remove(index);
        if (block == null) {
            return;
        }
        switch (block.type) {
            case "text" -> {}
            case "thinking" -> sealed(block.signature, "");
            case "redacted_thinking" -> sealed("", block.redacted);
            case "tool_use" -> {
                if (block.input.isEmpty()) {
                    Slice input = Members.of(block.start, "content").raw("input");
                    batch.add(
                            new Event.ToolArguments(
                                    0, block.call, input.isEmpty() ? "{}" : input.text()));
                }
                batch.add(new Event.ToolCallEnded(0, block.call));
            }
            default -> {
                next();
                batch.add(new Event.Other(0, "content[" + place + "]", whole(block)));
            }
        }
    }

    /// A block of another type, with the input that came in pieces.
    private static Slice whole(Block block) {
        if (block.input.isEmpty()) {
            return block.start;
        }
        JsonOut out = new JsonOut().beginObject();
        Members.of(block.start, "content")
                .values()
                .forEach((name, json) -> {
                    if (!name.equals("input")) {
                        out.name(name).json(json);
                    }
                });
        Slice input = Arguments.object(block.input.toString());
        return out.name("input").json(input).endObject().slice();
    }

    private void text(String text) {
        if (!text.isEmpty()) {
            inText();
            batch.add(new Event.TextDelta(0, text));
        }
    }

    private void thought(String text) {
        if (!text.isEmpty()) {
            inText = false;
            batch.add(new Event.ReasoningDelta(0, text));
        }
    }

    private void sealed(String signature, String redacted) {
        next();
        batch.add(new Event.ReasoningSealed(0, signature, redacted));
    }

    private void citation(Block block, Slice citation) {
        inText();
        String path = "content[" + place + "].citations[" + block.citations++ + "]";
        batch.add(new Event.Other(0, path, citation));
    }

    private void inText() {
        if (!inText) {
            next();
            inText = true;
        }
    }

    private void next() {
        place++;
        inText = false;
    }

    private void finish(Members end) {
        if (!end.has("stop_reason") || finished) {
            return;
        }
        finished = true;
        for (String name : Names.ENDS) {
            if (end.has(name)) {
                batch.add(new Event.Other(0, name, end.raw(name)));
            }
        }
        String word = end.text("stop_reason");
        String sequence = end.text("stop_sequence");
        batch.add(
                new Event.Finished(
                        0, Names.reason(word), word.equals("stop_sequence") ? sequence : word));
        batch.add(new Event.Used(usages.usage()));
    }
}
