package dev.backplane.text.grammar;

import dev.backplane.core.Problem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A grammar as a machine over bytes with a stack.
///
/// Each rule is a net of positions. From a position one goes on over a byte, over nothing, or by a
/// call: into another rule, to come back to the position after the call. Characters are written as
/// the bytes of their UTF-8. What can be reached over nothing is worked out beforehand
/// (`closures`), so that following the machine looks at bytes, calls and ends only.
///
/// Rules must not begin with themselves: there would be no end to calling. Immutable.
final class Automaton {
    static final int POSITIONS_MAX = 400_000;
    private static final int DEPTH_MAX = 500;

    /// Of all positions together: optional parts in a row lead to all that follow.
    private static final int CLOSURES_MAX = 8_000_000;

    /// What a position leads to over nothing: positions with bytes, calls, and whether the rule may
    /// end there.
    record Closure(int[] terminals, int[] calledRules, int[] returns, boolean ends) {}

    private final int[] starts;
    private final int[][] edges;
    private final Closure[] closures;
    private final int outermost;

    private Automaton(int[] starts, int[][] edges, Closure[] closures, int outermost) {
        this.starts = starts;
        this.edges = edges;
        this.closures = closures;
        this.outermost = outermost;
    }

    int start(int rule) {
        return starts[rule];
    }

    int root() {
        return 0;
    }

    /// Triples: from byte, to byte, position.
    int[] edges(int position) {
        return edges[position];
    }

    Closure closure(int position) {
        return closures[position];
    }

    int size() {
        return edges.length;
    }

    /// Whether the position is of the root and nothing calls the root, so that the answer ends when
    /// the position's rule does.
    boolean isOutermost(int position) {
        return position < outermost;
    }

    /// @param rules by name; the order gives them numbers
    /// @param root the name of the rule that a whole answer is
    static Automaton compile(Map<String, Rule> rules, String root, String where) {
        return new Builder(rules, root, where).build();
    }

    /// For one compilation.
    private static final class Builder {
        private final Map<String, Rule> rules;
        private final String where;
        private final Map<String, Integer> numbers = new HashMap<>();
        private final List<String> names = new ArrayList<>();
        private final List<List<int[]>> bytes = new ArrayList<>();
        private final List<List<Integer>> nothing = new ArrayList<>();
        private final List<List<int[]>> calls = new ArrayList<>();
        private final BitSet ends = new BitSet();
        private long closureParts;

        Builder(Map<String, Rule> rules, String root, String where) {
            this.rules = rules;
            this.where = where;
            number(root);
        }

        private int number(String name) {
            if (!rules.containsKey(name)) {
                throw Problem.invalid("no rule '" + name + "'", where).fix("define the rule");
            }
            Integer known = numbers.get(name);
            if (known != null) {
                return known;
            }
            numbers.put(name, names.size());
            names.add(name);
            return names.size() - 1;
        }

        Automaton build() {
            List<Integer> starts = new ArrayList<>();
            for (int rule = 0; rule < names.size(); rule++) {
                int start = position();
                starts.add(start);
                Rule body = rules.get(names.get(rule));
                int end = add(body == null ? Rule.EMPTY : body, start, 0);
                ends.set(end);
            }
            Closure[] closures = new Closure[bytes.size()];
            for (int position = 0; position < closures.length; position++) {
                closures[position] = closure(position);
            }
            int[] first = starts.stream().mapToInt(Integer::intValue).toArray();
            refuseLeftRecursion(first, closures);
            int[][] edges = new int[bytes.size()][];
            for (int position = 0; position < edges.length; position++) {
                edges[position] =
                        bytes.get(position).stream().flatMapToInt(Arrays::stream).toArray();
            }
            return new Automaton(first, edges, closures, outermost(first, closures));
        }

        /// The root's positions are the first.
        private static int outermost(int[] starts, Closure[] closures) {
            boolean called =
                    Arrays.stream(closures)
                            .flatMapToInt(each -> Arrays.stream(each.calledRules))
                            .anyMatch(rule -> rule == 0);
            int own = starts.length == 1 ? closures.length : starts[1];
            return called ? 0 : own;
        }

