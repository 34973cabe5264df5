package dev.backplane.local.provider;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.util.List;

/// Token ids that a client sent.
final class Tokens {
    private Tokens() {}

    /// @throws Problem `INVALID` for anything but an array of ids that there are
    static int[] read(Slice json, int vocabulary) {
        if (!(JsonTree.parse(json.text(), "prompt")
                instanceof JsonTree.Items(List<JsonTree> values))) {
            throw Problem.invalid("no array of tokens", "prompt").fix("give an array of ids");
        }
        return values.stream().mapToInt(value -> token(value, vocabulary)).toArray();
    }

    private static int token(JsonTree value, int vocabulary) {
        if (value instanceof JsonTree.Number number
                && number.digits().matches("[0-9]{1,9}")
                && Integer.parseInt(number.digits()) < vocabulary) {
            return Integer.parseInt(number.digits());
        }
        throw Problem.invalid("there is no such token", "prompt")
                .fix("give ids from 0 to %d".formatted(vocabulary - 1));
    }

    static int[] of(List<Integer> ids) {
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }
}
