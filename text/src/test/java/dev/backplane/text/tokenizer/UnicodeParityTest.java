package dev.backplane.text.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.JsonTree;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Every class of characters that the families' expressions use means the same here as in the
/// engine that the models were trained with: each code point is cut in the same places.
///
/// Exempt are code points that Unicode assigned after that engine was made (its Unicode is older
/// than the JDK's); they are those that it counts as unassigned.
class UnicodeParityTest {
    @Test
    void codePointsAreCutInTheSamePlaces() {
        JsonTree.Fields vectors = Vectors.read("unicode");
        JsonTree runs = Vectors.member(vectors, "runs");
        BitSet unassigned = unassigned(Vectors.items(runs, "unassigned"));
        List<String> different = new ArrayList<>();
        int checked = 0;
        for (String name : List.of("gpt-2", "qwen35", "gpt-4o", "deepseek-v3", "word")) {
            List<JsonTree> parts = Vectors.items(runs, name);
            PreTokenizer cutter = cutter(name);
            for (int i = 0; i < parts.size(); i++) {
                int from = start(parts.get(i));
                int to = i + 1 < parts.size() ? start(parts.get(i + 1)) : 0x110000;
                String expected = expected(parts.get(i));
                // In the middle of a long run every seventh is as good as each.
                for (int point = from; point < to; point++) {
                    boolean edge = point < from + 8 || point > to - 8;
                    if (!edge && point % 7 != 0
                            || point >= 0xD800 && point < 0xE000
                            || unassigned.get(point)) {
                        continue;
                    }
                    checked++;
                    if (!cut(cutter, point).equals(expected)) {
                        different.add("%s U+%04X %s".formatted(name, point, expected));
                    }
                }
            }
        }
        assertThat(checked).isGreaterThan(100_000);
        assertThat(different).isEmpty();
    }

    private static BitSet unassigned(List<JsonTree> parts) {
        BitSet unassigned = new BitSet();
        for (int i = 0; i < parts.size(); i++) {
            int from = start(parts.get(i));
            int to = i + 1 < parts.size() ? start(parts.get(i + 1)) : 0x110000;
            // Cut off on both sides is the class itself: "a", the character, "b" and so on.
            unassigned.set(from, to, expected(parts.get(i)).startsWith("[0, 1][1, 2]"));
        }
        return unassigned;
    }

    private static int start(JsonTree part) {
        JsonTree first = ((JsonTree.Items) part).values().getFirst();
        return Integer.parseInt(((JsonTree.Number) first).digits());
    }

    private static String expected(JsonTree part) {
        StringBuilder bounds = new StringBuilder();
        for (JsonTree pair : ((JsonTree.Items) ((JsonTree.Items) part).values().get(1)).values()) {
            List<JsonTree> ends = ((JsonTree.Items) pair).values();
            bounds.append(
                    "[%s, %s]"
                            .formatted(
                                    ((JsonTree.Number) ends.get(0)).digits(),
                                    ((JsonTree.Number) ends.get(1)).digits()));
        }
        return bounds.toString();
    }

    private static String cut(PreTokenizer cutter, int point) {
        String character = Character.toString(point);
        StringBuilder bounds = new StringBuilder();
        int[] at = {0};
        cutter.split(
                "a" + character + "b" + character + character + " \n",
                true,
                (word, _) -> {
                    int length = word.codePointCount(0, word.length());
                    bounds.append("[%d, %d]".formatted(at[0], at[0] + length));
                    at[0] += length;
                });
        return bounds.toString();
    }

    private static PreTokenizer cutter(String name) {
        List<String> expressions =
                name.equals("word")
                        ? List.of("\\w+|[^\\w\\s]+")
                        : Families.byName(name).orElseThrow().expressions();
        return new PreTokenizer.Sequence(
                expressions.stream()
                        .<PreTokenizer>map(expression ->
                                new PreTokenizer.Split(
                                        SplitPattern.expression(expression, name),
                                        PreTokenizer.Behavior.ISOLATED,
                                        false))
                        .toList());
    }
}