        private int position() {
            if (bytes.size() >= POSITIONS_MAX) {
                throw Problem.tooLarge("a grammar of too many parts", where)
                        .fix(
                                "repetitions count by their number; at most %,d parts are accepted"
                                        .formatted(POSITIONS_MAX));
            }
            bytes.add(new ArrayList<>(2));
            nothing.add(new ArrayList<>(2));
            calls.add(new ArrayList<>(1));
            return bytes.size() - 1;
        }

        /// Adds the rule from a position on; the position behind it.
        private int add(Rule rule, int from, int depth) {
            if (depth > DEPTH_MAX) {
                throw Problem.invalid("a grammar that nests too deep", where)
                        .fix("at most %d levels are accepted".formatted(DEPTH_MAX));
            }
            switch (rule) {
                case Rule.Characters(CharSet set) -> {
                    int to = position();
                    set.ranges().forEach(range -> utf8(range.from(), range.to(), from, to));
                    return to;
                }
                case Rule.Sequence(List<Rule> parts) -> {
                    int at = from;
                    for (Rule part : parts) {
                        at = add(part, at, depth + 1);
                    }
                    return at;
                }
                case Rule.Choice(List<Rule> options) -> {
                    int to = position();
                    for (Rule option : options) {
                        int start = position();
                        nothing.get(from).add(start);
                        nothing.get(add(option, start, depth + 1)).add(to);
                    }
                    return to;
                }
                case Rule.Repeat(Rule repeated, int min, int max) -> {
                    int at = from;
                    for (int i = 0; i < min; i++) {
                        at = add(repeated, at, depth + 1);
                    }
                    return max < 0
                            ? loop(repeated, at, depth)
                            : upTo(repeated, at, max - min, depth);
                }
                case Rule.Reference(String name) -> {
                    int to = position();
                    calls.get(from).add(new int[] {number(name), to});
                    return to;
                }
            }
        }

        private int loop(Rule repeated, int from, int depth) {
            int start = position();
            nothing.get(from).add(start);
            nothing.get(add(repeated, start, depth + 1)).add(start);
            int to = position();
            nothing.get(start).add(to);
            return to;
        }

        private int upTo(Rule repeated, int from, int times, int depth) {
            int to = position();
            int at = from;
            for (int i = 0; i < times; i++) {
                nothing.get(at).add(to);
                int start = position();
                nothing.get(at).add(start);
                at = add(repeated, start, depth + 1);
            }
            nothing.get(at).add(to);
            return to;
        }

        /// Adds the bytes of all characters of a range, which is cut where lengths change, and then
        /// where the bytes behind the first are not all.
        private void utf8(int first, int last, int from, int to) {
            int[] limits = {0x7F, 0x7FF, 0xFFFF, 0x10FFFF};
            for (int length = 1; length <= 4; length++) {
                int low = Math.max(first, length == 1 ? 0 : limits[length - 2] + 1);
                int high = Math.min(last, limits[length - 1]);
                if (low <= high) {
                    sameLength(low, high, length, from, to);
                }
            }
        }

        private void sameLength(int low, int high, int length, int from, int to) {
            if (length == 1) {
                bytes.get(from).add(new int[] {low, high, to});
                return;
            }
            int[] a = encode(low, length);
            int[] b = encode(high, length);
            tail(a, b, 0, from, to);
        }

        private static int[] encode(int point, int length) {
            int[] encoded = new int[length];
            int rest = point;
            for (int i = length - 1; i > 0; i--) {
                encoded[i] = 0x80 | rest & 0x3F;
                rest >>= 6;
            }
            encoded[0] = 0xF00 >> length & 0xFF | rest;
            return encoded;
        }

        /// All byte sequences from `a` to `b`, from their byte `index` on.
        private void tail(int[] a, int[] b, int index, int from, int to) {
            if (index == a.length - 1) {
                bytes.get(from).add(new int[] {a[index], b[index], to});
                return;
            }
            if (a[index] == b[index]) {
                int next = position();
                bytes.get(from).add(new int[] {a[index], a[index], next});
                tail(a, b, index + 1, next, to);
                return;
            }
            int[] top = a.clone();
            Arrays.fill(top, index + 1, top.length, 0xBF);
            int[] bottom = b.clone();
            Arrays.fill(bottom, index + 1, bottom.length, 0x80);
            int low = a[index];
            int high = b[index];
            if (!Arrays.equals(a, filled(a, index + 1, 0x80))) {
                int next = position();
                bytes.get(from).add(new int[] {low, low, next});
                tail(a, top, index + 1, next, to);
                low++;
            }
            boolean partial = !Arrays.equals(b, filled(b, index + 1, 0xBF));
            int full = partial ? high - 1 : high;
            if (low <= full) {
                int at = position();
                bytes.get(from).add(new int[] {low, full, at});
                for (int i = index + 1; i < a.length - 1; i++) {
                    int next = position();
                    bytes.get(at).add(new int[] {0x80, 0xBF, next});
                    at = next;
                }
                bytes.get(at).add(new int[] {0x80, 0xBF, to});
            }
            if (partial) {
                int next = position();
                bytes.get(from).add(new int[] {high, high, next});
                tail(bottom, b, index + 1, next, to);
            }
        }

