package dev.backplane.gateway.dialect.responses;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.Setting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Makes items of an answer's events and tells their stream. An item ends when something else
/// begins or the answer ends, never by itself: only then is it known whether it is whole.
///
/// With probabilities, one piece of text is held back until its tokens have come, or nothing more
/// is there.
final class OutputItems {
    private final ResponseId response;
    private final Frames frames;
    private final Map<String, ClientTool> renamed;
    private final boolean summaries;
    private final boolean logprobs;
    private final List<Slice> ended = new ArrayList<>();
    private Optional<OpenItem> open = Optional.empty();
    private Optional<String> held = Optional.empty();

    OutputItems(ResponseId response, Frames frames, ResponsesRequest request) {
        this.response = response;
        this.frames = frames;
        this.renamed = request.renamed();
        this.summaries = request.echo().summaries();
        this.logprobs = request.request().settings().has(Setting.LOGPROBS);
    }

    void text(String piece) throws IOException {
        release(List.of());
        if (logprobs) {
            held = Optional.of(piece);
        } else {
            message().say(piece, List.of());
        }
    }

    /// Sends the text that was held back.
    void release(List<Slice> tokens) throws IOException {
        if (held.isPresent()) {
            String piece = held.get();
            held = Optional.empty();
            message().say(piece, tokens);
        }
    }

    void logprobs(Slice json) throws IOException {
        List<Slice> tokens = new ArrayList<>();
        JsonCursor.read(
                json,
                "logprobs",
                cursor -> {
                    cursor.object(name -> {
                        if (name.equals("content") && cursor.isArray()) {
                            cursor.array(() -> tokens.add(cursor.raw()));
                        } else {
                            cursor.skip();
                        }
                    });
                    return tokens;
                });
        if (held.isPresent()) {
            release(tokens);
        } else if (open.isPresent() && open.get() instanceof MessageItem message) {
            message.addLogprobs(tokens);
        }
    }

    void refusal(String piece) throws IOException {
        release(List.of());
        message().refuse(piece);
    }

    void annotations(Slice json) throws IOException {
        release(List.of());
        message().annotate(json);
    }

    private MessageItem message() throws IOException {
        if (open.isPresent() && open.get() instanceof MessageItem message) {
            return message;
        }
        return begin(new MessageItem(frames, id("msg"), next()));
    }

    void thought(String piece) throws IOException {
        reasoning().think(piece);
    }

    void sealed(Event.ReasoningSealed seal) throws IOException {
        reasoning().seal(seal.signature(), seal.redacted());
        end("completed");
    }

    private ReasoningItem reasoning() throws IOException {
        release(List.of());
        if (open.isPresent() && open.get() instanceof ReasoningItem reasoning) {
            return reasoning;
        }
        return begin(new ReasoningItem(frames, id("rs"), next(), summaries));
    }

    void call(Event.ToolCallStarted started) throws IOException {
        release(List.of());
        ClientTool tool =
                renamed.getOrDefault(started.name(), new ClientTool("", started.name(), false));
        String id = id(tool.custom() ? "ctc" : "fc");
        String callId =
                started.id().isEmpty() ? "call" + id.substring(id.indexOf('_')) : started.id();
        begin(new CallItem(frames, id, next(), started.index(), callId, tool));
    }

    void arguments(Event.ToolArguments piece) throws IOException {
        if (open.isPresent()
                && open.get() instanceof CallItem call
                && call.call() == piece.index()) {
            call.add(piece.piece());
        } else {
            throw Problem.unavailable("provider went on with a tool call that had ended", "answer")
                    .fix("ask again, with parallel_tool_calls false if it stays so");
        }
    }

    private int next() {
        return ended.size() + (open.isPresent() ? 1 : 0);
    }

    private String id(String prefix) {
        return response.item(prefix, next());
    }

    private <T extends OpenItem> T begin(T item) throws IOException {
        end("completed");
        open = Optional.of(item);
        item.begin();
        return item;
    }

    private void end(String status) throws IOException {
        if (open.isPresent()) {
            ended.add(open.get().end(status));
            open = Optional.empty();
        }
    }

    void finish(FinishReason reason) throws IOException {
        release(List.of());
        boolean cut = reason == FinishReason.LENGTH || reason == FinishReason.FILTERED;
        end(cut ? "incomplete" : "completed");
    }

    /// Those that have ended.
    List<Slice> ended() {
        return List.copyOf(ended);
    }

    /// All of them, as far as they have come.
    void write(JsonOut out) {
        out.beginArray();
        ended.forEach(out::json);
        open.ifPresent(item -> out.json(item.json("incomplete")));
        out.endArray();
    }
}
