package dev.backplane.text.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.testkit.Gen;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MaskTest {
    private static final List<Grammar> GRAMMARS =
            List.of(
                    Grammar.jsonObject(),
                    Grammar.regex("(a|ab)*[0-9]{2,5}(é|🙂)?", "r"),
                    Grammar.choice(List.of("true", "tru", "null", "\": "), "c"),
                    Grammar.regex("[a-z ]{3,20}!|[a-z]{2,30}", "r"),
                    Grammar.gbnf(
                            "root ::= (\"<\" word{2,9} \">\")+\nword ::= [a-z]{0,7} \" \"", "g"),
                    Grammar.gbnf("root ::= [a-z]{1,9} (\"(\" root \")\")? | [a-z ]{4}", "g"),
                    Grammar.gbnf("root ::= \"{\" (root (\",\" root)*)? \"}\"", "g"),
                    Grammar.jsonSchema(
                            JsonTree.parse(
                                    "{\"properties\": {\"name\": {\"type\": \"string\"}, \"age\":"
                                            + " {\"type\": \"integer\"}, \"city\": {\"type\":"
                                            + " \"string\", \"minLength\": 2, \"maxLength\": 12}}}",
                                    "s"),
                            "s"));

    /// A mask has exactly the tokens whose bytes can be followed one by one.
    @Test
    void masksAreExact() {
        TokenTrie trie = Vocabularies.small();
        for (Grammar grammar : GRAMMARS) {
            TokenMasks masks = new TokenMasks(grammar, trie);
            Gen.check(
                    12,
                    random -> {
                        GrammarMatcher matcher = masks.matcher();
                        Stacks stacks = new Stacks(grammar.automaton());
                        int set = stacks.start();
                        for (int i = 0; i < 40; i++) {
                            List<Integer> allowed = new ArrayList<>();
                            for (int token = 0; token < Vocabularies.END; token++) {
                                int next = follow(stacks, set, Vocabularies.bytes(token));
                                assertThat(matcher.allows(token))
                                        .as("token %d after %d tokens", token, i)
                                        .isEqualTo(next != Stacks.DEAD);
                                if (next != Stacks.DEAD) {
                                    allowed.add(token);
                                }
                            }
                            assertThat(matcher.allows(Vocabularies.END))
                                    .isEqualTo(stacks.ends(set));
                            if (allowed.isEmpty()) {
                                break;
                            }
                            int token = Gen.pick(random, allowed);
                            matcher.accept(token, Vocabularies.bytes(token));
                            set = follow(stacks, set, Vocabularies.bytes(token));
                        }
                    });
        }
    }

    private static int follow(Stacks stacks, int set, byte[] bytes) {
        int next = set;
        for (byte value : bytes) {
            next = stacks.step(next, value & 0xFF);
        }
        return next;
    }

    @Test
    void anAnswerEndsOnceAndOnlyWhereItMay() {
        GrammarMatcher matcher =
                new TokenMasks(Grammar.choice(List.of("12"), "c"), Vocabularies.small()).matcher();

        assertThat(matcher.mayEnd()).isFalse();
        assertThatThrownBy(() -> matcher.accept(Vocabularies.END, new byte[0]))
                .isInstanceOf(Problem.class);
        assertThatThrownBy(() -> matcher.accept('x', new byte[] {'x'}))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("token 120 may not come here");
        matcher.accept('1', new byte[] {'1'});
        matcher.accept('2', new byte[] {'2'});
        assertThat(matcher.mayEnd()).isTrue();
        assertThat(matcher.allows('2')).isFalse();
        matcher.accept(Vocabularies.END, new byte[0]);
        assertThat(matcher.allows(Vocabularies.END)).isTrue();
        assertThat(matcher.allows('1')).isFalse();
    }

    /// Lists and right recursion of any length stay on a stack of one height.
    @Test
    void longAnswersStaySmall() {
        Grammar grammar = Grammar.gbnf("root ::= [a-z] | [a-z] \",\" root", "g");
        GrammarMatcher matcher = new TokenMasks(grammar, Vocabularies.small()).matcher();
        for (int i = 0; i < 50_000; i++) {
            matcher.accept('a', new byte[] {'a'});
            matcher.accept(',', new byte[] {','});
        }
        matcher.accept('a', new byte[] {'a'});
        assertThat(matcher.mayEnd()).isTrue();
    }
}