        private static int[] filled(int[] encoded, int from, int with) {
            int[] copy = encoded.clone();
            Arrays.fill(copy, from, copy.length, with);
            return copy;
        }

        private Closure closure(int position) {
            BitSet seen = new BitSet();
            List<Integer> open = new ArrayList<>(List.of(position));
            List<Integer> terminals = new ArrayList<>();
            List<int[]> called = new ArrayList<>();
            boolean end = false;
            seen.set(position);
            while (!open.isEmpty()) {
                int at = open.removeLast();
                if (++closureParts > CLOSURES_MAX) {
                    throw Problem.tooLarge("a grammar with too many optional parts in a row", where)
                            .fix("write what repeats as one repetition, or bound it lower");
                }
                if (!bytes.get(at).isEmpty()) {
                    terminals.add(at);
                }
                called.addAll(calls.get(at));
                end |= ends.get(at);
                for (int next : nothing.get(at)) {
                    if (!seen.get(next)) {
                        seen.set(next);
                        open.add(next);
                    }
                }
            }
            return new Closure(
                    terminals.stream().mapToInt(Integer::intValue).toArray(),
                    called.stream().mapToInt(call -> call[0]).toArray(),
                    called.stream().mapToInt(call -> call[1]).toArray(),
                    end);
        }

        private void refuseLeftRecursion(int[] starts, Closure[] closures) {
            boolean[] nullable = new boolean[starts.length];
            boolean changed = true;
            while (changed) {
                changed = false;
                for (int rule = 0; rule < starts.length; rule++) {
                    if (!nullable[rule] && reachesEnd(starts[rule], closures, nullable)) {
                        nullable[rule] = true;
                        changed = true;
                    }
                }
            }
            int[] state = new int[starts.length];
            for (int rule = 0; rule < starts.length; rule++) {
                visit(rule, starts, closures, nullable, state, 0);
            }
        }

        private static boolean reachesEnd(int start, Closure[] closures, boolean[] nullable) {
            return walk(start, closures, nullable, new ArrayList<>());
        }

        /// Whether the rule may end without a byte; the rules that it calls before any byte.
        private static boolean walk(
                int start, Closure[] closures, boolean[] nullable, List<Integer> called) {
            BitSet seen = new BitSet();
            List<Integer> open = new ArrayList<>(List.of(start));
            boolean end = false;
            while (!open.isEmpty()) {
                int at = open.removeLast();
                if (seen.get(at)) {
                    continue;
                }
                seen.set(at);
                Closure closure = closures[at];
                end |= closure.ends;
                for (int i = 0; i < closure.calledRules.length; i++) {
                    called.add(closure.calledRules[i]);
                    if (nullable[closure.calledRules[i]]) {
                        open.add(closure.returns[i]);
                    }
                }
            }
            return end;
        }

        private void visit(
                int rule,
                int[] starts,
                Closure[] closures,
                boolean[] nullable,
                int[] state,
                int depth) {
            if (state[rule] == 2) {
                return;
            }
            if (state[rule] == 1) {
                throw Problem.invalid(
                                "the rule '%s' begins with itself".formatted(names.get(rule)),
                                where)
                        .fix("write a repetition, or put the recursion at the end");
            }
            if (depth > 2_000) {
                throw Problem.invalid("rules that call each other too deep", where)
                        .fix("use fewer rules");
            }
            state[rule] = 1;
            List<Integer> called = new ArrayList<>();
            walk(starts[rule], closures, nullable, called);
            for (int next : called) {
                visit(next, starts, closures, nullable, state, depth + 1);
            }
            state[rule] = 2;
        }
    }
}
