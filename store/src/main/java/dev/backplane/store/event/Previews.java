package dev.backplane.store.event;

import dev.backplane.core.Content;
import dev.backplane.core.Json;
import dev.backplane.core.Slice;
import dev.backplane.core.Value;
import dev.backplane.store.content.Splitter;
import dev.backplane.store.content.StoredContent;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// A line of text that stands for a payload in a list: what the newest message says, without the
/// JSON around it.
public final class Previews {
    /// As much of a payload as is looked at.
    private static final int SIZE_MAX = 16 << 10;

    private static final Set<String> TEXT_KEYS =
            Set.of("content", "text", "value", "arguments", "result", "response", "thinking");

    private static final Set<String> SKIPPED_KEYS =
            Set.of("role", "type", "id", "tool_call_id", "finish_reason");

    private Previews() {}

    /// At most `limit` UTF-16 code units; ends in `…` when cut.
    ///
    /// @param newest from a JSON content to its last element, or to itself where it has none;
    ///   [#newest] for who does not know better
    static String of(Value value, int limit, UnaryOperator<Content> newest) {
        return switch (value) {
            case Value.Text(Content content) -> cut(head(content), limit);
            case Value.Json(Content content) -> json(head(newest.apply(content)), limit);
            case Value.Binary(Content content) -> content.size() + " bytes";
            case Value.Int(long number) -> Long.toString(number);
            case Value.Real(double number) -> Double.toString(number);
            case Value.Flag(boolean flag) -> Boolean.toString(flag);
            case Value.Attributes _, Value.Events _ -> "";
        };
    }

    /// The last element of a JSON array of objects, else the content itself.
    static Content newest(Content content) {
        return switch (content) {
            case StoredContent stored -> {
                List<StoredContent> elements = stored.elements();
                yield elements.isEmpty() ? Slice.EMPTY : elements.getLast();
            }
            case Slice slice ->
                    Splitter.split(slice).map(split -> split.pieces().getLast()).orElse(slice);
            default -> content;
        };
    }

    private static Slice head(Content content) {
        if (content.size() <= SIZE_MAX) {
            return content.read(SIZE_MAX);
        }
        try (InputStream in = content.open()) {
            return Slice.of(in.readNBytes(SIZE_MAX));
        } catch (IOException e) {
            return Slice.EMPTY;
        }
    }

    /// The strings under text-like keys, in order; the raw JSON when there are none.
    private static String json(Slice json, int limit) {
        StringBuilder text = new StringBuilder();
        StringBuilder names = new StringBuilder();
        try (JsonParser parser = Json.parser(json)) {
            String key = "";
            for (JsonToken token = parser.nextToken();
                    token != null && text.length() <= limit;
                    token = parser.nextToken()) {
                if (token == JsonToken.PROPERTY_NAME) {
                    key = parser.currentName();
                } else if (token == JsonToken.VALUE_STRING) {
                    if (TEXT_KEYS.contains(key)) {
                        append(text, parser.getString(), limit);
                    } else if (key.equals("name")) {
                        append(names, parser.getString(), limit);
                    } else if (key.isEmpty() && !SKIPPED_KEYS.contains(key)) {
                        append(text, parser.getString(), limit);
                    }
                }
            }
        } catch (JacksonException cutOrMalformed) {
            // what was found until here is a preview all the same
        }
        String found =
                Optional.of(names + (names.isEmpty() || text.isEmpty() ? "" : " ") + text)
                        .filter(t -> !t.isEmpty())
                        .orElseGet(() -> json.slice(0, Math.min(json.length(), limit * 4)).text());
        return cut(found, limit);
    }

    private static void append(StringBuilder text, String more, int limit) {
        if (!text.isEmpty()) {
            text.append(' ');
        }
        text.append(more, 0, Math.min(more.length(), limit + 1));
    }

    private static String cut(Slice text, int limit) {
        return cut(text.slice(0, Math.min(text.length(), limit * 4)).text(), limit);
    }

    /// One line, no control characters, at most `limit` long.
    private static String cut(String text, int limit) {
        StringBuilder line = new StringBuilder(Math.min(text.length(), limit));
        boolean blank = true;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean space = c <= ' ' || c == '\u007f';
            if (!space || !blank) {
                if (line.length() == limit - 1 && i < text.length() - 1) {
                    if (Character.isHighSurrogate(line.charAt(line.length() - 1))) {
                        line.setLength(line.length() - 1);
                    }
                    return line.append('…').toString();
                }
                line.append(space ? ' ' : c);
            }
            blank = space;
        }
        return line.toString().stripTrailing();
    }
}
