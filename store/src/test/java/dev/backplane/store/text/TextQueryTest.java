package dev.backplane.store.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.testkit.Gen;
import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextQueryTest {
    /// The query as a term, to compare with.
    private static String shown(TextQuery query) {
        return switch (query) {
            case TextQuery.Word(String word) -> word;
            case TextQuery.Prefix(String prefix) -> prefix + "*";
            case TextQuery.Phrase(List<String> words, boolean prefix) ->
                    "<" + String.join(" ", words) + (prefix ? "*>" : ">");
            case TextQuery.Fuzzy(String word, int edits) -> word + "~" + edits;
            case TextQuery.Path(String path, String value, boolean prefix) ->
                    path + "=" + value + (prefix ? "*" : "");
            case TextQuery.And(List<TextQuery> parts) ->
                    "and" + parts.stream().map(TextQueryTest::shown).toList();
            case TextQuery.Or(List<TextQuery> parts) ->
                    "or" + parts.stream().map(TextQueryTest::shown).toList();
            case TextQuery.Not(TextQuery part) -> "not " + shown(part);
        };
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            textBlock =
                    """
                    refund                         | refund
                    Refund POLICY                  | and[refund, policy]
                    "basic economy" refund         | and[<basic economy>, refund]
                    get_user                       | <get user>
                    北京                           | <北 京>
                    econ*                          | econ*
                    get_us*                        | <get us*>
                    "basic econ"*                  | <basic econ*>
                    refnd~                         | refnd~1
                    refnd~2                        | refnd~2
                    a OR b c                       | or[a, and[b, c]]
                    a AND (b OR c)                 | and[a, or[b, c]]
                    -a b                           | and[not a, b]
                    NOT (a b)                      | not and[a, b]
                    NOT NOT a                      | a
                    a -"b c"                       | and[a, not <b c>]
                    oregon android nothing         | and[oregon, android, nothing]
                    "OR"                           | or
                    or and not                     | and[or, and, not]
                    role:user                      | role=user
                    tool_calls.function.name:get_* | tool_calls.function.name=get_*
                    name:"Ann Lee"                 | name=Ann Lee
                    name:"Ann L"*                  | name=Ann L*
                    name:*                         | name=*
                    12:30                          | <12 30>
                    https://example.org            | <https example org>
                    error:                         | error
                    "say \\"hi\\""                  | <say hi>
                    "a" "b"                        | and[a, b]
                    (a)(b)                         | and[a, b]
                    """)
    void parses(String query, String expected) {
        assertThat(shown(TextQuery.parse(query))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            textBlock =
                    """
                    a "b       | 3
                    (a         | 1
                    a )        | 3
                    a ()       | 3
                    a OR       | 5
                    OR a       | 1
                    a AND      | 6
                    AND a      | 1
                    a OR OR b  | 6
                    NOT        | 4
                    a - b      | 3
                    a & b      | 3
                    ""         | 1
                    *          | 1
                    a b~3      | 3
                    a a.b~     | 3
                    🛫         | 1
                    a name:1234567890123456789012345678901234567890123456789012345678901234x | 3
                    """)
    void refusesWithTheColumn(String query, int column) {
        assertThatThrownBy(() -> TextQuery.parse(query))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> {
                            assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
                            assertThat(problem.where()).isEqualTo("text query, column " + column);
                            assertThat(problem.fix()).isNotEmpty();
                        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  "})
    void refusesNothing(String query) {
        assertThatThrownBy(() -> TextQuery.parse(query)).isInstanceOf(Problem.class);
    }

    @Test
    void boundsSize() {
        for (String query :
                List.of("(".repeat(1000) + "a", "a ".repeat(1000), "a".repeat(10_000))) {
            assertThatThrownBy(() -> TextQuery.parse(query)).isInstanceOf(Problem.class);
        }
        assertThat(TextQuery.parse("-".repeat(4000) + "a")).isEqualTo(new TextQuery.Word("a"));
    }

    @Test
    void anyInputIsAQueryOrAProblem() {
        Gen.check(
                3000,
                random -> {
                    StringBuilder query = new StringBuilder();
                    for (int i = random.nextInt(12); i > 0; i--) {
                        query.append(
                                Gen.pick(
                                        random,
                                        "a",
                                        "(",
                                        ")",
                                        "\"",
                                        "-",
                                        "*",
                                        "~",
                                        ":",
                                        "OR",
                                        "NOT",
                                        " ",
                                        " ",
                                        "\\",
                                        "1",
                                        "北",
                                        "b.c",
                                        Gen.string(random, 4)));
                    }
                    try {
                        TextQuery.parse(query.toString());
                    } catch (Problem problem) {
                        assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
                    }
                });
    }

    @Test
    void combinesSetsAsItJudgesOne() {
        Gen.check(
                300,
                random -> {
                    TextQuery query = query(random, 4);
                    int universe = random.nextInt(20);
                    BitSet[] sets = new BitSet[4];
                    for (int i = 0; i < sets.length; i++) {
                        sets[i] = new BitSet();
                        for (int j = 0; j < universe; j++) {
                            sets[i].set(j, random.nextBoolean());
                        }
                    }
                    BitSet result = query.evaluate(universe, leaf -> sets[number(leaf)]);
                    for (int j = 0; j < universe; j++) {
                        int thing = j;
                        assertThat(result.get(j))
                                .isEqualTo(query.holds(leaf -> sets[number(leaf)].get(thing)));
                    }
                    assertThat(result.length()).isLessThanOrEqualTo(universe);
                    assertThat(query.leaves()).containsAll(query.wanted());
                });
    }

    private static int number(TextQuery.Leaf leaf) {
        return ((TextQuery.Word) leaf).word().charAt(0) - 'a';
    }

    private static TextQuery query(RandomGenerator random, int depth) {
        return switch (random.nextInt(depth == 0 ? 1 : 5)) {
            case 1 -> new TextQuery.Not(query(random, depth - 1));
            case 2 ->
                    new TextQuery.And(List.of(query(random, depth - 1), query(random, depth - 1)));
            case 3 -> new TextQuery.Or(List.of(query(random, depth - 1), query(random, depth - 1)));
            default -> new TextQuery.Word(Gen.pick(random, "a", "b", "c", "d"));
        };
    }

    @Test
    void wantsWhatIsNotExcluded() {
        TextQuery query = TextQuery.parse("a -b -(c -d) a");

        assertThat(query.wanted()).extracting(TextQueryTest::shown).containsExactly("a", "d");
        assertThat(query.leaves()).hasSize(4);
    }
}
