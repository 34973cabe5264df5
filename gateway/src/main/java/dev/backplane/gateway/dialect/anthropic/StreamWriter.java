package dev.backplane.gateway.dialect.anthropic;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.json.OneLine;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.Usage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/// Writes events as the dialect's server-sent events:
///
/// ```
/// message_start ping (content_block_start content_block_delta* content_block_stop)*
/// message_delta message_stop
/// ```
///
/// Blocks come one after the other. How an answer ended and what it cost stand in `message_delta`,
/// which therefore waits for [#done]. There is one answer in this dialect: the first choice.
public final class StreamWriter implements Events {
    private static final Pattern BLOCK = Pattern.compile("content\\[\\d+\\]");
    private static final Pattern CITATION = Pattern.compile("content\\[\\d+\\]\\.citations.*");

    private enum Open {
        NOTHING,
        TEXT,
        THINKING,
        CALL
    }

    private final OutputStream out;
    private final Map<Integer, Integer> calls = new HashMap<>();
    private String id;
    private Open open = Open.NOTHING;
    private int blocks;
    private boolean refused;
    private final Map<String, Slice> ends = new LinkedHashMap<>();
    private String sequence = "";
    private FinishReason reason = FinishReason.OTHER;
    private String word = "";
    private Usage usage = Usage.UNKNOWN;

    /// @param id of the answer where the provider gives none
    public StreamWriter(OutputStream out, String id) {
        this.out = out;
        this.id = id;
    }

    @Override
    public void on(Event event) throws IOException {
        switch (event) {
            case Event.Started started -> {
                id = started.id().isEmpty() ? id : started.id();
                start(started);
            }
            case Event.TextDelta(int choice, String text) when choice == 0 -> text(text);
            case Event.RefusalDelta(int choice, String text) when choice == 0 -> {
                refused = true;
                text(text);
            }
            case Event.ReasoningDelta(int choice, String text) when choice == 0 -> {
                thinking();
                delta("thinking_delta", "thinking", text);
            }
            case Event.ReasoningSealed(int choice, String signature, String redacted)
                    when choice == 0 ->
                    sealed(signature, redacted);
            case Event.ToolCallStarted(int choice, int index, String call, String name)
                    when choice == 0 ->
                    call(index, call, name);
            case Event.ToolArguments(int choice, int index, String piece) when choice == 0 ->
                    arguments(index, piece);
            case Event.ToolCallEnded(int choice, int index) when choice == 0 -> {
                if (calls.getOrDefault(index, -1) == blocks) {
                    close();
                }
            }
            case Event.Other(int choice, String name, Slice json) when choice == 0 ->
                    other(name, json);
            case Event.Finished(int choice, FinishReason why, String said) when choice == 0 -> {
                close();
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

    private void start(Event.Started started) throws IOException {
        JsonOut json = begin("message_start").name("message");
        AnswerWriter.begin(json, id, started.model()).name("content").beginArray().endArray();
        json.name("stop_reason").literal("null").name("stop_sequence").literal("null");
        json.name("usage").json(Usages.write(Usage.UNKNOWN));
        started.extras().members().forEach((name, value) -> json.name(name).json(value));
        json.endObject();
        send("message_start", json);
        send("ping", begin("ping"));
    }

    private void text(String text) throws IOException {
        openText();
        delta("text_delta", "text", text);
    }

    private void openText() throws IOException {
        if (open != Open.TEXT) {
            close();
            JsonOut json = beginBlock().name("type").text("text").name("text").text("");
            openBlock(Open.TEXT, json);
        }
    }

    private void thinking() throws IOException {
        if (open != Open.THINKING) {
            close();
            JsonOut json = beginBlock().name("type").text("thinking");
            json.name("thinking").text("").name("signature").text("");
            openBlock(Open.THINKING, json);
        }
    }

    private void sealed(String signature, String redacted) throws IOException {
        if (redacted.isEmpty()) {
            thinking();
            if (!signature.isEmpty()) {
                delta("signature_delta", "signature", signature);
            }
        } else {
            close();
            JsonOut json = beginBlock().name("type").text("redacted_thinking");
            openBlock(Open.THINKING, json.name("data").text(redacted));
        }
        close();
    }

    private void call(int index, String call, String name) throws IOException {
        close();
        calls.put(index, blocks);
        JsonOut json = beginBlock().name("type").text("tool_use").name("id").text(call);
        json.name("name").text(name).name("input").beginObject().endObject();
        openBlock(Open.CALL, json);
    }

    private void arguments(int index, String piece) throws IOException {
        Integer block = calls.get(index);
        if (block == null) {
            throw new IllegalArgumentException("arguments of a call that was not started");
        }
        JsonOut json = begin("content_block_delta").name("index").literal("" + block);
        json.name("delta").beginObject().name("type").text("input_json_delta");
        send("content_block_delta", json.name("partial_json").text(piece).endObject());
    }

    private void other(String name, Slice json) throws IOException {
        if (BLOCK.matcher(name).matches()) {
            close();
            JsonOut block = beginBlock();
            Members.of(json, name)
                    .values()
                    .forEach((member, value) -> block.name(member).json(value));
            openBlock(Open.THINKING, block);
            close();
        } else if (CITATION.matcher(name).matches()) {
            openText();
            JsonOut delta = beginDelta().name("type").text("citations_delta");
            endDelta(delta.name("citation").json(json));
        } else if (Names.ENDS.contains(name)) {
            ends.put(name, json);
        } else if (name.equals("stop_reason")) {
            sequence = AnswerWriter.said(json);
        }
    }

    private JsonOut beginBlock() {
        JsonOut json = begin("content_block_start").name("index").literal("" + blocks);
        return json.name("content_block").beginObject();
    }

    private void openBlock(Open kind, JsonOut json) throws IOException {
        open = kind;
        send("content_block_start", json.endObject());
    }

    private void close() throws IOException {
        if (open != Open.NOTHING) {
            open = Open.NOTHING;
            JsonOut json = begin("content_block_stop").name("index").literal("" + blocks);
            blocks++;
            send("content_block_stop", json);
        }
    }

    private JsonOut beginDelta() {
        JsonOut json = begin("content_block_delta").name("index").literal("" + blocks);
        return json.name("delta").beginObject();
    }

    private void delta(String type, String name, String text) throws IOException {
        endDelta(beginDelta().name("type").text(type).name(name).text(text));
    }

    private void endDelta(JsonOut json) throws IOException {
        send("content_block_delta", json.endObject());
    }

    private static JsonOut begin(String type) {
        return new JsonOut().beginObject().name("type").text(type);
    }

    private void send(String event, JsonOut json) throws IOException {
        send(event, json.endObject().slice());
    }

    private void send(String event, Slice json) throws IOException {
        out.write(("event: " + event + "\ndata: ").getBytes(StandardCharsets.US_ASCII));
        OneLine.write(json, out);
        out.write("\n\n".getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    /// After the last event.
    public void done() throws IOException {
        close();
        JsonOut json = begin("message_delta").name("delta").beginObject();
        boolean filtered = refused && reason == FinishReason.STOP;
        AnswerWriter.stop(
                json, filtered ? FinishReason.FILTERED : reason, word, !calls.isEmpty(), sequence);
        ends.forEach((name, value) -> json.name(name).json(value));
        json.endObject().name("usage").json(Usages.write(usage));
        send("message_delta", json);
        send("message_stop", begin("message_stop"));
        out.flush();
    }

    /// Instead of the rest: the answer has failed.
    public void failed(Problem problem, String requestId) throws IOException {
        send("error", Errors.write(problem, requestId));
        out.flush();
    }
}
