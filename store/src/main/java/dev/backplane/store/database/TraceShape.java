package dev.backplane.store.database;

import dev.backplane.store.SpanRow;
import dev.backplane.store.TreeRow;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;

/// The shape of a trace: six ints a span, so that a million spans are a few megabytes, and rows are
/// read only for the window that is looked at. Immutable.
///
/// Spans whose parent is missing, and one span of each cycle, are roots.
final class TraceShape {
    static final int NONE = -1;

    /// Where node i's row is: part and row number.
    private final int[] parts;

    private final int[] rows;
    private final int[] depths;
    private final int[] childCounts;

    /// Parent's position in pre-order, or -1.
    private final int[] parents;

    /// Nodes below, and the node itself.
    private final int[] sizes;

    private TraceShape(int[] parts, int[] rows, int[] depths, int[] childCounts, int[] parents) {
        this.parts = parts;
        this.rows = rows;
        this.depths = depths;
        this.childCounts = childCounts;
        this.parents = parents;
        this.sizes = sizes(parents);
    }

    /// In pre-order a child comes after its parent.
    private static int[] sizes(int[] parents) {
        int[] sizes = new int[parents.length];
        for (int i = parents.length - 1; i >= 0; i--) {
            sizes[i]++;
            if (parents[i] != NONE) {
                sizes[parents[i]] += sizes[i];
            }
        }
        return sizes;
    }

    static TraceShape of(View view, String trace) {
        TraceRuns runs = TraceRuns.of(view, trace);
        return order(runs.parts(), runs.rows(), runs.parents());
    }

    /// Puts nodes that are in order of time into pre-order.
    private static TraceShape order(int[] parts, int[] rows, int[] parents) {
        int size = rows.length;
        int[] firstChild = filled(size);
        int[] nextSibling = filled(size);
        int[] counts = new int[size];
        for (int i = size - 1; i >= 0; i--) {
            int parent = parents[i];
            if (parent != NONE && parent != i) {
                nextSibling[i] = firstChild[parent];
                firstChild[parent] = i;
                counts[parent]++;
            }
        }
        Walk walk = new Walk(size);
        for (int i = 0; i < size; i++) {
            if (parents[i] == NONE || parents[i] == i) {
                walk.from(i, firstChild, nextSibling);
            }
        }
        for (int i = 0; i < size; i++) {
            walk.from(i, firstChild, nextSibling);
        }
        int[] position = new int[size];
        for (int i = 0; i < size; i++) {
            position[walk.order[i]] = i;
        }
        int[] orderedParents = filled(size);
        for (int i = 0; i < size; i++) {
            int parent = parents[walk.order[i]];
            orderedParents[i] = walk.depths[i] == 0 || parent == NONE ? NONE : position[parent];
        }
        return new TraceShape(
                permuted(parts, walk.order),
                permuted(rows, walk.order),
                walk.depths,
                permuted(counts, walk.order),
                orderedParents);
    }

    private static int[] filled(int size) {
        int[] array = new int[size];
        Arrays.fill(array, NONE);
        return array;
    }

    private static int[] permuted(int[] values, int[] order) {
        return Arrays.stream(order).map(i -> values[i]).toArray();
    }

    /// A depth-first walk without recursion; visits nothing twice.
    private static final class Walk {
        final int[] order;
        final int[] depths;
        private final int[] stack;
        private final int[] stackDepths;
        private final boolean[] seen;
        private int visited;

        Walk(int size) {
            order = new int[size];
            depths = new int[size];
            stack = new int[size + 1];
            stackDepths = new int[size + 1];
            seen = new boolean[size];
        }

        void from(int root, int[] firstChild, int[] nextSibling) {
            if (seen[root]) {
                return;
            }
            visit(root, 0);
            int top = push(0, firstChild[root], 1);
            while (top > 0) {
                int node = stack[--top];
                int depth = stackDepths[top];
                top = push(top, nextSibling[node], depth);
                if (!seen[node]) {
                    visit(node, depth);
                    top = push(top, firstChild[node], depth + 1);
                }
            }
        }

        private int push(int top, int node, int depth) {
            if (node == NONE) {
                return top;
            }
            stack[top] = node;
            stackDepths[top] = depth;
            return top + 1;
        }

        private void visit(int node, int depth) {
            seen[node] = true;
            order[visited] = node;
            depths[visited++] = depth;
        }
    }

    int size() {
        return rows.length;
    }

    /// The positions that are in the sets, with all their ancestors.
    BitSet matching(Map<Integer, BitSet> found) {
        BitSet matched = new BitSet(size());
        for (int i = 0; i < size(); i++) {
            BitSet set = found.get(parts[i]);
            if (set != null && set.get(rows[i])) {
                matched.set(i);
            }
        }
        return matched;
    }

    BitSet withAncestors(BitSet positions) {
        BitSet all = (BitSet) positions.clone();
        for (int i = size() - 1; i >= 0; i--) {
            if (all.get(i) && parents[i] != NONE) {
                all.set(parents[i]);
            }
        }
        return all;
    }

    TreeRow row(View view, int position, boolean matched) {
        return new TreeRow(
                view.row(parts[position], rows[position]),
                depths[position],
                childCounts[position],
                matched,
                position,
                sizes[position]);
    }

    /// Where the row stands, or [#NONE].
    int position(int part, int row) {
        for (int i = 0; i < rows.length; i++) {
            if (rows[i] == row && parts[i] == part) {
                return i;
            }
        }
        return NONE;
    }

    /// The position of the node's parent, or [#NONE].
    int parent(int position) {
        return parents[position];
    }

    /// Of the node and all below it, which stand in one run after it.
    int subtreeSize(int position) {
        return sizes[position];
    }

    /// A node's row less all that would have to be read from contents.
    SpanRow shortRow(View view, int position) {
        return view.shortRow(parts[position], rows[position]);
    }

    /// The part that holds a node's row.
    int part(int position) {
        return parts[position];
    }

    /// The number of a node's row in its part.
    int row(int position) {
        return rows[position];
    }

    /// What [View#value] wants to know of a node.
    long locator(int position) {
        return (long) parts[position] << 32 | rows[position];
    }
}
