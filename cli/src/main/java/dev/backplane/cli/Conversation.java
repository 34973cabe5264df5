package dev.backplane.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/// What was said in a chat, in the form in which OpenAI's API takes it, and what the next message
/// brings with it. Lives as long as the program.
final class Conversation {
    private final List<Node> turns = new ArrayList<>();
    private final List<ImageFile> images = new ArrayList<>();
    private String system;
    private String session;

    /// @param session that its calls belong to; one is made up for the empty string
    Conversation(String system, String session) {
        this.system = system;
        this.session = session.isEmpty() ? newSession() : session;
    }

    private static String newSession() {
        return "chat-" + UUID.randomUUID().toString().substring(0, 8);
    }

    String session() {
        return session;
    }

    String system() {
        return system;
    }

    void system(String text) {
        system = text;
    }

    boolean isEmpty() {
        return turns.isEmpty();
    }

    /// For the next message.
    void attach(ImageFile image) {
        images.add(image);
    }

    /// Adds what the user says, with what was attached.
    void ask(String text) {
        Node content = Node.of(text);
        if (!images.isEmpty()) {
            List<Node> parts = new ArrayList<>();
            parts.add(Node.fields("type", "text", "text", text));
            for (ImageFile image : images) {
                parts.add(
                        Node.fields(
                                "type", "image_url", "image_url", Node.fields("url", image.url())));
            }
            content = new Node.Items(parts);
            images.clear();
        }
        turns.add(Node.fields("role", "user", "content", content));
    }

    void answer(String text) {
        turns.add(Node.fields("role", "assistant", "content", text));
    }

    /// Takes back the last question with its answer, if it has one. Images that went with it have
    /// to be attached again.
    ///
    /// @return whether there was one
    boolean undo() {
        for (int i = turns.size() - 1; i >= 0; i--) {
            if (((Node.Fields) turns.get(i)).text("role").equals("user")) {
                turns.subList(i, turns.size()).clear();
                return true;
            }
        }
        return false;
    }

    /// Begins anew, in another session; the instructions stay.
    void clear() {
        turns.clear();
        images.clear();
        session = newSession();
    }

    Node messages() {
        List<Node> messages = new ArrayList<>();
        if (!system.isEmpty()) {
            messages.add(Node.fields("role", "system", "content", system));
        }
        messages.addAll(turns);
        return new Node.Items(messages);
    }

    /// As `backplane import` reads it.
    Node.Fields record(String model) {
        Map<String, Node> fields = new LinkedHashMap<>();
        fields.put("model", Node.of(model));
        fields.put("session_id", Node.of(session));
        fields.put("messages", messages());
        return new Node.Fields(fields);
    }
}
