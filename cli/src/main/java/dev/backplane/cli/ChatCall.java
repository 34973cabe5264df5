package dev.backplane.cli;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;

/// One call to a model through the gateway, as a stream of server-sent events in OpenAI's form
/// (https://platform.openai.com/docs/api-reference/chat-streaming).
///
/// Ends early when its thread is interrupted: in a virtual thread that closes the connection (JEP
/// 444), so that the gateway stops the model, and what had come is the answer.
final class ChatCall {
    private static final String PATH = "/v1/chat/completions";
    private static final int ANSWER_CHARACTERS_MAX = 64 << 20;

    /// Told of the answer as it comes.
    interface Listener {
        void text(String piece);

        void reasoning(String piece);
    }

    private final Client client;
    private final Listener listener;
    private final long startNanos = System.nanoTime();
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder reasoning = new StringBuilder();
    private String model = "";
    private String finish = "";
    private Node.Fields usage = Node.Fields.EMPTY;
    private double firstMillis = -1;
    private boolean isToolWanted;
    private boolean isDone;

    private ChatCall(Client client, Listener listener) {
        this.client = client;
        this.listener = listener;
    }

    /// Asks and waits for the end of the answer.
    ///
    /// @param headers besides those of every request
    /// @throws Failure if there is no answer, or it broke off
    static ChatAnswer run(
            Client client, Map<String, String> headers, Node.Fields body, Listener listener) {
        return new ChatCall(client, listener).run(headers, body);
    }

    private ChatAnswer run(Map<String, String> headers, Node.Fields body) {
        Map<String, String> all = new LinkedHashMap<>(headers);
        all.put("Accept", "text/event-stream");
        Optional<Client.Reply> reply = Optional.empty();
        try {
            reply =
                    Optional.of(
                            client.send("POST", PATH, all, Optional.of(Client.Body.json(body))));
            read(reply.get());
        } catch (Failure failure) {
            if (!Thread.currentThread().isInterrupted()) {
                throw failure;
            }
            finish = ChatAnswer.CANCELLED;
        }
        return new ChatAnswer(
                model.isEmpty() ? body.text("model") : model,
                text.toString(),
                reasoning.toString(),
                finish,
                usage,
                firstMillis,
                millis(),
                reply.map(head -> head.header("X-Backplane-Trace")).orElse(""),
                reply.map(head -> head.header("X-Backplane-Span")).orElse(""));
    }

    private double millis() {
        return (System.nanoTime() - startNanos) / 1e6;
    }

    private void read(Client.Reply reply) {
        if (!reply.type().equals("text/event-stream")) {
            throw Client.notOurs(PATH);
        }
        try (InputStream in = new BufferedInputStream(reply.body())) {
            Optional<String> line = InputLine.read(in);
            while (line.isPresent() && !isDone) {
                if (line.get().startsWith("data:")) {
                    event(line.get().substring("data:".length()).strip());
                }
                line = InputLine.read(in);
            }
        } catch (IOException e) {
            throw client.broken(e);
        }
        if (!isDone) {
            throw Failure.of(
                            Problem.Kind.UNAVAILABLE,
                            "the answer broke off",
                            "the answer broke off before its end")
                    .hint("try again");
        }
        if (isToolWanted) {
            throw Failure.of(
                            Problem.Kind.UNSUPPORTED,
                            "the model wants to call a tool",
                            "the model wants to call a tool, and a chat has none")
                    .hint("ask another way, or use a client with tools");
        }
    }

    private void event(String data) {
        if (data.equals("[DONE]")) {
            isDone = true;
            return;
        }
        Node.Fields event = parse(data);
        if (event.values().containsKey("error")) {
            throw Failure.remote(event, 500);
        }
        if (!event.text("model").isEmpty()) {
            model = event.text("model");
        }
        if (event.get("usage") instanceof Node.Fields counts) {
            usage = counts;
        }
        if (event.get("choices") instanceof Node.Items(List<Node> choices)
                && !choices.isEmpty()
                && choices.getFirst() instanceof Node.Fields choice) {
            choice(choice);
        }
    }

    private static Node.Fields parse(String data) {
        try (JsonParser parser = Json.parser(data)) {
            if (parser.nextToken() != null && Node.read(parser) instanceof Node.Fields event) {
                return event;
            }
        } catch (JacksonException e) {
            throw Client.notOurs(PATH);
        }
        throw Client.notOurs(PATH);
    }

    private void choice(Node.Fields choice) {
        if (choice.get("finish_reason") instanceof Node.Text(String reason)) {
            finish = reason;
        }
        if (choice.get("delta") instanceof Node.Fields delta) {
            isToolWanted |= delta.get("tool_calls") instanceof Node.Items;
            thought(delta.text("reasoning_content"));
            said(delta.text("content"));
            said(delta.text("refusal"));
        }
    }

    private void thought(String piece) {
        if (piece.isEmpty()) {
            return;
        }
        begun();
        reasoning.append(piece);
        bounded();
        listener.reasoning(piece);
    }

    private void said(String piece) {
        if (piece.isEmpty()) {
            return;
        }
        begun();
        text.append(piece);
        bounded();
        listener.text(piece);
    }

    private void begun() {
        if (firstMillis < 0) {
            firstMillis = millis();
        }
    }

    private void bounded() {
        if (text.length() + reasoning.length() > ANSWER_CHARACTERS_MAX) {
            throw Failure.of(
                            Problem.Kind.TOO_LARGE,
                            "the answer is too long",
                            "the answer is longer than 64 Mi characters")
                    .hint("limit it with --max-tokens");
        }
    }
}
