package dev.backplane.text.grammar;

import dev.backplane.core.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The rules of JSON objects: declared members in their order, those that are not required left out
/// at will, others last.
final class ObjectRules {
    /// @param value the rule of its value
    record Member(String name, Rule value, boolean required) {}

    private final Map<String, Rule> rules;

    /// @param rules where the rules go that others refer to
    ObjectRules(Map<String, Rule> rules) {
        this.rules = rules;
    }

    /// @param others the rule of the values of members that are not declared, if there may be any
    Rule object(List<Member> members, Optional<Rule> others) {
        String name = define("object", Rule.EMPTY);
        Rule[] after = {others(members, others, true, name), others(members, others, false, name)};
        // From the last member to the first: what may follow, as the first member and as a later.
        for (Member member : members.reversed()) {
            Rule pair =
                    Rule.sequence(
                            Rule.literal(Json.write(json -> json.writeString(member.name))),
                            JsonRules.COLON,
                            new Rule.Reference(define("value", member.value)),
                            JsonRules.SPACE);
            Rule rest = new Rule.Reference(define("members", after[1]));
            Rule skipped = new Rule.Reference(define("members", after[0]));
            Rule first = Rule.sequence(pair, rest);
            Rule later = Rule.sequence(JsonRules.COMMA, pair, rest);
            after =
                    member.required
                            ? new Rule[] {first, later}
                            : new Rule[] {Rule.choice(first, skipped), Rule.choice(later, rest)};
        }
        rules.put(
                name,
                Rule.sequence(Rule.literal("{"), JsonRules.SPACE, after[0], Rule.literal("}")));
        return new Rule.Reference(name);
    }

    private String define(String kind, Rule rule) {
        String name = kind + " " + rules.size();
        rules.put(name, rule);
        return name;
    }

    private Rule others(List<Member> members, Optional<Rule> others, boolean first, String object) {
        if (others.isEmpty()) {
            return Rule.EMPTY;
        }
        String pairName = "other of " + object;
        if (!rules.containsKey(pairName)) {
            rules.put(
                    pairName,
                    Rule.sequence(
                            otherKey(members.stream().map(Member::name).toList()),
                            JsonRules.COLON,
                            others.get(),
                            JsonRules.SPACE));
        }
        Rule pair = new Rule.Reference(pairName);
        Rule more = new Rule.Repeat(Rule.sequence(JsonRules.COMMA, pair), 0, -1);
        return first ? Rule.optional(Rule.sequence(pair, more)) : more;
    }

    /// A key in quotes that is none of these. It is written without escapes, so that no escape can
    /// spell one of them.
    private Rule otherKey(List<String> names) {
        return Rule.sequence(Rule.literal("\""), new Rule.Reference(rest(names)));
    }

    /// What may follow, the quote included, when these are what is left of the names that begin as
    /// the key does. A rule that ended before its quote could end anywhere.
    private String rest(List<String> names) {
        TreeMap<Integer, List<String>> byFirst = new TreeMap<>();
        boolean ends = false;
        for (String name : names) {
            if (name.isEmpty()) {
                ends = true;
                continue;
            }
            int point = name.codePointAt(0);
            if (JsonRules.PLAIN.contains(point)) {
                byFirst.computeIfAbsent(point, _ -> new ArrayList<>())
                        .add(name.substring(Character.charCount(point)));
            }
        }
        CharSet other = JsonRules.PLAIN;
        List<Rule> options = new ArrayList<>();
        for (Map.Entry<Integer, List<String>> entry : byFirst.entrySet()) {
            CharSet one = CharSet.of(entry.getKey(), entry.getKey());
            other = other.without(one);
            options.add(
                    Rule.sequence(
                            new Rule.Characters(one), new Rule.Reference(rest(entry.getValue()))));
        }
        Rule plain = new Rule.Characters(JsonRules.PLAIN);
        Rule quote = Rule.literal("\"");
        options.add(
                Rule.sequence(new Rule.Characters(other), new Rule.Repeat(plain, 0, -1), quote));
        if (!ends) {
            options.add(quote);
        }
        return define("key", new Rule.Choice(options));
    }
}
