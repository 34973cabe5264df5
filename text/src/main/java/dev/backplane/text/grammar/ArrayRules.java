package dev.backplane.text.grammar;

import java.util.List;

/// Rules of the items of an array.
final class ArrayRules {
    private ArrayRules() {}

    /// The items from one place on, with what separates them.
    static Rule items(int place, List<Rule> first, Rule item, int min, int max) {
        if (max >= 0 && place >= max) {
            return Rule.EMPTY;
        }
        if (place >= first.size() && place > 0) {
            int least = Math.max(0, min - place);
            Rule more = Rule.sequence(JsonRules.COMMA, item, JsonRules.SPACE);
            return new Rule.Repeat(more, least, max < 0 ? -1 : max - place);
        }
        Rule here = place < first.size() ? first.get(place) : item;
        Rule rest =
                Rule.sequence(
                        place == 0 ? Rule.EMPTY : JsonRules.COMMA,
                        here,
                        JsonRules.SPACE,
                        items(place + 1, first, item, min, max));
        return place >= min ? Rule.optional(rest) : rest;
    }
}
