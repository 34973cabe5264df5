package dev.backplane.cli;

import dev.backplane.core.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;

/// Shows an answer while it comes. The answer's text is data; thoughts and what is known about the
/// answer are not, and go to stderr, except in the JSON formats, where all of it is one document or
/// a line a piece.
final class AnswerView implements ChatCall.Listener {
    private final Output output;
    private final boolean hasReasoning;
    private boolean isWaiting;
    private boolean isThinking;
    private boolean isLineOpen;

    /// @param hasReasoning whether thoughts are shown
    AnswerView(Output output, boolean hasReasoning) {
        this.output = output;
        this.hasReasoning = hasReasoning;
    }

    /// The question is on its way.
    void begin() {
        if (output.isWatched()) {
            isWaiting = true;
            output.messages().print(output.messages().faint(output.messages().ellipsis()));
            output.flush();
        }
    }

    /// Wipes the sign of waiting.
    void endWaiting() {
        if (isWaiting) {
            isWaiting = false;
            output.messages().print("\r\u001b[K");
            output.messages().flush();
        }
    }

    @Override
    public void text(String piece) {
        endWaiting();
        endThinking();
        switch (output.format()) {
            case HUMAN, AGENT, QUIET -> {
                Screen data = output.data();
                data.print(data.isTerminal() ? DisplayText.paragraphs(piece) : piece);
                isLineOpen = !piece.endsWith("\n");
                data.flush();
            }
            case NDJSON -> line(Node.fields("text", piece));
            case JSON -> {}
        }
    }

    @Override
    public void reasoning(String piece) {
        if (!hasReasoning) {
            return;
        }
        switch (output.format()) {
            case HUMAN -> {
                endWaiting();
                isThinking = true;
                Screen messages = output.messages();
                messages.print(messages.faint(DisplayText.paragraphs(piece)));
                messages.flush();
            }
            case NDJSON -> line(Node.fields("reasoning", piece));
            case AGENT, JSON, QUIET -> {}
        }
    }

    private void line(Node.Fields fields) {
        output.data().print(fields.json() + "\n");
        output.data().flush();
    }

    private void endThinking() {
        if (isThinking) {
            isThinking = false;
            output.messages().print("\n\n");
            output.messages().flush();
        }
    }

    /// What was printed so far ends with a line, whatever became of the answer.
    void endLine() {
        endWaiting();
        endThinking();
        if (isLineOpen) {
            isLineOpen = false;
            output.data().print("\n");
            output.data().flush();
        }
    }

    /// The answer is complete.
    void end(ChatAnswer answer, String session, Optional<Node> cost) {
        endLine();
        Map<String, Node> facts = answer.facts(session);
        cost.ifPresent(dollars -> facts.put("cost", dollars));
        switch (output.format()) {
            case HUMAN -> output.remark(summary(answer, cost));
            case AGENT -> output.hint(summary(answer, cost));
            case QUIET -> {}
            case JSON -> output.data().print(document(answer, facts).json() + "\n");
            case NDJSON -> line(Node.fields("done", true).with(facts));
        }
    }

    private Node.Fields document(ChatAnswer answer, Map<String, Node> facts) {
        Node.Fields document = Node.fields("content", answer.text());
        if (hasReasoning && !answer.reasoning().isEmpty()) {
            document = document.with("reasoning", Node.of(answer.reasoning()));
        }
        return document.with(facts);
    }

    /// `12 in, 34 out, 48.3 tokens/s, first after 210 ms, $0.0002; backplane traces show 4f2a…`
    private static String summary(ChatAnswer answer, Optional<Node> cost) {
        List<String> parts = new ArrayList<>();
        if (!answer.usage().values().isEmpty()) {
            parts.add(Units.tokens(answer.inputTokens()) + " in");
            parts.add(Units.tokens(answer.outputTokens()) + " out");
        }
        double speed = answer.tokensPerSecond();
        if (speed > 0) {
            parts.add(
                    (speed < 10
                                    ? Double.toString(Math.round(speed * 10) / 10.0)
                                    : Long.toString(Math.round(speed)))
                            + " tokens/s");
        }
        if (answer.firstMillis() >= 0) {
            parts.add("first after " + Units.duration(answer.firstMillis()));
        }
        cost.map(dollars -> Units.cost(((Node.Number) dollars).value()))
                .filter(text -> !text.isEmpty())
                .ifPresent(parts::add);
        String facts = String.join(", ", parts);
        return answer.trace().isEmpty()
                ? facts
                : facts + "; backplane traces show " + answer.trace();
    }

    /// Whether the text is one JSON value.
    static boolean isJson(String text) {
        try (JsonParser parser = Json.parser(text)) {
            if (parser.nextToken() == null) {
                return false;
            }
            parser.skipChildren();
            return parser.nextToken() == null;
        } catch (JacksonException e) {
            return false;
        }
    }
}
