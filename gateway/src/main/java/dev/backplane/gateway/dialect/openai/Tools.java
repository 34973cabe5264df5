package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Tool;
import java.util.function.Consumer;

/// Tools in the form of chats, for this dialect and those that took the form over.
public final class Tools {
    private Tools() {}

    /// The tool under the cursor.
    public static Tool read(JsonCursor cursor) {
        return ChatRequestReader.tool(cursor);
    }

    /// @param own whether whom it is for knows what is beside a plain function
    /// @param ignored told what is left out
    public static void write(JsonOut out, Tool tool, boolean own, Consumer<String> ignored) {
        if (own) {
            write(out, tool);
        } else if (tool instanceof Tool.Function function) {
            write(out, plain(function, ignored));
        } else {
            ignored.accept("tools");
        }
    }

    private static Tool plain(Tool.Function function, Consumer<String> ignored) {
        function.extras().members().keySet().forEach(name -> ignored.accept("tools." + name));
        function.outer().members().keySet().forEach(name -> ignored.accept("tools." + name));
        return new Tool.Function(
                function.name(),
                function.description(),
                function.parameters(),
                function.strict(),
                Extras.NONE,
                Extras.NONE);
    }

    static void write(JsonOut out, Tool tool) {
        switch (tool) {
            case Tool.Other(String _, Slice json) -> out.json(json);
            case Tool.Function function -> {
                out.beginObject().name("type").text("function").name("function").beginObject();
                out.name("name").text(function.name());
                if (!function.description().isEmpty()) {
                    out.name("description").text(function.description());
                }
                if (!function.parameters().isEmpty()) {
                    out.name("parameters").json(function.parameters());
                }
                function.strict().ifPresent(strict -> out.name("strict").literal("" + strict));
                MessageWriter.extras(out, function.extras());
                out.endObject();
                MessageWriter.extras(out, function.outer());
                out.endObject();
            }
        }
    }
}
