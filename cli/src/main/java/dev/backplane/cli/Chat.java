package dev.backplane.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A conversation with a model, and how it is asked.
final class Chat {
    private final Client client;
    private final Conversation conversation;
    private final Map<String, Node> settings;
    private final List<String> tags;
    private String model;

    /// @param settings members of the request besides its model and messages
    Chat(
            Client client,
            String model,
            Conversation conversation,
            Map<String, Node> settings,
            List<String> tags) {
        this.client = client;
        this.model = model;
        this.conversation = conversation;
        this.settings = new LinkedHashMap<>(settings);
        this.tags = List.copyOf(tags);
    }

    String model() {
        return model;
    }

    Conversation conversation() {
        return conversation;
    }

    /// Another model from now on.
    ///
    /// @throws Failure if the server knows no such model; the old one stays then
    void model(String name) {
        requireModel(name);
        model = name;
    }

    /// @throws Failure if the server knows no such model, with the names that it knows
    void requireModel(String name) {
        client.ask("GET", "/v1/models/" + Client.encode(name), Optional.empty());
    }

    /// Asks for the answer to what was said so far, and does not yet take it into the conversation.
    ChatAnswer ask(ChatCall.Listener listener) {
        Map<String, Node> body = new LinkedHashMap<>();
        body.put("model", Node.of(model));
        body.put("messages", conversation.messages());
        body.putAll(settings);
        body.put("stream", Node.of(true));
        body.put("stream_options", Node.fields("include_usage", true));
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("X-Backplane-Session", conversation.session());
        if (!tags.isEmpty()) {
            headers.put("X-Backplane-Tags", String.join(",", tags));
        }
        return ChatCall.run(client, headers, new Node.Fields(body), listener);
    }

    /// What the call cost in US dollars by its span. Empty where nobody knows a price, the span is
    /// not stored yet, or the key may not read.
    Optional<Node> cost(ChatAnswer answer) {
        if (answer.trace().isEmpty()) {
            return Optional.empty();
        }
        try {
            String path = Client.path("traces", answer.trace());
            Node.Fields read =
                    client.ask("GET", Client.query(path, Map.of("limit", "1")), Optional.empty());
            return read.get("trace") instanceof Node.Fields trace
                            && trace.get("cost") instanceof Node.Number cost
                            && cost.value() > 0
                    ? Optional.of(cost)
                    : Optional.empty();
        } catch (Failure unreadable) {
            return Optional.empty();
        }
    }
}
