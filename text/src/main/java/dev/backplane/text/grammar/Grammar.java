package dev.backplane.text.grammar;

import dev.backplane.core.JsonTree;
import java.util.List;
import java.util.Map;

/// What an answer may be, compiled.
///
/// ```java
/// Grammar grammar = Grammar.jsonSchema(schema, "response_format");
/// TokenMasks masks = new TokenMasks(grammar, trie);      // kept as long as the grammar is in use
/// GrammarMatcher matcher = masks.matcher();              // one an answer
/// long[] allowed = matcher.mask();                       // before each token
/// matcher.accept(token);
/// ```
///
/// Immutable.
public final class Grammar {
    private final Automaton automaton;

    private Grammar(Automaton automaton) {
        this.automaton = automaton;
    }

    /// A grammar in GBNF, whose rule `root` is the answer.
    public static Grammar gbnf(String source, String where) {
        return new Grammar(Automaton.compile(new GbnfParser(source, where).run(), "root", where));
    }

    /// An answer that the regular expression matches from its beginning to its end.
    public static Grammar regex(String expression, String where) {
        Rule rule = new RegexParser(expression, where).whole();
        return new Grammar(Automaton.compile(Map.of("root", rule), "root", where));
    }

    /// One of these texts.
    public static Grammar choice(List<String> texts, String where) {
        Rule rule = new Rule.Choice(texts.stream().map(Rule::literal).toList());
        return new Grammar(Automaton.compile(Map.of("root", rule), "root", where));
    }

    /// A JSON text that is valid for the schema. See [SchemaCompiler] for what is accepted.
    public static Grammar jsonSchema(JsonTree schema, String where) {
        SchemaCompiler compiler = new SchemaCompiler(schema, where);
        return new Grammar(Automaton.compile(compiler.run(), "root", where));
    }

    /// Any JSON object.
    public static Grammar jsonObject() {
        return jsonSchema(JsonTree.parse("{\"type\": \"object\"}", "grammar"), "grammar");
    }

    Automaton automaton() {
        return automaton;
    }

    /// Whether the text is one of the grammar's.
    public boolean matches(String text) {
        Stacks stacks = new Stacks(automaton);
        int set = stacks.start();
        for (byte value : text.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
            set = stacks.step(set, value & 0xFF);
        }
        return stacks.ends(set);
    }
}
