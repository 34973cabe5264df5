package dev.backplane.gateway.dialect;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;

/// Arguments of tool calls, for the dialects that hold them as an object and not as text.
public final class Arguments {
    private Arguments() {}

    /// The text itself if it is a JSON object, an empty object for no text. A model may write
    /// anything: what is no object becomes `{"INVALID_JSON": text}`, so that it reaches whoever is
    /// to deal with it.
    public static Slice object(String text) {
        if (text.isBlank()) {
            return Slice.of("{}");
        }
        Slice json = Slice.of(text.strip());
        return isObject(json)
                ? json
                : new JsonOut().beginObject().name("INVALID_JSON").text(text).endObject().slice();
    }

    private static boolean isObject(Slice json) {
        try {
            return JsonCursor.read(
                    json,
                    "arguments",
                    cursor -> {
                        boolean object = cursor.isObject();
                        cursor.skip();
                        return object;
                    });
        } catch (Problem malformed) {
            return false;
        }
    }
}
