package dev.backplane.gateway.dialect.ollama;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.Usage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/// Reads answers to chats and to raw prompts into events: lines of a stream, or the one object of
/// an answer in one piece. For one answer and one thread.
public final class AnswerReader {
    private static final Set<String> KNOWN =
            Set.of(
                    "model",
                    "created_at",
                    "message",
                    "response",
                    "thinking",
                    "done",
                    "done_reason",
                    "logprobs",
                    "prompt_eval_count",
                    "eval_count");

    private final Events events;
    private final List<Event> batch = new ArrayList<>();
    private boolean started;
    private int calls;
    private boolean finished;

    public AnswerReader(Events events) {
        this.events = events;
    }

    /// Takes an object.
    ///
    /// @throws Problem the provider's error if it is one, `UNAVAILABLE` if it is no answer
    public void read(Slice line, String where) throws IOException {
        batch.clear();
        boolean failed;
        try {
            Members object = Members.of(line, where);
            failed = object.has("error");
            if (!failed) {
                answer(object);
            }
        } catch (Problem garbage) {
            throw Problem.unavailable("provider sent what is no answer: " + garbage.what(), where)
                    .fix("check that the address is that of a model's API")
                    .causedBy(garbage);
        }
        if (failed) {
            throw Errors.read(line, 500, where);
        }
        for (Event event : batch) {
            events.on(event);
        }
    }

    /// Whether an answer came, and to its end.
    public boolean complete() {
        return finished;
    }

    private void answer(Members object) {
        if (!started) {
            started = true;
            batch.add(new Event.Started("", object.text("model"), 0, Extras.NONE));
        }
        Members message = object.object("message");
        for (Members from : List.of(object, message)) {
            if (!from.text("thinking").isEmpty()) {
                batch.add(new Event.ReasoningDelta(0, from.text("thinking")));
            }
        }
        for (String text : List.of(object.text("response"), message.text("content"))) {
            if (!text.isEmpty()) {
                batch.add(new Event.TextDelta(0, text));
            }
        }
        message.array("tool_calls").forEach(this::call);
        if (object.has("logprobs")) {
            JsonOut json = new JsonOut().beginObject().name("content");
            batch.add(new Event.Logprobs(0, json.json(object.raw("logprobs")).endObject().slice()));
        }
        if (object.flag("done")) {
            finish(object);
        }
    }

    private void call(Slice json) {
        Members call = Members.of(json, "tool_calls");
        Members function = call.object("function");
        int index = calls++;
        String id = call.has("id") ? call.text("id") : Names.UNNAMED + index;
        Slice arguments = function.raw("arguments");
        batch.add(new Event.ToolCallStarted(0, index, id, function.text("name")));
        batch.add(new Event.ToolArguments(0, index, arguments.isEmpty() ? "{}" : arguments.text()));
        batch.add(new Event.ToolCallEnded(0, index));
    }

    /// After tool calls the dialect says `stop`, too.
    private void finish(Members object) {
        if (finished) {
            return;
        }
        finished = true;
        String word = object.text("done_reason");
        FinishReason reason = Names.reason(word);
        batch.add(
                calls > 0 && reason == FinishReason.STOP
                        ? new Event.Finished(0, FinishReason.TOOL_CALLS, "")
                        : new Event.Finished(0, reason, word));
        Extras.Builder extras = new Extras.Builder();
        object.values()
                .forEach((name, json) -> {
                    if (!KNOWN.contains(name)) {
                        extras.put(name, json);
                    }
                });
        batch.add(
                new Event.Used(
                        new Usage(
                                object.integer("prompt_eval_count"),
                                object.integer("eval_count"),
                                OptionalLong.empty(),
                                OptionalLong.empty(),
                                OptionalLong.empty(),
                                extras.build())));
    }
}
