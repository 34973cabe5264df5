package dev.backplane.text.grammar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.testkit.Gen;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GrammarTest {
    @Test
    void gbnfMeansWhatItSays() {
        Grammar grammar =
                Grammar.gbnf(
                        """
                        # an answer
                        root ::= ("yes" | "no") reason? |
                                 list
                        reason ::= ": " [^\\n"]{2,4} [!.]*   # a few
                        list ::= "[" (item ("," item)*)? "]"
                        item ::= [0-9]+ | list | "\\x41\\u00e9" | .
                        """,
                        "g");
        assertThat(
                        List.of(
                                "yes",
                                "no",
                                "no: ab",
                                "no: äöüx!!..",
                                "[]",
                                "[1]",
                                "[12,[3,[]]]",
                                "[Aé]",
                                "[🙂,x]"))
                .allMatch(grammar::matches);
        assertThat(
                        List.of(
                                "",
                                "maybe",
                                "yes: a",
                                "yes: abcde",
                                "yes: a\n",
                                "[",
                                "[1,]",
                                "[12x]",
                                "[]x",
                                "[🙂🙂]"))
                .noneMatch(grammar::matches);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "root ::= \"a|a text that does not end (g, line 1, column 12)",
                "root = \"a\"|expected '::=' (g, line 1, column 6)",
                "root ::= nope|no rule 'nope' (g)",
                "other ::= \"a\"|no rule 'root' (g)",
                "root ::= [|a class that does not end (g, line 1, column 11)",
                "root ::= [z-a]|a range that runs backwards (g, line 1, column 14)",
                "root ::= \"a\"{3,2}|a repetition that cannot be read (g, line 1, column 17)",
                "root ::= root \"a\" ¦ \"b\"|the rule 'root' begins with itself (g)",
                "root ::= a? root ¦ \"b\"\\na ::= \"a\"|the rule 'root' begins with itself (g)",
                "root ::= \"a\" )|expected the end of the rule (g, line 1, column 14)",
            })
    void aGrammarThatCannotBeUsedIsRefused(String source, String message) {
        assertThatThrownBy(() -> Grammar.gbnf(source.replace("\\n", "\n").replace("¦", "|"), "g"))
                .isInstanceOf(Problem.class)
                .hasMessage(message)
                .matches(e -> !((Problem) e).fix().isEmpty(), "says what to do");
    }

    @Test
    void whatWouldNotFitIsRefused() {
        for (String source :
                new String[] {
                    "root ::= (\"abcdefgh\"{99999}){99999}",
                    "root ::= " + "(".repeat(100_000),
                    "root ::= \"a\"" + "?".repeat(5_000),
                }) {
            assertThatThrownBy(() -> Grammar.gbnf(source, "g")).isInstanceOf(Problem.class);
        }
    }

    /// Against the JDK's expressions, on texts of the characters that matter.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "[a-c]+x?",
                "(ab|a)(c|bcd)*",
                "a{2,4}b{0,1}c{2}",
                "\\d{3}-\\w+",
                "[^a]b.",
                "(?:x|y|(z+))?a",
                "^a|b$",
                "(a|b|é|🙂)*c",
                "[\\da-c]+[^\\d]",
                "\\x61\\u0062\\.",
                "a*?b+?",
            })
    void expressionsMatchWhatTheJdkMatches(String expression) {
        Grammar grammar = Grammar.regex(expression, "g");
        Pattern pattern = Pattern.compile("(?:" + expression + ")");
        Gen.check(
                400,
                random -> {
                    StringBuilder text = new StringBuilder();
                    for (int i = Gen.integer(random, 0, 8); i > 0; i--) {
                        text.append(
                                Gen.pick(
                                        random, "a", "b", "c", "x", "z", "1", "-", "é", "🙂", "."));
                    }
                    assertThat(grammar.matches(text.toString()))
                            .as("'%s' on '%s'", expression, text)
                            .isEqualTo(pattern.matcher(text).matches());
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"(?=a)b", "(a)\\1", "a**b(", "[z-a]", "\\bx", "a{5,2}", "a^b", "[[:x:]]"})
    void anExpressionThatNeedsMoreThanOnePassIsRefused(String expression) {
        assertThatThrownBy(() -> Grammar.regex(expression, "g"))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("g, character");
    }

    @Test
    void boundsOfNumbersAreExact() {
        Gen.check(
                200,
                random -> {
                    BigDecimal low = decimal(random, 300);
                    BigDecimal high = low.add(decimal(random, 300).abs());
                    boolean above = random.nextBoolean();
                    boolean below = random.nextBoolean();
                    String schema =
                            "{\"type\": \"number\", \"%s\": %s, \"%s\": %s}"
                                    .formatted(
                                            above ? "exclusiveMinimum" : "minimum",
                                            low.toPlainString(),
                                            below ? "exclusiveMaximum" : "maximum",
                                            high.toPlainString());
                    if ((above || below) && low.compareTo(high) == 0) {
                        return;
                    }
                    Grammar grammar = Grammar.jsonSchema(JsonTree.parse(schema, "s"), "s");
                    List<BigDecimal> numbers = new ArrayList<>(List.of(low, high));
                    for (int i = 0; i < 60; i++) {
                        BigDecimal base = random.nextBoolean() ? low : high;
                        numbers.add(base.add(decimal(random, random.nextBoolean() ? 2 : 400)));
                    }
                    for (BigDecimal number : numbers) {
                        int order = number.compareTo(low);
                        int other = number.compareTo(high);
                        boolean inside =
                                (above ? order > 0 : order >= 0)
                                        && (below ? other < 0 : other <= 0);
                        if (number.signum() != 0) { // there is only one zero, without a sign
                            assertThat(grammar.matches(number.toPlainString()))
                                    .as("%s for %s", number.toPlainString(), schema)
                                    .isEqualTo(inside);
                        }
                    }
                });
    }

    private static BigDecimal decimal(RandomGenerator random, int most) {
        int scale = random.nextInt(4);
        long unscaled = Gen.integer(random, -most, most);
        return BigDecimal.valueOf(unscaled, scale);
    }

    /// What would take time or memory without end ends, with an answer or a refusal.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "(a?){50000}",
                "((a?){300}){300}",
                "(((((a|b)?)*)?)*)?c",
                "(a|a|a|a|a|a|a|a)*b",
                "((((a{0,50}){0,50}){0,50}){0,50})",
                "(a*)*(b*)*(c*)*",
            })
    void hostileExpressionsEnd(String expression) {
        Grammar grammar;
        try {
            grammar = Grammar.regex(expression, "g");
        } catch (Problem refused) {
            assertThat(refused.kind()).isEqualTo(Problem.Kind.TOO_LARGE);
            assertThat(refused.fix()).isNotEmpty();
            return;
        }
        GrammarMatcher matcher = new TokenMasks(grammar, Vocabularies.small()).matcher();
        for (int i = 0; i < 20 && matcher.allows('a'); i++) {
            matcher.accept('a', new byte[] {'a'});
        }
        assertThat(matcher.mask()).isNotEmpty();
    }

    /// Where a form leaves one way on, its text is foreseen; where it does not, nothing is.
    @Test
    void theOnlyWayOnIsForeseen() {
        JsonTree schema =
                JsonTree.parse(
                        "{\"type\": \"object\", \"additionalProperties\": false, \"required\":"
                                + " [\"path\", \"line\"], \"properties\": {\"path\": {\"type\":"
                                + " \"string\"}, \"line\": {\"const\": 17}}}",
                        "s");
        TokenMasks masks = new TokenMasks(Grammar.jsonSchema(schema, "s"), Vocabularies.small());
        GrammarMatcher matcher = masks.matcher();
        assertThat(text(matcher.expected(64))).isEqualTo("{\"path\": ");
        for (char letter : "{\"path\":\"x\"".toCharArray()) {
            matcher.accept(letter, new byte[] {(byte) letter});
        }
        assertThat(matcher.expected(0)).isEmpty();
        assertThat(text(matcher.expected(4))).isEqualTo(", \"lin");
        for (char letter : ",\"line\":".toCharArray()) {
            matcher.accept(letter, new byte[] {(byte) letter});
        }
        assertThat(text(matcher.expected(64))).isEqualTo("17");
    }

    private static String text(int[] tokens) {
        StringBuilder text = new StringBuilder();
        for (int token : tokens) {
            text.append(new String(Vocabularies.bytes(token), UTF_8));
        }
        return text.toString();
    }

    @Test
    void boundsOfIntegersAreExact() {
        Gen.check(
                60,
                random -> {
                    long low = Gen.integer(random, -2_000L, 2_000L);
                    long high = low + Gen.integer(random, 0L, 1_500L);
                    Grammar grammar =
                            Grammar.jsonSchema(
                                    JsonTree.parse(
                                            "{\"minimum\": %d, \"maximum\": %d}"
                                                    .formatted(low, high),
                                            "s"),
                                    "s");
                    for (long number = low - 20; number < high + 20; number++) {
                        assertThat(grammar.matches(String.valueOf(number)))
                                .as("%d in %d..%d", number, low, high)
                                .isEqualTo(number >= low && number <= high);
                    }
                    assertThat(grammar.matches("-0")).isFalse();
                });
    }

    @Test
    void aChoiceIsOneOfItsTexts() {
        Grammar grammar = Grammar.choice(List.of("red", "green", "re"), "c");
        assertThat(List.of("red", "green", "re")).allMatch(grammar::matches);
        assertThat(List.of("", "r", "redd", "greenred")).noneMatch(grammar::matches);
    }
}
