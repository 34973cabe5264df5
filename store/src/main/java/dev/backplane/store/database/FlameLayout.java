package dev.backplane.store.database;

import dev.backplane.store.Flame;
import dev.backplane.store.Flame.Bar;
import dev.backplane.store.database.Labels.Label;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// In which lane of a flame each span stands. At most 8 bytes a span remain, beside what [Subtrees]
/// keeps. Immutable.
///
/// In pre-order, a span takes the first lane below its parent's that is free from its start on. So
/// within a lane spans come by time and overlap nothing, and a window of it is found by halving.
/// Which lane is free is asked of a tree of the lanes' ends, because a span may have a million
/// children at the same time.
final class FlameLayout {
    /// Narrower bars have no name: it could not be read.
    private static final int NAME_COLUMNS = 10;

    private final TraceShape shape;
    private final Subtrees sums;
    private final long origin;
    private final long length;

    /// Positions in the tree, by lane and then by time.
    private final int[] order;

    /// Where each lane begins in `order`; one more than there are lanes.
    private final int[] begins;

    private FlameLayout(
            TraceShape shape, Subtrees sums, long origin, long length, int[] order, int[] begins) {
        this.shape = shape;
        this.sums = sums;
        this.origin = origin;
        this.length = length;
        this.order = order;
        this.begins = begins;
    }

    static FlameLayout of(TraceShape shape, Subtrees sums) {
        long origin = Long.MAX_VALUE;
        long end = Long.MIN_VALUE;
        for (int i = 0; i < shape.size(); i++) {
            if (sums.startNanos(i) != 0) {
                origin = Math.min(origin, sums.startNanos(i));
                end = Math.max(end, Math.max(sums.startNanos(i), sums.endNanos(i)));
            }
        }
        int[] laneOf = new int[shape.size()];
        FreeLanes free = new FreeLanes();
        int placed = 0;
        for (int i = 0; i < shape.size(); i++) {
            int parent = shape.parent(i);
            int least = parent == TraceShape.NONE ? 0 : Math.abs(laneOf[parent]);
            if (sums.startNanos(i) == 0) {
                // It is not drawn; what it called stands where it would.
                laneOf[i] = -(least + 1);
            } else {
                long until = sums.endNanos(i) == 0 ? end : sums.endNanos(i);
                laneOf[i] = 1 + free.take(least, sums.startNanos(i), until);
                placed++;
            }
        }
        int[] begins = new int[free.taken + 1];
        for (int lane : laneOf) {
            if (lane > 0) {
                begins[lane]++;
            }
        }
        for (int lane = 0; lane < free.taken; lane++) {
            begins[lane + 1] += begins[lane];
        }
        int[] next = begins.clone();
        int[] order = new int[placed];
        for (int i = 0; i < laneOf.length; i++) {
            if (laneOf[i] > 0) {
                order[next[laneOf[i] - 1]++] = i;
            }
        }
        return placed == 0
                ? new FlameLayout(shape, sums, 0, 0, order, begins)
                : new FlameLayout(shape, sums, origin, end - origin, order, begins);
    }

    /// Until when each lane is taken. A tree of minima over the lanes, in an array: node `i` is the
    /// lesser of `2i` and `2i + 1`, leaves are the lanes.
    private static final class FreeLanes {
        private long[] least = minima(1_024);
        private int taken;

        private static long[] minima(int lanes) {
            long[] minima = new long[2 * lanes];
            Arrays.fill(minima, Long.MIN_VALUE);
            return minima;
        }

        int take(int from, long start, long end) {
            while (from >= least.length / 2) {
                grow();
            }
            int node = firstFree(from, start);
            while (node == 0) {
                grow();
                node = firstFree(from, start);
            }
            int lane = node - least.length / 2;
            taken = Math.max(taken, lane + 1);
            // Of those that begin in one instant and take none, each is seen by itself.
            least[node] = Math.max(end, start + 1);
            for (int up = node / 2; up > 0; up /= 2) {
                least[up] = Math.min(least[2 * up], least[2 * up + 1]);
            }
            return lane;
        }

        /// @return the leaf, or 0 when all are taken
        private int firstFree(int from, long start) {
            int leaves = least.length / 2;
            int node = from + leaves;
            while (least[node] > start) {
                while (node % 2 == 1) {
                    node /= 2;
                }
                if (node == 0) {
                    return 0;
                }
                node++;
            }
            while (node < leaves) {
                node = least[2 * node] > start ? 2 * node + 1 : 2 * node;
            }
            return node;
        }

        private void grow() {
            int leaves = least.length / 2;
            long[] larger = minima(2 * leaves);
            System.arraycopy(least, leaves, larger, 2 * leaves, leaves);
            for (int node = 2 * leaves - 1; node > 0; node--) {
                larger[node] = Math.min(larger[2 * node], larger[2 * node + 1]);
            }
            least = larger;
        }
    }

    Flame window(View view, Flame.Window asked) {
        Flame.Window window =
                new Flame.Window(
                        asked.from(),
                        Math.min(asked.to(), length),
                        asked.columns(),
                        asked.lane(),
                        asked.lanes());
        List<Bar> bars = new ArrayList<>();
        int lanes = begins.length - 1;
        int last = (int) Math.min(lanes, (long) window.lane() + window.lanes());
        for (int lane = window.lane(); lane < last; lane++) {
            addLane(view, window, lane, bars);
        }
        return new Flame(order.length, origin, length, lanes, bars);
    }

    private long from(int position) {
        return sums.startNanos(position) - origin;
    }

    private long to(int position) {
        long end = sums.endNanos(position);
        return end == 0 ? length : Math.max(end - origin, from(position));
    }

    /// The first place of a lane whose span ends at a time or later.
    private int firstEnding(int lane, long time) {
        int low = begins[lane];
        int high = begins[lane + 1];
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (to(order[middle]) < time) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private void addLane(View view, Flame.Window window, int lane, List<Bar> bars) {
        long column = Math.max(1, (window.to() - window.from()) / window.columns());
        int place = firstEnding(lane, window.from());
        while (place < begins[lane + 1] && from(order[place]) <= window.to()) {
            int first = order[place];
            int next = place + 1;
            if (isNarrow(first, column)) {
                long cell = Math.floorDiv(from(first) - window.from(), column);
                while (next < begins[lane + 1]
                        && isNarrow(order[next], column)
                        && Math.floorDiv(from(order[next]) - window.from(), column) == cell) {
                    next++;
                }
            }
            bars.add(bar(view, lane, place, next, column));
            place = next;
        }
    }

    private boolean isNarrow(int position, long column) {
        return to(position) - from(position) < column;
    }

    /// The spans at some places of a lane as one bar.
    private Bar bar(View view, int lane, int place, int next, long column) {
        int errors = 0;
        boolean critical = false;
        boolean open = false;
        for (int i = place; i < next; i++) {
            errors += sums.failed(order[i]) ? 1 : 0;
            critical |= sums.critical(order[i]);
            open |= sums.endNanos(order[i]) == 0;
        }
        int first = order[place];
        long from = from(first);
        long to = to(order[next - 1]);
        Label label = sums.label(first);
        boolean named = next == place + 1 && to - from >= NAME_COLUMNS * column;
        return new Bar(
                lane,
                from,
                to,
                next - place,
                errors,
                critical,
                open,
                first,
                label.kind(),
                named ? label.name().orElseGet(() -> shape.shortRow(view, first).name()) : "");
    }
}
