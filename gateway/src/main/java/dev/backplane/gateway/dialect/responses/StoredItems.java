package dev.backplane.gateway.dialect.responses;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/// Items as they are kept and listed: each with an id and a type, content as parts.
public final class StoredItems {
    private StoredItems() {}

    /// The items of a request in that form. References must have been looked up.
    public static List<Slice> ofRequest(ResponseId response, List<Slice> items) {
        List<Slice> stored = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            stored.add(normal(items.get(i), response, i));
        }
        return stored;
    }

    private static Slice normal(Slice item, ResponseId response, int index) {
        Map<String, Slice> members = members(item, "input[" + index + "]");
        String type = text(members, "type", "message");
        JsonOut out = new JsonOut().beginObject().name("id");
        out.text(text(members, "id", response.inputItem(prefix(type), index)));
        out.name("type").text(type);
        if (!members.containsKey("status")) {
            out.name("status").text("completed");
        }
        boolean assistant = text(members, "role", "").equals("assistant");
        members.forEach((name, json) -> {
            switch (name) {
                case "id", "type" -> {}
                case "content" ->
                        out.name(name).json(type.equals("message") ? parts(json, assistant) : json);
                default -> out.name(name).json(json);
            }
        });
        return out.endObject().slice();
    }

    private static String prefix(String type) {
        return switch (type) {
            case "message" -> "msg";
            case "reasoning" -> "rs";
            case "custom_tool_call", "custom_tool_call_output" -> "ctc";
            default -> "fc";
        };
    }

    private static Slice parts(Slice content, boolean assistant) {
        if (content.isEmpty() || content.at(0) != '"') {
            return content;
        }
        JsonOut out = new JsonOut().beginArray().beginObject().name("type");
        out.text(assistant ? "output_text" : "input_text").name("text").json(content);
        if (assistant) {
            out.name("annotations").beginArray().endArray();
        }
        return out.endObject().endArray().slice();
    }

    private static Map<String, Slice> members(Slice item, String where) {
        return JsonCursor.read(
                item,
                where,
                cursor -> {
                    Map<String, Slice> members = new LinkedHashMap<>();
                    cursor.object(name -> members.put(name, cursor.raw()));
                    return members;
                });
    }

    private static String text(Map<String, Slice> members, String name, String otherwise) {
        Slice json = members.getOrDefault(name, Slice.of("null"));
        return JsonCursor.read(json, name, cursor -> cursor.isNull() ? otherwise : cursor.text());
    }

    /// The elements of a member that is an array, or of the array itself where `member` is empty.
    public static List<Slice> elements(Slice json, String member) {
        return JsonCursor.read(
                json,
                "stored response",
                cursor -> {
                    List<Slice> elements = new ArrayList<>();
                    if (member.isEmpty()) {
                        cursor.array(() -> elements.add(cursor.raw()));
                        return elements;
                    }
                    cursor.object(name -> {
                        if (name.equals(member)) {
                            cursor.array(() -> elements.add(cursor.raw()));
                        } else {
                            cursor.skip();
                        }
                    });
                    return elements;
                });
    }

    public static Slice array(List<Slice> items) {
        JsonOut out = new JsonOut().beginArray();
        items.forEach(out::json);
        return out.endArray().slice();
    }

    public static String id(Slice item) {
        return text(members(item, "item"), "id", "");
    }

    /// The id that an item refers to; empty for an item itself.
    public static String reference(Slice item) {
        Map<String, Slice> members = members(item, "input");
        String type = text(members, "type", "");
        boolean bare = type.isEmpty() && !members.containsKey("role");
        return type.equals("item_reference") || bare ? text(members, "id", "") : "";
    }

    /// A page of items as a list object.
    ///
    /// @param items the oldest first
    /// @param after id of the item before the page's first, or empty
    /// @throws Problem `NOT_FOUND` if there is no item `after`
    public static Slice page(List<Slice> items, boolean newestFirst, String after, int limit) {
        List<Slice> ordered = newestFirst ? items.reversed() : items;
        int from = 0;
        if (!after.isEmpty()) {
            from =
                    index(ordered, after)
                                    .orElseThrow(() ->
                                            Problem.notFound("there is no such item", "after")
                                                    .fix("use last_id of the page before"))
                            + 1;
        }
        List<Slice> page = ordered.subList(from, Math.min(from + limit, ordered.size()));
        JsonOut out = new JsonOut().beginObject().name("object").text("list");
        out.name("data").json(array(page)).name("first_id");
        edge(out, page, 0);
        edge(out.name("last_id"), page, page.size() - 1);
        return out.name("has_more")
                .literal("" + (from + page.size() < ordered.size()))
                .endObject()
                .slice();
    }

    private static void edge(JsonOut out, List<Slice> page, int index) {
        if (page.isEmpty()) {
            out.literal("null");
        } else {
            out.text(id(page.get(index)));
        }
    }

    private static OptionalInt index(List<Slice> items, String id) {
        for (int i = 0; i < items.size(); i++) {
            if (id(items.get(i)).equals(id)) {
                return OptionalInt.of(i);
            }
        }
        return OptionalInt.empty();
    }
}
