package dev.backplane.text.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.testkit.Gen;
import java.util.List;
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
