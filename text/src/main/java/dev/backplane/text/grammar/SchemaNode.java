package dev.backplane.text.grammar;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import java.util.Optional;

/// A schema that is an object, and where it stands.
///
/// @param where whose schema it is
/// @param path a pointer into it
record SchemaNode(JsonTree.Fields fields, String where, String path) {
    /// That something of it cannot be held to.
    Problem refused(String what) {
        return refused(what, where, path);
    }

    static Problem refused(String what, String where, String path) {
        return Problem.of(Problem.Kind.UNSUPPORTED, what, "%s, %s".formatted(where, path))
                .fix(
                        "use the keywords type, enum, const, properties, required,"
                                + " additionalProperties, items, prefixItems, minItems, maxItems,"
                                + " minLength, maxLength, pattern, format, bounds of numbers,"
                                + " anyOf, oneOf, allOf and $ref");
    }

    Optional<JsonTree> find(String name) {
        return fields.find(name).filter(value -> !(value instanceof JsonTree.Nothing));
    }

    /// The value of a keyword that is a text.
    Optional<String> text(String name) {
        return find(name)
                .map(value -> {
                    if (value instanceof JsonTree.Text(String text)) {
                        return text;
                    }
                    throw refused("'%s' that is no string".formatted(name));
                });
    }

    /// The value of a keyword that counts.
    int count(String name, int otherwise) {
        return find(name)
                .map(value -> {
                    if (value instanceof JsonTree.Number number
                            && number.digits().matches("\\d{1,6}")) {
                        return Integer.parseInt(number.digits());
                    }
                    throw refused("'%s' that is no whole number up to 999,999".formatted(name));
                })
                .orElse(otherwise);
    }
}
