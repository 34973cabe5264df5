package dev.backplane.store.database;

import dev.backplane.core.Field;
import dev.backplane.store.SpanRow;
import dev.backplane.store.Subtree;
import dev.backplane.store.TreePart;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/// What stands below each span of a trace, added up, when it ran and what it is called. Made in one
/// pass over the trace's rows, on all processors; 46 bytes a span remain. Immutable.
///
/// The critical path is found from the end: of what runs below a span, the child that ends last
/// held the span up; before that child began, the one that ended last then, and so on. A child
/// counts up to the end of its parent, however the clocks of their machines differ. Spans without
/// both times are on no path.
final class Subtrees {
    /// What is looked at of a row.
    private static final Set<Field> WANTED =
            EnumSet.of(
                    Field.NAME,
                    Field.KIND,
                    Field.START_TIME,
                    Field.END_TIME,
                    Field.STATUS,
                    Field.INPUT_TOKENS,
                    Field.OUTPUT_TOKENS,
                    Field.COST);

    /// Rows that one thread reads at a time; they lie together, mostly.
    private static final int STRETCH = 16_384;

    private final TraceShape shape;
    private final int[] errors;
    private final long[] inputTokens;
    private final long[] outputTokens;
    private final double[] costs;
    private final BitSet critical;
    private final BitSet failed;
    private final Times times;
    private final Labels labels;

    private Subtrees(TraceShape shape) {
        this.shape = shape;
        this.times = new Times(new long[shape.size()], new long[shape.size()]);
        this.labels = new Labels(shape.size());
        this.failed = new BitSet(shape.size());
        this.errors = new int[shape.size()];
        this.inputTokens = new long[shape.size()];
        this.outputTokens = new long[shape.size()];
        this.costs = new double[shape.size()];
        this.critical = new BitSet(shape.size());
    }

    static Subtrees of(View view, TraceShape shape) {
        Subtrees sums = new Subtrees(shape);
        IntStream.range(0, Math.ceilDiv(shape.size(), STRETCH))
                .parallel()
                .forEach(stretch -> sums.read(view, stretch * STRETCH));
        sums.addUp();
        sums.mark();
        return sums;
    }

    private void read(View view, int from) {
        int to = Math.min(shape.size(), from + STRETCH);
        Map<Integer, IntFunction<SpanRow>> parts = new HashMap<>();
        for (int position = from; position < to; position++) {
            SpanRow row =
                    parts.computeIfAbsent(
                                    shape.part(position), part -> view.shortRows(part, WANTED))
                            .apply(shape.row(position));
            times.starts[position] = row.startNanos();
            times.ends[position] = row.endNanos();
            labels.set(position, row);
            errors[position] = row.failed() ? 1 : 0;
            inputTokens[position] = Math.max(0, row.inputTokens());
            outputTokens[position] = Math.max(0, row.outputTokens());
            costs[position] = Double.isNaN(row.cost()) ? 0 : row.cost();
        }
    }

    private void addUp() {
        for (int position = 0; position < shape.size(); position++) {
            failed.set(position, errors[position] > 0);
        }
        for (int position = shape.size() - 1; position >= 0; position--) {
            int parent = shape.parent(position);
            if (parent != TraceShape.NONE) {
                errors[parent] += errors[position];
                inputTokens[parent] += inputTokens[position];
                outputTokens[parent] += outputTokens[position];
                costs[parent] += costs[position];
            }
        }
    }

    /// Nanoseconds by position; 0 where nobody said.
    private record Times(long[] starts, long[] ends) {
        boolean known(int position) {
            return starts[position] != 0 && ends[position] >= starts[position];
        }
    }

    /// A span on the path, and the moment up to which it holds the trace up.
    private record Step(int position, long until) {}

    private void mark() {
        List<Step> open = new ArrayList<>();
        follow(roots(), Long.MAX_VALUE, open);
        while (!open.isEmpty()) {
            Step step = open.removeLast();
            int first = step.position() + 1;
            int end = step.position() + shape.subtreeSize(step.position());
            follow(siblings(first, end), step.until(), open);
        }
    }

    private List<Integer> roots() {
        return siblings(0, shape.size());
    }

    /// From a position to before another: those of which none is below another.
    private List<Integer> siblings(int from, int end) {
        List<Integer> siblings = new ArrayList<>();
        for (int i = from; i < end; i += shape.subtreeSize(i)) {
            siblings.add(i);
        }
        return siblings;
    }

    private void follow(List<Integer> siblings, long until, List<Step> open) {
        siblings.removeIf(position -> !times.known(position));
        siblings.sort(Comparator.comparingLong((Integer i) -> times.ends[i]).reversed());
        long cursor = until;
        boolean last = true;
        for (int position : siblings) {
            // What outlives its parent is cut off there; that can be so of the last one only.
            boolean reaches = times.ends[position] <= cursor || last;
            if (reaches && times.starts[position] < cursor) {
                critical.set(position);
                open.add(new Step(position, Math.min(times.ends[position], cursor)));
                cursor = times.starts[position];
                last = false;
            }
        }
    }

    /// The positions that a part of the tree is about.
    BitSet part(TreePart part) {
        return switch (part) {
            case ALL -> {
                BitSet all = new BitSet(shape.size());
                all.set(0, shape.size());
                yield all;
            }
            case FAILED -> (BitSet) failed.clone();
            case CRITICAL -> (BitSet) critical.clone();
        };
    }

    boolean critical(int position) {
        return critical.get(position);
    }

    boolean failed(int position) {
        return failed.get(position);
    }

    Labels.Label label(int position) {
        return labels.get(position);
    }

    /// Since 1970; 0 when no start has come.
    long startNanos(int position) {
        return times.starts[position];
    }

    /// Since 1970; 0 while the span is open.
    long endNanos(int position) {
        return times.ends[position];
    }

    List<Subtree> window(int offset, int limit) {
        List<Subtree> window = new ArrayList<>();
        int end = (int) Math.min(shape.size(), (long) offset + limit);
        for (int i = offset; i < end; i++) {
            window.add(
                    new Subtree(
                            shape.subtreeSize(i),
                            errors[i],
                            inputTokens[i],
                            outputTokens[i],
                            costs[i],
                            critical.get(i)));
        }
        return window;
    }
}
