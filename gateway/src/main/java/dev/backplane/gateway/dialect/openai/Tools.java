package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Tool;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Tools in the form of chats, for this dialect and those that took the form over.
public final class Tools {
    private Tools() {}

    /// The tool under the cursor.
    public static Tool read(JsonCursor cursor) {
        return ChatRequestReader.tool(cursor);
    }

    /// What can be said of tools.
    ///
    /// @param own whether whom it is for knows what is beside a plain function
    /// @param ignored told what is left out
    public static List<Tool> known(List<Tool> tools, boolean own, Consumer<String> ignored) {
        if (own) {
            return tools;
        }
        List<Tool> known = new ArrayList<>();
        for (Tool tool : tools) {
            switch (tool) {
                case Tool.Function function -> known.add(plain(function, ignored));
                case Tool.Other(String type, Slice _) -> ignored.accept("tools." + type);
            }
        }
        return known;
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

    public static void write(JsonOut out, Tool tool) {
        switch (tool) {
            case Tool.Other(String _, Slice json) -> out.json(json);
            case Tool.Function function when !function.json().isEmpty() ->
                    out.json(function.json());
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
