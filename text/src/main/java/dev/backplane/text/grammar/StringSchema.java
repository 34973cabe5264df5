package dev.backplane.text.grammar;

import dev.backplane.core.JsonTree;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Rules of strings: their length, a pattern, or one of the formats that are held to. A format
/// beside a pattern or a length, and any other, says nothing about validity.
final class StringSchema {
    static final Set<String> KEYWORDS = Set.of("minLength", "maxLength", "pattern", "format");

    /// Days that every year has.
    private static final String DATE =
            "[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
                    + "|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))";

    private static final String TIME =
            "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?"
                    + "(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])";

    private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";

    /// RFC 3339, RFC 4122, RFC 2673 and the plain form of RFC 5321, as expressions that allow
    /// nothing else.
    private static final Map<String, String> FORMATS =
            Map.of(
                    "date",
                    DATE,
                    "time",
                    TIME,
                    "date-time",
                    DATE + "T" + TIME,
                    "uuid",
                    "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
                    "ipv4",
                    "(" + BYTE + "\\.){3}" + BYTE,
                    "email",
                    "[A-Za-z0-9_+-]{1,32}(\\.[A-Za-z0-9_+-]{1,15}){0,2}"
                            + "@([a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\\.){1,3}[a-z]{2,20}");

    private StringSchema() {}

    /// Whether strings are held to the format.
    static boolean isRule(JsonTree format) {
        return format instanceof JsonTree.Text(String name) && FORMATS.containsKey(name);
    }

    static Rule rule(SchemaNode node) {
        int min = node.count("minLength", 0);
        int max = node.count("maxLength", -1);
        Optional<String> pattern = node.text("pattern");
        if (pattern.isPresent()) {
            if (min > 0 || max >= 0) {
                throw node.refused("'pattern' beside a length");
            }
            Rule any = new Rule.Repeat(new Rule.Characters(CharSet.ALL), 0, -1);
            return JsonRules.quoted(
                    JsonRules.written(parser(pattern.get(), node, "pattern").somewhere(any)));
        }
        if (max >= 0 && max < min) {
            throw node.refused("a schema that nothing is valid for");
        }
        if (min > 0 || max >= 0) {
            return JsonRules.quoted(new Rule.Repeat(JsonRules.CHARACTER, min, max));
        }
        return node.text("format")
                .map(FORMATS::get)
                .map(format -> JsonRules.quoted(parser(format, node, "format").whole()))
                .orElse(new Rule.Reference("string"));
    }

    private static RegexParser parser(String expression, SchemaNode node, String keyword) {
        return new RegexParser(
                expression, "%s, %s/%s".formatted(node.where(), node.path(), keyword));
    }
}
