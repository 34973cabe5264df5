package dev.backplane.text.template;

import dev.backplane.core.JsonTree;
import dev.backplane.text.MarkedText;
import dev.backplane.text.template.Value.Dict;
import dev.backplane.text.template.Value.Int;
import dev.backplane.text.template.Value.Real;
import dev.backplane.text.template.Value.Seq;
import dev.backplane.text.template.Value.Str;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// JSON as Python's values.
final class JsonValues {
    /// Roles that servers know. A template may build a control token of one, so that any other is
    /// untrusted.
    private static final Set<String> ROLES =
            Set.of(
                    "system",
                    "developer",
                    "user",
                    "assistant",
                    "tool",
                    "function",
                    "ipython",
                    "observation",
                    "environment",
                    "model");

    private JsonValues() {}

    static Value of(JsonTree json, boolean trusted) {
        return switch (json) {
            case JsonTree.Nothing() -> Value.NONE;
            case JsonTree.Flag(boolean flag) -> Value.of(flag);
            case JsonTree.Number number ->
                    number.isWhole()
                            ? new Int(new BigInteger(number.digits()))
                            : new Real(number.real());
            case JsonTree.Text(String text) -> text(text, trusted);
            case JsonTree.Items(List<JsonTree> values) ->
                    Seq.list(values.stream().map(item -> of(item, trusted)).toList());
            case JsonTree.Fields(Map<String, JsonTree> members) -> {
                Dict dict = new Dict();
                members.forEach((key, member) -> dict.put(text(key, trusted), of(member, trusted)));
                yield dict;
            }
        };
    }

    private static Value text(String text, boolean trusted) {
        return new Str(trusted ? MarkedText.trusted(text) : MarkedText.untrusted(text));
    }

    /// Untrusted but for the names of known roles.
    static Value ofMessages(JsonTree messages) {
        return messages instanceof JsonTree.Items(List<JsonTree> values)
                ? Seq.list(values.stream().map(JsonValues::ofMessage).toList())
                : of(messages, false);
    }

    private static Value ofMessage(JsonTree message) {
        if (!(message instanceof JsonTree.Fields(Map<String, JsonTree> members))) {
            return of(message, false);
        }
        Dict dict = new Dict();
        members.forEach((key, member) -> {
            boolean role =
                    key.equals("role")
                            && member instanceof JsonTree.Text(String text)
                            && ROLES.contains(text);
            dict.put(text(key, false), of(member, role));
        });
        return dict;
    }
}
