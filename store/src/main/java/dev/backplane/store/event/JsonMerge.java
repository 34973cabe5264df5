package dev.backplane.store.event;

import dev.backplane.core.Content;
import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanEvent.Deletion;
import dev.backplane.core.SpanEvent.MergeRules;
import dev.backplane.core.Value;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Merging of JSON values, for fields whose rule is DEEP, UNION or APPEND.
///
/// This is the one place that holds documents as trees: merges are rare, small and made at read or
/// compaction, never on the way in. A value above [#SIZE_MAX] does not merge, the later one
/// replaces it. Numbers keep their digits.
final class JsonMerge {
    static final int SIZE_MAX = 16 << 20;

    private static final JsonMapper MAPPER =
            JsonMapper.builder(Json.factory())
                    .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
                    .build();

    private JsonMerge() {}

    /// Whether two values are JSON that begins so and is short enough to be merged.
    static boolean areBoth(char open, Value first, Value second) {
        return begins(open, first) && begins(open, second);
    }

    private static boolean begins(char open, Value value) {
        if (!(value instanceof Value.Json(Content content)) || content.size() > SIZE_MAX) {
            return false;
        }
        try (InputStream in = content.open()) {
            int first = in.read();
            while (first == ' ' || first == '\n' || first == '\r' || first == '\t') {
                first = in.read();
            }
            return first == open;
        } catch (IOException e) {
            throw Problem.unavailable("content could not be read", "content").causedBy(e);
        }
    }

    /// Objects merge key by key; anything else is replaced by `newer`.
    static Content deep(Content older, Content newer, MergeRules rules, String field) {
        if (older.size() > SIZE_MAX || newer.size() > SIZE_MAX) {
            return newer;
        }
        try {
            JsonNode base = parse(older);
            JsonNode patch = parse(newer);
            if (!(base instanceof ObjectNode) || !(patch instanceof ObjectNode)) {
                return newer;
            }
            return text(deep(base, patch, List.of(field), rules));
        } catch (JacksonException notJson) {
            return newer;
        }
    }

    private static JsonNode deep(
            JsonNode older, JsonNode newer, List<String> path, MergeRules rules) {
        if (!(older instanceof ObjectNode base)
                || !(newer instanceof ObjectNode patch)
                || rules.replaceAt().contains(path)) {
            return newer;
        }
        patch.properties()
                .forEach(entry -> {
                    JsonNode present = base.get(entry.getKey());
                    List<String> inner = new ArrayList<>(path);
                    inner.add(entry.getKey());
                    base.set(
                            entry.getKey(),
                            present == null
                                    ? entry.getValue()
                                    : deep(present, entry.getValue(), inner, rules));
                });
        return base;
    }

    /// Arrays become one, in order; `distinct` drops elements seen before.
    static Content join(Content older, Content newer, boolean distinct) {
        if (older.size() > SIZE_MAX || newer.size() > SIZE_MAX) {
            return newer;
        }
        try {
            if (!(parse(older) instanceof ArrayNode first)
                    || !(parse(newer) instanceof ArrayNode second)) {
                return newer;
            }
            ArrayNode joined = MAPPER.createArrayNode();
            Set<JsonNode> seen = new LinkedHashSet<>();
            for (ArrayNode part : List.of(first, second)) {
                for (JsonNode element : part) {
                    if (!distinct || seen.add(element)) {
                        joined.add(element);
                    }
                }
            }
            return text(joined);
        } catch (JacksonException notJson) {
            return newer;
        }
    }

    /// Takes out of a field's value what the deletion names; `path` is within the value.
    static Content delete(Content value, List<String> path, Deletion deletion) {
        if (value.size() > SIZE_MAX) {
            return value;
        }
        try {
            JsonNode root = parse(value);
            JsonNode target = root;
            for (String key : path) {
                target = target.path(key);
            }
            switch (target) {
                case ObjectNode object ->
                        deletion.elements()
                                .forEach(key -> object.remove(MAPPER.readTree(key).asString()));
                case ArrayNode array -> {
                    List<JsonNode> gone =
                            deletion.elements().stream().map(MAPPER::readTree).toList();
                    for (int i = array.size() - 1; i >= 0; i--) {
                        if (gone.contains(array.get(i))) {
                            array.remove(i);
                        }
                    }
                }
                default -> {
                    return value;
                }
            }
            return text(root);
        } catch (JacksonException notJson) {
            return value;
        }
    }

    private static JsonNode parse(Content content) {
        Slice slice = content.read(SIZE_MAX);
        return MAPPER.readTree(slice.text());
    }

    private static Slice text(JsonNode node) {
        return Slice.of(MAPPER.writeValueAsString(node));
    }
}
