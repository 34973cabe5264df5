package dev.backplane.gateway.parse;

import dev.backplane.core.Problem;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.json.JsonScan;
import dev.backplane.gateway.model.Tool;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The tools that a model was offered and the types of their parameters, for formats that write
/// every value as text.
public final class ToolTypes {
    /// No tools.
    public static final ToolTypes NONE = new ToolTypes(List.of());

    private enum Kind {
        STRING,
        INTEGER,
        NUMBER,
        BOOLEAN,
        OBJECT,
        ARRAY,
        NULL
    }

    /// What a parameter may be.
    record Type(Set<Kind> kinds) {
        static final Type TEXT = new Type(EnumSet.of(Kind.STRING));
        static final Type ANY = new Type(EnumSet.allOf(Kind.class));

        boolean isText() {
            return kinds.equals(TEXT.kinds);
        }

        /// A value as JSON: of the first type that it can be, else a string.
        String json(String text) {
            String word = text.strip();
            String lower = word.toLowerCase(Locale.ROOT);
            if (kinds.contains(Kind.NULL) && (lower.equals("null") || lower.equals("none"))) {
                return "null";
            }
            if (kinds.contains(Kind.BOOLEAN) && (lower.equals("true") || lower.equals("false"))) {
                return lower;
            }
            boolean number = JsonScan.NUMBER.matcher(word).matches();
            boolean whole = number && word.matches("-?[0-9]+");
            if (whole && kinds.contains(Kind.INTEGER) || number && kinds.contains(Kind.NUMBER)) {
                return word;
            }
            boolean structure =
                    kinds.contains(Kind.OBJECT) && word.startsWith("{")
                            || kinds.contains(Kind.ARRAY) && word.startsWith("[");
            return structure && isClean(word) ? word : JsonWords.quote(text);
        }

        private static boolean isClean(String json) {
            JsonScan scan = new JsonScan();
            for (int i = 0; i < json.length(); i++) {
                scan.take(json.charAt(i));
                if (scan.inText() && json.charAt(i) < ' ') {
                    return false;
                }
            }
            return JsonScan.isValue(json);
        }
    }

    private final Map<String, Map<String, Type>> tools = new HashMap<>();

    public ToolTypes(List<Tool> offered) {
        for (Tool tool : offered) {
            if (tool instanceof Tool.Function function) {
                tools.put(function.name(), parameters(function));
            }
        }
    }

    boolean isEmpty() {
        return tools.isEmpty();
    }

    /// The tool, if there is but one.
    Optional<String> only() {
        return tools.size() == 1 ? tools.keySet().stream().findFirst() : Optional.empty();
    }

    boolean offers(String tool) {
        return tools.containsKey(tool);
    }

    /// Of a parameter; text if nothing is said about it.
    Type type(String tool, String parameter) {
        return tools.getOrDefault(tool, Map.of()).getOrDefault(parameter, Type.TEXT);
    }

    /// A schema that is none says nothing about types; the provider is the one to complain.
    private static Map<String, Type> parameters(Tool.Function function) {
        Map<String, Type> types = new HashMap<>();
        if (function.parameters().isEmpty()) {
            return types;
        }
        try {
            JsonCursor.read(
                    function.parameters(),
                    function.name(),
                    cursor -> {
                        members(
                                cursor,
                                "properties",
                                () -> cursor.object(name -> types.put(name, type(cursor))));
                        return true;
                    });
        } catch (Problem noSchema) {
            types.clear();
        }
        return types;
    }

    private static void members(JsonCursor cursor, String wanted, Runnable reader) {
        cursor.object(name -> {
            if (name.equals(wanted) && (cursor.isObject() || cursor.isArray())) {
                reader.run();
            } else {
                cursor.skip();
            }
        });
    }

    private static Type type(JsonCursor cursor) {
        Set<Kind> kinds = new HashSet<>();
        collect(cursor, kinds);
        return kinds.isEmpty() ? Type.TEXT : new Type(EnumSet.copyOf(kinds));
    }

    private static void collect(JsonCursor cursor, Set<Kind> kinds) {
        if (!cursor.isObject()) {
            cursor.skip();
            return;
        }
        cursor.object(name -> {
            if (name.equals("type") && cursor.isText()) {
                add(cursor.text(), kinds);
            } else if (name.equals("type") && cursor.isArray()) {
                cursor.array(() -> {
                    if (cursor.isText()) {
                        add(cursor.text(), kinds);
                    } else {
                        cursor.skip();
                    }
                });
            } else if ((name.equals("anyOf") || name.equals("oneOf")) && cursor.isArray()) {
                cursor.array(() -> collect(cursor, kinds));
            } else {
                cursor.skip();
            }
        });
    }

    private static void add(String type, Set<Kind> kinds) {
        for (Kind kind : Kind.values()) {
            if (kind.name().toLowerCase(Locale.ROOT).equals(type)) {
                kinds.add(kind);
            }
        }
    }
}
