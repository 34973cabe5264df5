package dev.backplane.store.segment;

import dev.backplane.store.event.ByteReader;
import dev.backplane.store.event.ByteWriter;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// Where the rows of a pack stand in time and in their trees, so that a trace that lies in several
/// containers is put together without reading rows. Immutable. In the pack:
///
/// ```
/// placement := parent:zigzag*rows order:zigzag*rows n:var { row:var parent:text }*n
/// ```
///
/// parent: own row minus parent's, 0 for none; order: minus that of the row before; row: minus the
/// one before, for those that name a parent which is not in the segment.
final class Placement {
    static final int NONE = -1;

    private final int[] parents;
    private final long[] orderNanos;

    /// Rows, ascending, with a parent elsewhere.
    private final int[] strays;

    private final String[] strayParents;

    private Placement(int[] parents, long[] orderNanos, int[] strays, String[] strayParents) {
        this.parents = parents;
        this.orderNanos = orderNanos;
        this.strays = strays;
        this.strayParents = strayParents;
    }

    static Placement read(ByteReader in, int rows) {
        int[] parents = new int[rows];
        for (int row = 0; row < rows; row++) {
            long distance = in.getZigZag();
            if (distance < row - rows + 1L || distance > row) {
                throw PackFormat.damaged("row " + row + " has a parent outside of the segment");
            }
            parents[row] = distance == 0 ? NONE : row - (int) distance;
        }
        long[] orderNanos = new long[rows];
        long last = 0;
        for (int row = 0; row < rows; row++) {
            last += in.getZigZag();
            orderNanos[row] = last;
        }
        int[] strays = new int[in.getVarInt(Math.min(rows, in.remaining()))];
        String[] strayParents = new String[strays.length];
        Map<String, String> once = new HashMap<>();
        int before = -1;
        for (int i = 0; i < strays.length; i++) {
            int distance = in.getVarInt(rows - 1 - before);
            if (distance == 0) {
                throw PackFormat.damaged("its rows with parents elsewhere are out of order");
            }
            before += distance;
            strays[i] = before;
            strayParents[i] = once.computeIfAbsent(in.getText(), id -> id);
        }
        return new Placement(parents, orderNanos, strays, strayParents);
    }

    /// The parent's row, or [#NONE].
    int parent(int row) {
        return parents[row];
    }

    /// Where the row stands in time.
    long orderNanos(int row) {
        return orderNanos[row];
    }

    /// The id of the row's parent when that is not in this segment; empty when it is or there is
    /// none.
    String strayParent(int row) {
        int found = Arrays.binarySearch(strays, row);
        return found < 0 ? "" : strayParents[found];
    }

    /// Collects placements row by row. Not thread-safe.
    static final class Writer {
        private final ByteWriter parents = new ByteWriter(1 << 12);
        private final ByteWriter orders = new ByteWriter(1 << 12);
        private final ByteWriter strays = new ByteWriter(1 << 8);
        private long lastOrder;
        private int lastStray = -1;
        private int strayCount;
        private int row;

        /// @param parent its row; the row's own, or [#NONE], when it has none here
        /// @param stray the parent's id when it has one that is not here, else empty
        void add(long orderNanos, int parent, String stray) {
            parents.putZigZag(parent == NONE ? 0 : row - parent);
            orders.putZigZag(orderNanos - lastOrder);
            lastOrder = orderNanos;
            if (!stray.isEmpty()) {
                strays.putVar(row - lastStray).putText(stray);
                lastStray = row;
                strayCount++;
            }
            row++;
        }

        void write(ByteWriter out) {
            out.put(parents.array(), 0, parents.size());
            out.put(orders.array(), 0, orders.size());
            out.putVar(strayCount).put(strays.array(), 0, strays.size());
        }
    }
}
