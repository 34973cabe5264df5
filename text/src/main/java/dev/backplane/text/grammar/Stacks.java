package dev.backplane.text.grammar;

import dev.backplane.core.Problem;
import dev.backplane.text.LongIntMap;
import dev.backplane.text.grammar.Automaton.Closure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Where an answer may stand in a grammar: sets of stacks, each set a number.
///
/// A stack is a position and the stack that one comes back to; equal stacks are one. A set holds
/// the stacks whose position has bytes, and whether the answer may end. What follows a set by a
/// byte is worked out once. So after a while a step is a look into a table.
///
/// For use by one thread.
final class Stacks {
    /// The set after which nothing can come.
    static final int DEAD = 0;

    /// The stack below all: coming back to it ends the answer.
    static final int BOTTOM = 0;

    private static final int UNKNOWN = -1;
    private static final int STACKS_MAX = 4_000_000;
    private static final int SET_MAX = 20_000;

    private final Automaton automaton;
    private final LongIntMap stackNumbers = new LongIntMap(256);
    private int[] positions = new int[256];
    private int[] below = new int[256];
    private int stackCount = 1;

    private final Map<Key, Integer> setNumbers = new HashMap<>();
    private final List<int[]> sets = new ArrayList<>();
    private final List<Boolean> ending = new ArrayList<>();
    private final List<int[]> steps = new ArrayList<>();

    private record Key(int[] stacks, boolean ends) {
        @Override
        public boolean equals(Object object) {
            return object instanceof Key(int[] otherStacks, boolean otherEnds)
                    && ends == otherEnds
                    && Arrays.equals(stacks, otherStacks);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(stacks) + Boolean.hashCode(ends);
        }
    }

    Stacks(Automaton automaton) {
        this.automaton = automaton;
        intern(new int[0], false);
    }

    int setCount() {
        return sets.size();
    }

    /// The set at the beginning of an answer.
    int start() {
        Expansion expansion = new Expansion();
        expansion.reach(automaton.start(automaton.root()), BOTTOM);
        return expansion.set();
    }

    /// The set of one position with bytes, above the bottom.
    int startAt(int terminal) {
        return intern(new int[] {stack(terminal, BOTTOM)}, false);
    }

    boolean ends(int set) {
        return ending.get(set);
    }

    /// The stacks of a set; their positions have bytes.
    int[] stacks(int set) {
        return sets.get(set);
    }

    int position(int stack) {
        return positions[stack];
    }

    /// Whether nothing can come once the stack's position has come to its rule's end.
    boolean isLast(int stack) {
        return below[stack] == BOTTOM;
    }

    int step(int set, int value) {
        int[] known = steps.get(set);
        if (known.length == 0) {
            known = new int[256];
            Arrays.fill(known, UNKNOWN);
            steps.set(set, known);
        }
        if (known[value] == UNKNOWN) {
            known[value] = follow(set, value);
        }
        return known[value];
    }

    private int follow(int set, int value) {
        Expansion expansion = new Expansion();
        for (int stack : sets.get(set)) {
            int[] edges = automaton.edges(positions[stack]);
            for (int i = 0; i < edges.length; i += 3) {
                if (edges[i] <= value && value <= edges[i + 1]) {
                    expansion.reach(edges[i + 2], below[stack]);
                }
            }
        }
        return expansion.set();
    }

    private int stack(int position, int parent) {
        long key = (long) position << 32 | parent;
        int known = stackNumbers.get(key);
        if (known >= 0) {
            return known;
        }
        if (stackCount >= STACKS_MAX) {
            throw Problem.tooLarge("an answer that nests too deep", "grammar")
                    .fix("use a grammar that bounds how deep an answer nests");
        }
        if (stackCount == positions.length) {
            positions = Arrays.copyOf(positions, 2 * stackCount);
            below = Arrays.copyOf(below, 2 * stackCount);
        }
        positions[stackCount] = position;
        below[stackCount] = parent;
        stackNumbers.putIfAbsent(key, stackCount);
        return stackCount++;
    }

    private int intern(int[] stacks, boolean ends) {
        Key key = new Key(stacks, ends);
        Integer known = setNumbers.get(key);
        if (known != null) {
            return known;
        }
        setNumbers.put(key, sets.size());
        sets.add(stacks);
        ending.add(ends);
        steps.add(new int[0]);
        return sets.size() - 1;
    }

    /// Collects what is reached, over calls and ends of rules.
    private final class Expansion {
        private final LongIntMap seen = new LongIntMap(16);
        private final List<Integer> found = new ArrayList<>();
        private final List<int[]> open = new ArrayList<>();
        private boolean ends;

        void reach(int position, int parent) {
            open.add(new int[] {position, parent});
            while (!open.isEmpty()) {
                int[] next = open.removeLast();
                if (seen.putIfAbsent((long) next[0] << 32 | next[1], 0)) {
                    expand(automaton.closure(next[0]), next[1]);
                }
            }
        }

        private void expand(Closure closure, int parent) {
            for (int terminal : closure.terminals()) {
                found.add(stack(terminal, parent));
                if (found.size() > SET_MAX) {
                    throw Problem.tooLarge("a grammar that is too ambiguous", "grammar")
                            .fix("write rules that do not overlap");
                }
            }
            for (int i = 0; i < closure.calledRules().length; i++) {
                int back = closure.returns()[i];
                // A call at the end of a rule comes back to where the rule does, so that lists
                // written as recursions do not grow.
                Closure after = automaton.closure(back);
                boolean tail =
                        after.ends()
                                && after.terminals().length == 0
                                && after.calledRules().length == 0;
                open.add(
                        new int[] {
                            automaton.start(closure.calledRules()[i]),
                            tail ? parent : stack(back, parent)
                        });
            }
            if (closure.ends()) {
                if (parent == BOTTOM) {
                    ends = true;
                } else {
                    open.add(new int[] {positions[parent], below[parent]});
                }
            }
        }

        int set() {
            int[] stacks = found.stream().mapToInt(Integer::intValue).sorted().distinct().toArray();
            return intern(stacks, ends);
        }
    }
}
