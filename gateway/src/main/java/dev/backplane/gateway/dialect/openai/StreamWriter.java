package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.OneLine;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.Usage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Writes events as server-sent chunks, one each:
///
/// ```
/// data: {"id":"…","object":"chat.completion.chunk",…,"choices":[{"index":0,"delta":{…}}]}
///
/// data: [DONE]
/// ```
public final class StreamWriter implements Events {
    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END = "\n\n".getBytes(StandardCharsets.US_ASCII);

    private static final int NONE = -1;
    private static final int SHORT_BYTES = 100;

    private record Call(int choice, int index) {}

    /// All of a piece's chunk but the piece: a stream sends the same a thousand times.
    private record Frame(int choice, String name, byte[] before, byte[] after) {
        static final Frame NONE = new Frame(StreamWriter.NONE, "", new byte[0], new byte[0]);

        boolean isOf(int other, String member) {
            return choice == other && name.equals(member);
        }
    }

    private final OutputStream out;
    private final boolean chat;
    private final boolean withUsage;
    private final Set<Integer> begun = new HashSet<>();
    private final Set<Call> custom = new HashSet<>();
    private final Map<Integer, ThoughtDetails> thoughts = new HashMap<>();
    private String id;
    private String model = "";
    private long created;
    private Extras extras = Extras.NONE;
    private boolean extrasSaid = true;
    private Frame frame = Frame.NONE;

    /// @param chat whether chunks are those of chats or of completions
    /// @param id of the answer where the provider gives none
    /// @param withUsage whether the client asked for the count of tokens
    public StreamWriter(OutputStream out, boolean chat, String id, boolean withUsage) {
        this.out = out;
        this.chat = chat;
        this.id = id;
        this.withUsage = withUsage;
    }

    @Override
    public void on(Event event) throws IOException {
        details(event);
        switch (event) {
            case Event.Started started -> {
                id = started.id().isEmpty() ? id : started.id();
                model = started.model();
                created = started.createdSeconds();
                extras = started.extras();
                extrasSaid = extras.isEmpty();
                frame = Frame.NONE;
            }
            case Event.TextDelta(int choice, String text) ->
                    delta(choice, chat ? "content" : "text", text);
            case Event.ReasoningDelta(int choice, String text) ->
                    delta(choice, "reasoning_content", text);
            case Event.RefusalDelta(int choice, String text) -> delta(choice, "refusal", text);
            case Event.ReasoningSealed _, Event.ToolCallEnded _ -> {}
            case Event.ToolCallStarted(int choice, int index, String call, String name) -> {
                boolean free = custom.contains(new Call(choice, index));
                JsonOut json = beginCall(choice, index);
                json.name("id").text(call).name("type").text(free ? "custom" : "function");
                json.name(free ? "custom" : "function").beginObject().name("name").text(name);
                endCall(json.name(free ? "input" : "arguments").text("").endObject());
            }
            case Event.ToolArguments(int choice, int index, String piece) -> {
                boolean free = custom.contains(new Call(choice, index));
                JsonOut json = beginCall(choice, index).name(free ? "custom" : "function");
                json.beginObject().name(free ? "input" : "arguments").text(piece);
                endCall(json.endObject());
            }
            case Event.Logprobs(int choice, Slice logprobs) -> {
                JsonOut json = beginChoice(choice);
                emptyDelta(json);
                send(json.name("logprobs").json(logprobs).endObject().endArray().endObject());
            }
            case Event.ToolMember member -> member(member);
            case Event.Other(int choice, String name, Slice value) ->
                    send(endDelta(beginDelta(choice).name(name).json(value)));
            case Event.Finished(int choice, FinishReason reason, String word) -> {
                JsonOut json = beginChoice(choice);
                emptyDelta(json);
                json.name("finish_reason").text(Names.word(reason, word));
                send(json.endObject().endArray().endObject());
            }
            case Event.Used(Usage usage) -> usage(usage);
        }
    }

    private void details(Event event) throws IOException {
        int choice =
                switch (event) {
                    case Event.TextDelta(int of, String _) -> of;
                    case Event.ReasoningDelta(int of, String _) -> of;
                    case Event.ReasoningSealed(int of, String _, String _) -> of;
                    case Event.RefusalDelta(int of, String _) -> of;
                    case Event.ToolCallStarted(int of, int _, String _, String _) -> of;
                    case Event.Finished(int of, FinishReason _, String _) -> of;
                    case Event.Started _,
                            Event.ToolArguments _,
                            Event.ToolCallEnded _,
                            Event.ToolMember _,
                            Event.Logprobs _,
                            Event.Other _,
                            Event.Used _ ->
                            NONE;
                };
        boolean thoughtless = thoughts.isEmpty() && event instanceof Event.TextDelta;
        if (choice == NONE || !chat || thoughtless) {
            return;
        }
        Optional<Slice> detail =
                thoughts.computeIfAbsent(choice, _ -> new ThoughtDetails()).before(event);
        if (detail.isPresent()) {
            JsonOut json = beginDelta(choice).name(ReasoningDetails.NAME).beginArray();
            send(endDelta(json.json(detail.get()).endArray()));
        }
    }

