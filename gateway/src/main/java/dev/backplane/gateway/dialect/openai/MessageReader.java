package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Media;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Reads one message of a chat.
final class MessageReader {
    private final JsonCursor cursor;
    private String role = "";
    private String name = "";
    private String callId = "";
    private Optional<String> thought = Optional.empty();
    private String thoughtName = "";
    private final List<ReasoningDetails.Detail> details = new ArrayList<>();
    private final List<Part> content = new ArrayList<>();
    private final List<Part> calls = new ArrayList<>();
    private final Extras.Builder extras = new Extras.Builder();

    MessageReader(JsonCursor cursor) {
        this.cursor = cursor;
    }

    Message message() {
        String path = cursor.path();
        cursor.object(this::member);
        Message.Role who =
                switch (role) {
                    case "system" -> Message.Role.SYSTEM;
                    case "developer" -> Message.Role.DEVELOPER;
                    case "user" -> Message.Role.USER;
                    case "assistant" -> Message.Role.ASSISTANT;
                    case "tool" -> Message.Role.TOOL;
                    default ->
                            throw Problem.invalid(path + ".role is not known", "messages")
                                    .fix("use system, developer, user, assistant or tool");
                };
        List<Part> parts = new ArrayList<>(thoughts());
        if (who == Message.Role.TOOL) {
            parts.add(new Part.ToolResult(callId, content, false, Extras.NONE));
        } else {
            parts.addAll(content);
            for (Part call : calls) {
                details.stream()
                        .filter(detail -> detail.isOf(call))
                        .forEach(detail -> parts.add(detail.thought()));
                parts.add(call);
            }
        }
        return new Message(who, parts, name, extras.build());
    }

    /// Thoughts that belong to no call. With details their text is often said twice; one that is
    /// not the same is kept beside them.
    private List<Part> thoughts() {
        List<Part> all = new ArrayList<>();
        StringBuilder detailed = new StringBuilder();
        details.forEach(detail -> detailed.append(detail.thought().text()));
        if (!detailed.isEmpty() && isAlso(detailed)) {
            details.addFirst(details.removeFirst().also(thoughtName));
        }
        for (ReasoningDetails.Detail detail : details) {
            if (calls.stream().noneMatch(detail::isOf)) {
                all.add(detail.thought());
            }
        }
        if (thought.isPresent() && detailed.isEmpty()) {
            all.addFirst(new Part.Reasoning(thought.get()));
        } else if (thought.isPresent() && !isAlso(detailed)) {
            extras.put(thoughtName, new JsonOut().text(thought.get()).slice());
        }
        return all;
    }

    private boolean isAlso(CharSequence detailed) {
        return thought.isPresent() && thought.get().contentEquals(detailed);
    }

    private void member(String member) {
        switch (member) {
            case "role" -> role = cursor.text();
            case "name" -> name = cursor.textOrEmpty();
            case "tool_call_id" -> callId = cursor.textOrEmpty();
            case "content" -> content();
            case "refusal" -> {
                if (!cursor.isNull()) {
                    content.add(new Part.Refusal(cursor.text(), Extras.NONE));
                }
            }
            case "reasoning_content", "reasoning" -> reasoning(member);
            case ReasoningDetails.NAME -> {
                if (!cursor.isNull()) {
                    details.addAll(ReasoningDetails.read(cursor));
                }
            }
            case "tool_calls" -> {
                if (!cursor.isNull()) {
                    cursor.array(() -> calls.add(call()));
                }
            }
            default -> extras.put(member, cursor.raw());
        }
    }

    private void content() {
        if (cursor.isText()) {
            content.add(new Part.Text(cursor.text()));
        } else if (cursor.isArray()) {
            cursor.array(() -> content.add(part()));
        } else if (!cursor.isNull()) {
            throw cursor.wrong("a string, an array of parts or null");
        }
    }

    /// Some servers and clients say it by both names.
    private void reasoning(String member) {
        if (cursor.isText() && thought.isEmpty()) {
            thought = Optional.of(cursor.text());
            thoughtName = member;
        } else if (!cursor.isNull() && !(cursor.isText() && isAlso(cursor.text()))) {
            extras.put(member, cursor.raw());
        }
    }

    private Part part() {
        if (!cursor.isObject()) {
            throw cursor.wrong("an object");
        }
        return new PartReader(cursor).part();
    }

    private Part call() {
        String[] found = {"", "", "", ""};
        Extras.Builder more = new Extras.Builder();
        if (!cursor.isObject()) {
            throw cursor.wrong("an object");
        }
        int mark = cursor.mark();
        cursor.object(member -> {
            switch (member) {
                case "id" -> found[0] = cursor.textOrEmpty();
                case "type" -> found[3] = cursor.text();
                case "function" ->
                        cursor.object(part -> {
                            switch (part) {
                                case "name" -> found[1] = cursor.text();
                                case "arguments" -> found[2] = cursor.textOrEmpty();
                                default -> more.put(part, cursor.raw());
                            }
                        });
                default -> more.put(member, cursor.raw());
            }
        });
        return found[3].isEmpty() || found[3].equals("function")
                ? new Part.ToolCall(found[0], found[1], found[2], more.build())
                : new Part.Other(found[3], cursor.since(mark));
    }

    /// A part of content, by its type.
    private static final class PartReader {
        private final JsonCursor cursor;
        private String type = "";
        private String text = "";
        private String url = "";
        private String detail = "";
        private String data = "";
        private String format = "";
        private String fileId = "";
        private String fileName = "";
        private final Extras.Builder extras = new Extras.Builder();

        PartReader(JsonCursor cursor) {
            this.cursor = cursor;
        }

        Part part() {
            int mark = cursor.mark();
            cursor.object(this::member);
            return switch (type) {
                case "text" -> new Part.Text(text, extras.build());
                case "refusal" -> new Part.Refusal(text, extras.build());
                case "image_url" -> new Part.Image(Media.of(url), detail, extras.build());
                case "input_audio" ->
                        new Part.Audio(new Media.Base64("", data), format, extras.build());
                case "file" ->
                        new Part.File(
                                fileId.isEmpty() ? Media.of(data) : new Media.Reference(fileId),
                                fileName,
                                extras.build());
                case "" -> throw cursor.problem("has no type").fix("send type: text, image_url, …");
                default -> new Part.Other(type, cursor.since(mark));
            };
        }

        private void member(String name) {
            switch (name) {
                case "type" -> type = cursor.text();
                case "text", "refusal" -> text = cursor.text();
                case "image_url" -> {
                    if (cursor.isText()) {
                        url = cursor.text();
                    } else {
                        cursor.object(this::image);
                    }
                }
                case "input_audio", "file" -> cursor.object(this::data);
                default -> extras.put(name, cursor.raw());
            }
        }

        private void image(String name) {
            switch (name) {
                case "url" -> url = cursor.text();
                case "detail" -> detail = cursor.textOrEmpty();
                default -> extras.put(name, cursor.raw());
            }
        }

        private void data(String name) {
            switch (name) {
                case "data", "file_data" -> data = cursor.text();
                case "format" -> format = cursor.text();
                case "file_id" -> fileId = cursor.textOrEmpty();
                case "filename" -> fileName = cursor.textOrEmpty();
                default -> extras.put(name, cursor.raw());
            }
        }
    }
}
