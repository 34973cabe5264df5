package dev.backplane.gateway.parse;

import dev.backplane.core.Slice;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Tool;
import dev.backplane.gateway.model.ToolChoice;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Parses the text of an answer on its way: text deltas come in, text, thoughts and calls go out.
/// What the provider has parsed itself passes through. For one answer.
public final class ParsedEvents implements Events {
    private final ReplyFormat format;
    private final ToolTypes tools;
    private final CallIds ids;
    private final Events to;
    private final Map<Integer, Reply> replies = new TreeMap<>();

    /// One choice: calls of the provider's and calls found in the text are counted together.
    private final class Reply implements Events {
        private final ReplyParser parser;
        private final Map<Integer, Integer> given = new TreeMap<>();
        private final Map<Integer, Integer> found = new TreeMap<>();

        Reply(int choice) {
            parser = new ReplyParser(format, tools, choice, ids, this);
        }

        private int index(Map<Integer, Integer> calls, int index) {
            return calls.computeIfAbsent(index, _ -> given.size() + found.size());
        }

        @Override
        public void on(Event event) throws IOException {
            to.on(numbered(event, this, found));
        }
    }

    /// @param request that is being answered
    public ParsedEvents(ReplyFormat format, ModelRequest request, Events to) {
        this.format = Thinking.said(request).map(format::thinking).orElse(format);
        this.ids = CallIds.of(format, request.messages());
        List<Tool> offered =
                request.toolChoice() instanceof ToolChoice.None ? List.of() : request.tools();
        this.tools = new ToolTypes(offered);
        this.to = to;
    }

    @Override
    public void on(Event event) throws IOException {
        switch (event) {
            case Event.TextDelta(int choice, String text) -> reply(choice).parser.text(text);
            case Event.Finished finished -> finished(finished);
            case Event.ToolCallStarted(int choice, _, _, _) -> given(event, choice);
            case Event.ToolArguments(int choice, _, _) -> given(event, choice);
            case Event.ToolCallEnded(int choice, _) -> given(event, choice);
            case Event.ToolMember(int choice, _, _, _) -> given(event, choice);
            case Event.Started _,
                    Event.ReasoningDelta _,
                    Event.ReasoningSealed _,
                    Event.RefusalDelta _,
                    Event.Logprobs _,
                    Event.Other _,
                    Event.Used _ ->
                    to.on(event);
        }
    }

    private Reply reply(int choice) {
        return replies.computeIfAbsent(choice, Reply::new);
    }

    private void given(Event event, int choice) throws IOException {
        Reply reply = reply(choice);
        to.on(numbered(event, reply, reply.given));
    }

    private static Event numbered(Event event, Reply reply, Map<Integer, Integer> calls) {
        return switch (event) {
            case Event.ToolCallStarted(int choice, int index, String id, String name) ->
                    new Event.ToolCallStarted(choice, reply.index(calls, index), id, name);
            case Event.ToolArguments(int choice, int index, String piece) ->
                    new Event.ToolArguments(choice, reply.index(calls, index), piece);
            case Event.ToolCallEnded(int choice, int index) ->
                    new Event.ToolCallEnded(choice, reply.index(calls, index));
            case Event.ToolMember(int choice, int index, String name, Slice json) ->
                    new Event.ToolMember(choice, reply.index(calls, index), name, json);
            case Event.Started _,
                    Event.TextDelta _,
                    Event.ReasoningDelta _,
                    Event.ReasoningSealed _,
                    Event.RefusalDelta _,
                    Event.Logprobs _,
                    Event.Other _,
                    Event.Finished _,
                    Event.Used _ ->
                    event;
        };
    }

    /// A provider that has not parsed the calls says that the model just stopped.
    private void finished(Event.Finished finished) throws IOException {
        ReplyParser parser = reply(finished.choice()).parser;
        parser.end();
        boolean stopped =
                finished.reason() == FinishReason.STOP
                        || finished.reason() == FinishReason.STOP_SEQUENCE;
        to.on(
                parser.called() && stopped
                        ? new Event.Finished(
                                finished.choice(), FinishReason.TOOL_CALLS, "tool_calls")
                        : finished);
    }

    @Override
    public void flush() throws IOException {
        to.flush();
    }
}