    private void member(Event.ToolMember member) throws IOException {
        if (member.name().equals(CustomCall.TYPE)) {
            custom.add(new Call(member.choice(), member.index()));
        } else {
            JsonOut json = beginCall(member.choice(), member.index());
            endCall(json.name(member.name()).json(member.json()));
        }
    }

    private void usage(Usage usage) throws IOException {
        if (withUsage) {
            JsonOut json = begin().endArray();
            AnswerWriter.usage(usage).ifPresent(counts -> json.name("usage").json(counts));
            send(json.endObject());
        }
    }

    private void emptyDelta(JsonOut json) {
        if (chat) {
            json.name("delta").beginObject().endObject();
        } else {
            json.name("text").text("");
        }
    }

    private void delta(int choice, String name, String text) throws IOException {
        if (!frame.isOf(choice, name)) {
            if (!extrasSaid || (chat && !begun.contains(choice))) {
                send(endDelta(beginDelta(choice).name(name).text(text)));
                return;
            }
            frame = frame(choice, name);
        }
        out.write(frame.before());
        new JsonOut(text.length() + 2).text(text).slice().writeTo(out);
        out.write(frame.after());
    }

    /// Has no line ends to be taken out: id and model are text, which JSON escapes.
    private Frame frame(int choice, String name) {
        JsonOut json = beginDelta(choice).name(name);
        Slice before = json.slice();
        Slice whole = endDelta(json.text("")).slice();
        Slice after = whole.slice(before.length() + "\"\"".length(), whole.length());
        return new Frame(choice, name, joined(DATA, before.bytes()), joined(after.bytes(), END));
    }

    private static byte[] joined(byte[] some, byte[] more) {
        byte[] all = Arrays.copyOf(some, some.length + more.length);
        System.arraycopy(more, 0, all, some.length, more.length);
        return all;
    }

    private JsonOut begin() {
        JsonOut json = new JsonOut().beginObject().name("id").text(id);
        json.name("object").text(chat ? "chat.completion.chunk" : "text_completion");
        json.name("created").literal("" + created).name("model").text(model);
        extras.members().forEach((name, value) -> extra(json, name, value));
        extrasSaid = true;
        return json.name("choices").beginArray();
    }

    /// What is short is in each chunk, as OpenAI's own are (`system_fingerprint`, `service_tier`).
    private void extra(JsonOut json, String name, Slice value) {
        boolean isShort = value.length() <= SHORT_BYTES && value.at(0) != '{' && value.at(0) != '[';
        if (!extrasSaid || isShort) {
            json.name(name).json(value);
        }
    }

    private JsonOut beginChoice(int choice) {
        return begin().beginObject().name("index").literal("" + choice);
    }

    private JsonOut beginDelta(int choice) {
        JsonOut json = beginChoice(choice);
        if (chat) {
            json.name("delta").beginObject();
            if (begun.add(choice)) {
                json.name("role").text("assistant");
            }
        }
        return json;
    }

    private JsonOut endDelta(JsonOut json) {
        if (chat) {
            json.endObject();
        }
        return json.name("finish_reason").literal("null").endObject().endArray().endObject();
    }

    private JsonOut beginCall(int choice, int index) {
        return beginDelta(choice)
                .name("tool_calls")
                .beginArray()
                .beginObject()
                .name("index")
                .literal("" + index);
    }

    private void endCall(JsonOut json) throws IOException {
        send(endDelta(json.endObject().endArray()));
    }

    private void send(JsonOut json) throws IOException {
        out.write(DATA);
        OneLine.write(json.slice(), out);
        out.write(END);
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    /// After the last event.
    public void done() throws IOException {
        out.write(DATA);
        out.write("[DONE]".getBytes(StandardCharsets.US_ASCII));
        out.write(END);
        out.flush();
    }

    /// Instead of the rest: the answer has failed.
    public void failed(Problem problem, String requestId) throws IOException {
        out.write(DATA);
        Errors.write(problem, requestId).writeTo(out);
        out.write(END);
        out.flush();
    }
}
