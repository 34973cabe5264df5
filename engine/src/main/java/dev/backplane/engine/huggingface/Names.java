package dev.backplane.engine.huggingface;

import dev.backplane.core.Problem;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// A family's table of names: for each tensor of a checkpoint, what GGUF calls it and how it gets
/// there.
///
/// ```
/// model.layers.#.self_attn.q_proj.weight          blk.#.attn_q.weight
/// model.layers.#.mlp.experts.@.up_proj.weight     blk.#.ffn_up.@.weight
/// model.layers.#.input_layernorm.weight           blk.#.attn_norm.weight      plus-one
/// model.layers.#.self_attn.rotary_emb.inv_freq    -
/// ```
///
/// `#` stands for the number of a layer, `@` for that of an expert, `-` for what decoders compute
/// themselves.
final class Names {
    /// Numbers of layers and experts have at most so many digits.
    private static final int DIGITS_MAX = 6;

    /// @param target the name in GGUF, for layer and expert of the tensor, or `-`
    /// @param change the third column, or nothing
    record Entry(String target, String change, int layer) {
        boolean isLeftOut() {
            return target.equals("-");
        }
    }

    private record Line(String target, String change) {}

    private final Map<String, Line> lines = new HashMap<>();

    private Names() {}

    static Names of(String... tables) {
        Names names = new Names();
        for (String table : tables) {
            for (String line : table.split("\n")) {
                String[] columns = line.strip().split(" +");
                if (columns.length >= 2) {
                    String change = columns.length > 2 ? columns[2] : "";
                    names.lines.put(columns[0], new Line(columns[1], change));
                }
            }
        }
        return names;
    }

    /// What becomes of a tensor; empty when the table does not know it.
    Optional<Entry> find(String name) {
        String[] parts = name.split("\\.", -1);
        String[] marks = {"#", "@"};
        String[] numbers = {"", ""};
        int count = 0;
        for (int i = 0; i < parts.length; i++) {
            if (count < marks.length && isNumber(parts[i])) {
                numbers[count] = parts[i];
                parts[i] = marks[count++];
            }
        }
        Line line = lines.get(String.join(".", parts));
        if (line == null) {
            return Optional.empty();
        }
        String target = line.target.replace("#", numbers[0]).replace("@", numbers[1]);
        int layer = numbers[0].isEmpty() ? -1 : Integer.parseInt(numbers[0]);
        return Optional.of(new Entry(target, line.change, layer));
    }

    private static boolean isNumber(String part) {
        return !part.isEmpty()
                && part.length() <= DIGITS_MAX
                && part.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    static Problem unknown(String name, String source) {
        return Problem.of(
                        Problem.Kind.NOT_IMPLEMENTED,
                        "tensor '%s' is not known".formatted(name),
                        source)
                .fix("use a model of this family without it, or its GGUF file");
    }
}
