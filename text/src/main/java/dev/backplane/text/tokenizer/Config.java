package dev.backplane.text.tokenizer;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// An object of a tokenizer's configuration, with its path for messages.
record Config(JsonTree.Fields fields, String path) {
    static Config of(JsonTree value, String path) {
        if (value instanceof JsonTree.Fields fields) {
            return new Config(fields, path);
        }
        throw Problem.invalid(value.kind(), path).fix("an object is accepted");
    }

    private Optional<JsonTree> find(String name) {
        return fields.find(name).filter(value -> !(value instanceof JsonTree.Nothing));
    }

    Problem refused(String name, String wanted) {
        String found = fields.find(name).map(JsonTree::kind).orElse("nothing");
        return Problem.invalid(found, path + "." + name).fix(wanted + " is accepted");
    }

    boolean has(String name) {
        return find(name).isPresent();
    }

    String text(String name) {
        if (find(name).orElse(JsonTree.NOTHING) instanceof JsonTree.Text(String value)) {
            return value;
        }
        throw refused(name, "a string");
    }

    String text(String name, String otherwise) {
        return has(name) ? text(name) : otherwise;
    }

    boolean flag(String name, boolean otherwise) {
        return switch (find(name).orElse(JsonTree.NOTHING)) {
            case JsonTree.Flag(boolean value) -> value;
            case JsonTree.Nothing _ -> otherwise;
            case JsonTree _ -> throw refused(name, "true or false");
        };
    }

    int integer(String name) {
        if (find(name).orElse(JsonTree.NOTHING) instanceof JsonTree.Number number
                && number.digits().matches("\\d{1,9}")) {
            return Integer.parseInt(number.digits());
        }
        throw refused(name, "a whole number below 1,000,000,000");
    }

    int integer(String name, int otherwise) {
        return has(name) ? integer(name) : otherwise;
    }

    Optional<Config> child(String name) {
        return find(name).map(value -> of(value, path + "." + name));
    }

    Config required(String name) {
        return child(name).orElseThrow(() -> refused(name, "an object"));
    }

    List<JsonTree> items(String name) {
        return switch (find(name).orElse(JsonTree.NOTHING)) {
            case JsonTree.Items(List<JsonTree> values) -> values;
            case JsonTree.Nothing _ -> List.of();
            case JsonTree _ -> throw refused(name, "an array");
        };
    }

    List<Config> children(String name) {
        List<Config> children = new ArrayList<>();
        for (JsonTree value : items(name)) {
            children.add(of(value, "%s.%s[%d]".formatted(path, name, children.size())));
        }
        return children;
    }

    /// The problem for a type that is not known.
    Problem unknownType(String type, String accepted) {
        return Problem.of(Problem.Kind.UNSUPPORTED, "the type '" + type + "'", path)
                .fix("accepted are " + accepted);
    }
}
