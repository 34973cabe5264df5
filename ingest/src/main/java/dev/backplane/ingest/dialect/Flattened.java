package dev.backplane.ingest.dialect;

import dev.backplane.core.Value;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Attributes whose names are paths (`llm.input_messages.0.message.role`), as the tree that they
/// were before they were flattened.
final class Flattened {
    private static final int DEPTH_MAX = 32;

    private final Map<String, Flattened> children = new LinkedHashMap<>();
    private Optional<Value> value = Optional.empty();

    private Flattened() {}

    /// The tree below `prefix`, which ends in a dot.
    static Flattened of(List<Value.Attribute> attributes, String prefix) {
        Flattened root = new Flattened();
        for (Value.Attribute attribute : attributes) {
            if (attribute.name().startsWith(prefix)) {
                String[] path = attribute.name().substring(prefix.length()).split("\\.", DEPTH_MAX);
                Flattened node = root;
                for (String step : path) {
                    node = node.children.computeIfAbsent(step, _ -> new Flattened());
                }
                node.value = Optional.of(attribute.value());
            }
        }
        return root;
    }

    boolean isEmpty() {
        return children.isEmpty();
    }

    /// The node at a path, an empty one if there is none.
    Flattened at(String... path) {
        Flattened node = this;
        for (String step : path) {
            Flattened child = node.children.get(step);
            if (child == null) {
                return new Flattened();
            }
            node = child;
        }
        return node;
    }

    Optional<Value> value(String... path) {
        return at(path).value;
    }

    /// The children that are numbered, in order of their numbers.
    List<Flattened> elements() {
        return children.entrySet().stream()
                .filter(entry -> isNumber(entry.getKey()))
                .sorted(Comparator.comparingInt(entry -> Integer.parseInt(entry.getKey())))
                .map(Map.Entry::getValue)
                .toList();
    }

    private static boolean isNumber(String step) {
        return !step.isEmpty()
                && step.length() <= 9
                && step.chars().allMatch(c -> c >= '0' && c <= '9');
    }
}
