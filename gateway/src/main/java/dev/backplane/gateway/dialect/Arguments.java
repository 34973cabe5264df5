package dev.backplane.gateway.dialect;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;

/// Arguments of tool calls for dialects that have them as an object where the model wrote text.
public final class Arguments {
    private static final Slice NONE = Slice.of("{}");

    private Arguments() {}

    /// The object that the text is. Models write text that is none, too; a conversation with such a
    /// call has to go on, so it becomes an object that holds it.
    public static Slice object(String text) {
        if (text.isBlank()) {
            return NONE;
        }
        Slice json = Slice.of(text);
        try {
            boolean object =
                    JsonCursor.read(
                            json,
                            "arguments",
                            cursor -> {
                                boolean is = cursor.isObject();
                                cursor.raw();
                                return is;
                            });
            if (object) {
                return json;
            }
        } catch (Problem malformed) {
            return wrapped(text);
        }
        return wrapped(text);
    }

    private static Slice wrapped(String text) {
        return new JsonOut().beginObject().name("arguments").text(text).endObject().slice();
    }
}
