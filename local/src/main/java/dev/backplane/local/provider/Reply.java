package dev.backplane.local.provider;

import dev.backplane.engine.sample.TokenChoice;
import dev.backplane.engine.sample.TokenScore;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Tool;
import dev.backplane.gateway.model.ToolChoice;
import dev.backplane.gateway.parse.CallIds;
import dev.backplane.gateway.parse.ReplyParser;
import dev.backplane.gateway.parse.ToolTypes;
import dev.backplane.text.tokenizer.Detokenizer;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// One answer on its way from tokens to events.
///
/// ```
/// token ─► Detokenizer ─► StopTexts ─► ReplyParser (chat) ─► text, thoughts, calls
///     └► logprobs, after what the token said
/// ```
///
/// For one thread.
final class Reply {
    private final int choice;
    private final LoadedModel model;
    private final boolean channels;
    private final Detokenizer detokenizer;
    private final StopTexts stops;
    private final Optional<ReplyParser> parser;
    private final Optional<TokenLogprobs> logprobs;
    private final Events events;
    private int tokens;
    private int reasoningTokens;
    private boolean thought;
    private boolean said;

    /// @param logprobs how many likely tokens to report with each; −1 for nothing
    Reply(
            int choice,
            LoadedModel model,
            Prompt prompt,
            ModelRequest request,
            List<String> stops,
            int logprobs,
            Events events) {
        this.choice = choice;
        this.model = model;
        this.channels = prompt.format().channels();
        this.detokenizer = model.tokenizer().detokenizer(!prompt.format().special());
        this.stops = new StopTexts(stops);
        this.events = events;
        boolean chat = request.input() instanceof Input.Chat;
        this.logprobs =
                logprobs < 0
                        ? Optional.empty()
                        : Optional.of(
                                new TokenLogprobs(model, chat, request.stream(), choice, events));
        List<Tool> tools =
                request.toolChoice() instanceof ToolChoice.None ? List.of() : request.tools();
        this.parser =
                chat
                        ? Optional.of(
                                new ReplyParser(
                                        prompt.format(),
                                        new ToolTypes(tools),
                                        choice,
                                        CallIds.of(prompt.format(), request.messages()),
                                        this::told))
                        : Optional.empty();
    }

    private void told(Event event) throws IOException {
        thought |= event instanceof Event.ReasoningDelta;
        said |= !(event instanceof Event.ReasoningDelta);
        events.on(event);
    }

    /// The prompt, which is repeated: its text, and what is known of its tokens if that was asked
    /// for.
    ///
    /// @param scores of all tokens but the first
    void prompt(int[] prompt, List<TokenScore> scores) throws IOException {
        events.on(new Event.TextDelta(choice, model.tokenizer().decode(prompt, false)));
        if (logprobs.isPresent()) {
            logprobs.get().prompt(prompt[0], scores);
        }
    }

    /// @param end whether the token ends the answer, and is no text
    /// @return whether a stop text came: nothing after it is wanted
    boolean token(TokenChoice token, boolean end) throws IOException {
        tokens++;
        thought = false;
        said = false;
        boolean shown = model.tokenizer().has(token.token()) && (!end || channels);
        if (shown) {
            text(stops.next(detokenizer.next(token.token())));
        }
        if (thought && !said) {
            reasoningTokens++;
        }
        if (logprobs.isPresent() && !end) {
            logprobs.get().token(token);
        }
        events.flush();
        return stops.found().isPresent();
    }

    private void text(String text) throws IOException {
        if (text.isEmpty()) {
            return;
        }
        if (parser.isPresent()) {
            parser.get().text(text);
        } else {
            events.on(new Event.TextDelta(choice, text));
        }
    }

    /// @param reason of the engine
    void finish(FinishReason reason) throws IOException {
        text(stops.next(detokenizer.finish()));
        text(stops.finish());
        if (parser.isPresent()) {
            parser.get().end();
        }
        if (logprobs.isPresent()) {
            logprobs.get().finish();
        }
        events.on(finished(stops.found().isPresent() ? FinishReason.STOP_SEQUENCE : reason));
    }

    private Event finished(FinishReason reason) {
        boolean called = parser.map(ReplyParser::called).orElse(false);
        if (called && reason != FinishReason.LENGTH) {
            return new Event.Finished(choice, FinishReason.TOOL_CALLS, "tool_calls");
        }
        String word =
                switch (reason) {
                    case STOP_SEQUENCE -> stops.found().orElse("stop");
                    case LENGTH -> "length";
                    case STOP, TOOL_CALLS, FILTERED, OTHER -> "stop";
                };
        return new Event.Finished(choice, reason, word);
    }

    int tokens() {
        return tokens;
    }

    int reasoningTokens() {
        return reasoningTokens;
    }
}
