package dev.backplane.gateway.parse;

import static java.util.stream.Collectors.joining;

import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Tool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A reply and what is in it, from a file in `src/test/resources/replies`:
///
/// ```
/// tool_parser: hermes
/// reasoning_parser: think
///
/// === what this case shows
/// <think>Hm.</think>
/// <tool_call>{"name": "now", "arguments": {}}</tool_call>
/// ---
/// thought "Hm."
/// call now {}
/// ```
///
/// The reply ends before the line break that comes before `---`. Events are `text`, `thought` (as
/// JSON strings), `call NAME ARGUMENTS` with `#ID` after the name if the model gave one, `open` for
/// a call that did not end, `note`, and at last `calls` if the reply is to finish with its calls.
/// Line breaks in arguments are written `⏎`.
record ReplyCase(String file, String name, ReplyFormat format, String reply, String expected) {
    static final Path FOLDER = Path.of("src/test/resources/replies");

    static final ToolTypes TOOLS =
            new ToolTypes(
                    List.of(
                            tool(
                                    "get_weather",
                                    """
                                    {"type": "object", "properties": {
                                      "city": {"type": "string"},
                                      "days": {"type": ["integer", "null"]},
                                      "long": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
                                      "tags": {"type": "array", "items": {"type": "string"}}}}\
                                    """),
                            tool(
                                    "add",
                                    """
                                    {"properties": {"x": {"type": "integer"},
                                      "y": {"type": "number"}}}\
                                    """),
                            tool("echo", "{\"properties\": {\"text\": {\"type\": \"string\"}}}"),
                            tool("now", "")));

    static Tool tool(String name, String schema) {
        return new Tool.Function(
                name, "", Slice.of(schema), Optional.empty(), Extras.NONE, Extras.NONE);
    }

    static List<ReplyCase> all() {
        try (var files = Files.list(FOLDER)) {
            return files.sorted().flatMap(file -> read(file).stream()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<ReplyCase> read(Path file) {
        try {
            String[] blocks = Files.readString(file).split("(?m)^=== ");
            String[] head = blocks[0].split("\n");
            ReplyFormat format =
                    Formats.named(
                            value(head[0], "tool_parser"), value(head[1], "reasoning_parser"));
            List<ReplyCase> cases = new ArrayList<>();
            for (int i = 1; i < blocks.length; i++) {
                int line = blocks[i].indexOf('\n');
                int end = blocks[i].indexOf("\n---\n");
                cases.add(
                        new ReplyCase(
                                file.getFileName().toString(),
                                blocks[i].substring(0, line),
                                format,
                                blocks[i].substring(line + 1, end),
                                blocks[i].substring(end + 5).strip()));
            }
            return cases;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String value(String line, String name) {
        if (!line.startsWith(name + ":")) {
            throw new IllegalArgumentException("not " + name + ": " + line);
        }
        return line.substring(name.length() + 1).strip();
    }

    /// What is read from these pieces, in the words of `expected`.
    static String parse(ReplyFormat format, List<String> pieces) {
        List<Event> events = new ArrayList<>();
        ReplyParser parser = new ReplyParser(format, TOOLS, 0, (_, _) -> "", events::add);
        try {
            for (String piece : pieces) {
                parser.text(piece);
            }
            parser.end();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return words(events) + (parser.called() ? "\ncalls" : "");
    }

    private static String words(List<Event> events) {
        List<String> lines = new ArrayList<>();
        StringBuilder open = new StringBuilder();
        String kind = "";
        for (Event event : events) {
            String next = event.getClass().getSimpleName();
            boolean goesOn =
                    next.equals(kind) && !(event instanceof Event.ToolCallStarted)
                            || event instanceof Event.ToolArguments
                            || event instanceof Event.ToolCallEnded;
            if (!goesOn) {
                close(kind, open, lines);
            }
            kind = event instanceof Event.ToolArguments ? "ToolCallStarted" : next;
            switch (event) {
                case Event.TextDelta(_, String text) -> open.append(text);
                case Event.ReasoningDelta(_, String text) -> open.append(text);
                case Event.ToolArguments(_, _, String piece) -> open.append(piece);
                case Event.ToolCallStarted(_, _, String id, String name) ->
                        open.append(name).append(id.isEmpty() ? " " : "#" + id + " ");
                case Event.ToolCallEnded _ -> {}
                case Event.Other(_, _, Slice json) -> open.append(json.text());
                default -> throw new IllegalArgumentException("unexpected " + event);
            }
        }
        close(kind, open, lines);
        return lines.stream().collect(joining("\n"));
    }

    private static void close(String kind, StringBuilder open, List<String> lines) {
        String text = open.toString();
        open.setLength(0);
        switch (kind) {
            case "TextDelta" -> lines.add("text " + JsonWords.quote(text));
            case "ReasoningDelta" -> lines.add("thought " + JsonWords.quote(text));
            case "ToolCallStarted" -> lines.add("open " + text.replace("\n", "⏎").strip());
            case "ToolCallEnded" -> lines.add("call " + text.replace("\n", "⏎").strip());
            case "Other" ->
                    JsonCursor.read(
                            Slice.of(text),
                            "notes",
                            cursor -> {
                                cursor.array(() -> lines.add("note " + cursor.text()));
                                return true;
                            });
            default -> {}
        }
    }
}
