package dev.backplane.gateway.dialect.ollama;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Arguments;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.json.OneLine;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.model.Usage;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.TreeMap;

/// Writes answers, as they come or whole. A stream is an object a line, the last of which has
/// `done: true`, how the answer ended and what it took. Tool calls are not streamed in this
/// dialect: each is one line when it is complete. There is one answer: the first choice.
public final class AnswerWriter implements Events {
    private final OutputStream out;
    private final boolean chat;
    private final String model;
    private final Timing timing;
    private final Map<Integer, Call> calls = new TreeMap<>();
    private FinishReason reason = FinishReason.OTHER;
    private String word = "";
    private Usage usage = Usage.UNKNOWN;

    private record Call(String id, String name, StringBuilder arguments) {}

    /// @param chat whether it answers `/api/chat` or `/api/generate`
    /// @param model as the client named it
    public AnswerWriter(OutputStream out, boolean chat, String model, Timing timing) {
        this.out = out;
        this.chat = chat;
        this.model = model;
        this.timing = timing;
    }

    @Override
    public void on(Event event) throws IOException {
        switch (event) {
            case Event.Started _ -> {}
            case Event.TextDelta(int choice, String text) when choice == 0 -> text(text);
            case Event.RefusalDelta(int choice, String text) when choice == 0 -> text(text);
            case Event.ReasoningDelta(int choice, String text) when choice == 0 ->
                    line(begin("", text));
            case Event.ToolCallStarted(int choice, int index, String id, String name)
                    when choice == 0 ->
                    calls.put(index, new Call(id, name, new StringBuilder()));
            case Event.ToolArguments(int choice, int index, String piece) when choice == 0 ->
                    arguments(index, piece);
            case Event.ToolCallEnded(int choice, int index) when choice == 0 -> {
                Call call = calls.remove(index);
                if (call != null) {
                    call(index, call);
                }
            }
            case Event.Logprobs(int choice, Slice json) when choice == 0 -> {
                JsonOut line = begin("", "");
                logprobs(endMessage(line), json);
                send(line.name("done").literal("false"));
            }
            case Event.Finished(int choice, FinishReason why, String said) when choice == 0 -> {
                for (Map.Entry<Integer, Call> call : calls.entrySet()) {
                    call(call.getKey(), call.getValue());
                }
                calls.clear();
                reason = why;
                word = said;
            }
            case Event.Used(Usage counted) -> usage = counted;
            case Event.TextDelta _,
                    Event.RefusalDelta _,
                    Event.ReasoningDelta _,
                    Event.ReasoningSealed _,
                    Event.ToolCallStarted _,
                    Event.ToolArguments _,
                    Event.ToolCallEnded _,
                    Event.ToolMember _,
                    Event.Logprobs _,
                    Event.Other _,
                    Event.Finished _ -> {}
        }
    }

    private void text(String text) throws IOException {
        line(begin(text, ""));
    }

    private void arguments(int index, String piece) {
        Call call = calls.get(index);
        if (call == null) {
            throw new IllegalArgumentException("arguments of a call that was not started");
        }
        call.arguments.append(piece);
    }

    private void call(int index, Call call) throws IOException {
        JsonOut line = begin("", "");
        if (chat) {
            line.name("tool_calls").beginArray();
            call(line, index, call.id, call.name, call.arguments.toString());
            line.endArray();
        }
        line(line);
    }

    private static void call(JsonOut out, int index, String id, String name, String arguments) {
        out.beginObject();
        if (!id.isEmpty() && !id.startsWith(Names.UNNAMED)) {
            out.name("id").text(id);
        }
        out.name("function").beginObject().name("index").literal("" + index);
        out.name("name").text(name).name("arguments").json(Arguments.object(arguments));
        out.endObject().endObject();
    }

    private static void logprobs(JsonOut out, Slice json) {
        Slice content = Members.of(json, "logprobs").raw("content");
        if (!content.isEmpty()) {
            out.name("logprobs").json(content);
        }
    }

    /// Up to the end of the message, which may still get tool calls.
    private JsonOut begin(String text, String thinking) {
        timing.answering();
        JsonOut line = new JsonOut().beginObject().name("model").text(model);
        line.name("created_at").text(timing.now());
        if (chat) {
            line.name("message").beginObject().name("role").text("assistant");
        }
        line.name(chat ? "content" : "response").text(text);
        if (!thinking.isEmpty()) {
            line.name("thinking").text(thinking);
        }
        return line;
    }

    private JsonOut endMessage(JsonOut line) {
        return chat ? line.endObject() : line;
    }

    private void line(JsonOut line) throws IOException {
        send(endMessage(line).name("done").literal("false"));
    }

    private void send(JsonOut line) throws IOException {
        OneLine.write(line.endObject().slice(), out);
        out.write('\n');
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    /// After the last event.
    public void done() throws IOException {
        JsonOut line = endMessage(begin("", ""));
        end(line, Names.word(reason, word), usage);
        send(line);
        out.flush();
    }

    private void end(JsonOut line, String why, Usage counted) {
        line.name("done").literal("true").name("done_reason").text(why);
        timing.write(line, counted);
    }

    /// Instead of the rest: the answer has failed.
    public void failed(Problem problem) throws IOException {
        Errors.write(problem).writeTo(out);
        out.write('\n');
        out.flush();
    }

    /// The answer to a request that asks nothing.
    ///
    /// @param why `load` or `unload`
    public void nothing(String why) throws IOException {
        JsonOut line = endMessage(begin("", ""));
        send(line.name("done").literal("true").name("done_reason").text(why));
        out.flush();
    }

    /// All of it in one object.
    public void whole(Answer answer) throws IOException {
        StringBuilder text = new StringBuilder();
        StringBuilder thoughts = new StringBuilder();
        JsonOut tools = new JsonOut().beginArray();
        int count = 0;
        Slice logprobs = Slice.EMPTY;
        if (!answer.choices().isEmpty()) {
            Answer.Choice choice = answer.choices().getFirst();
            reason = choice.reason();
            word = choice.word();
            logprobs = choice.logprobs();
            for (Part part : choice.parts()) {
                if (part instanceof Part.Text said) {
                    text.append(said.text());
                } else if (part instanceof Part.Refusal refusal) {
                    text.append(refusal.text());
                } else if (part instanceof Part.Reasoning thought) {
                    thoughts.append(thought.text());
                } else if (part instanceof Part.ToolCall call) {
                    call(tools, count++, call.id(), call.name(), call.arguments());
                }
            }
        }
        JsonOut line = begin(text.toString(), thoughts.toString());
        if (chat && count > 0) {
            line.name("tool_calls").json(tools.endArray().slice());
        }
        endMessage(line);
        if (!logprobs.isEmpty()) {
            logprobs(line, logprobs);
        }
        end(line, Names.word(reason, word), answer.usage());
        send(line);
    }
}
