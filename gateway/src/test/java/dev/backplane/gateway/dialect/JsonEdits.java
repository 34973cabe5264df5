package dev.backplane.gateway.dialect;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One JSON text with one value changed, or left out, for each value in it that has no parts.
final class JsonEdits {
    /// @param path `/messages/0/content`
    /// @param withoutAround the text without what the value is in, the nearest first
    record Edit(String path, Slice changed, Slice without, List<Slice> withoutAround) {
        Edit {
            withoutAround = List.copyOf(withoutAround);
        }
    }

    private sealed interface Node {}

    private record Leaf(Slice json) implements Node {}

    private record Items(List<Node> all) implements Node {}

    private record Named(Map<String, Node> all) implements Node {}

    private JsonEdits() {}

    static List<Edit> of(Slice json) {
        Node root = JsonCursor.read(json, "test", JsonEdits::node);
        List<String> paths = new ArrayList<>();
        paths(root, "", paths);
        return paths.stream()
                .map(path ->
                        new Edit(
                                path,
                                write(root, path, Optional.of(JsonEdits::change)),
                                write(root, path, Optional.empty()),
                                around(root, path)))
                .toList();
    }

    private static List<Slice> around(Node root, String path) {
        List<Slice> texts = new ArrayList<>();
        String at = path;
        while (at.lastIndexOf('/') > 0) {
            at = at.substring(0, at.lastIndexOf('/'));
            texts.add(write(root, at, Optional.empty()));
        }
        return texts;
    }

    private static Node node(JsonCursor cursor) {
        if (cursor.isObject()) {
            Map<String, Node> members = new LinkedHashMap<>();
            cursor.object(name -> members.put(name, node(cursor)));
            return members.isEmpty() ? new Leaf(Slice.of("{}")) : new Named(members);
        }
        if (cursor.isArray()) {
            List<Node> items = new ArrayList<>();
            cursor.array(() -> items.add(node(cursor)));
            return items.isEmpty() ? new Leaf(Slice.of("[]")) : new Items(items);
        }
        return new Leaf(cursor.raw());
    }

    private static void paths(Node node, String at, List<String> paths) {
        switch (node) {
            case Leaf(Slice json) -> {
                if (!json.equals(Slice.of("null"))) {
                    paths.add(at);
                }
            }
            case Items(List<Node> all) -> {
                for (int i = 0; i < all.size(); i++) {
                    paths(all.get(i), at + "/" + i, paths);
                }
            }
            case Named(Map<String, Node> all) ->
                    all.forEach((name, member) -> paths(member, at + "/" + name, paths));
        }
    }

    private interface Change {
        Slice of(Slice json);
    }

    private static Slice change(Slice json) {
        String text = json.text();
        return Slice.of(
                switch (text) {
                    case "true" -> "false";
                    case "false" -> "true";
                    case "{}" -> "{\"x\":1}";
                    case "[]" -> "[1]";
                    default ->
                            text.startsWith("\"")
                                    ? text.substring(0, text.length() - 1) + "x\""
                                    : text + "1";
                });
    }

    private static Slice write(Node root, String path, Optional<Change> change) {
        JsonOut out = new JsonOut();
        write(root, "", path, change, out);
        return out.slice();
    }

    private static void write(
            Node node, String at, String path, Optional<Change> change, JsonOut out) {
        switch (node) {
            case Leaf(Slice json) ->
                    out.json(at.equals(path) ? change.map(how -> how.of(json)).orElse(json) : json);
            case Items(List<Node> all) -> {
                out.beginArray();
                for (int i = 0; i < all.size(); i++) {
                    String next = at + "/" + i;
                    if (change.isPresent() || !next.equals(path)) {
                        write(all.get(i), next, path, change, out);
                    }
                }
                out.endArray();
            }
            case Named(Map<String, Node> all) -> {
                out.beginObject();
                all.forEach((name, member) -> {
                    String next = at + "/" + name;
                    if (change.isPresent() || !next.equals(path)) {
                        write(member, next, path, change, out.name(name));
                    }
                });
                out.endObject();
            }
        }
    }
}
