package dev.backplane.cli;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/// The lines before the names of a tree that is listed in pre-order: what connects a row with its
/// parent and its siblings.
///
/// A row is the last of its siblings when the next row that is not deeper is less deep. Seen from
/// the end of the list, that is one bit for each depth: whether a row of it is still to come before
/// its parent's level is left. A window may begin and end inside the tree: rows before it do not
/// matter, and if more rows follow it, every level that is open at its end is taken to go on.
final class TreeBranches {
    private static final int DEPTH_SHOWN_MAX = 40;

    private TreeBranches() {}

    /// @param depths of the rows in pre-order, roots at 0
    /// @param goesOn whether rows follow after these
    static List<String> draw(int[] depths, boolean goesOn, boolean isUnicode) {
        BitSet open = new BitSet();
        if (goesOn && depths.length > 0) {
            open.set(0, depths[depths.length - 1] + 1);
        }
        List<String> branches = new ArrayList<>(depths.length);
        for (int i = depths.length - 1; i >= 0; i--) {
            int depth = Math.max(0, depths[i]);
            branches.add(branch(depth, open, isUnicode));
            open.clear(depth + 1, Math.max(depth + 1, open.length()));
            open.set(depth);
        }
        return branches.reversed();
    }

    private static String branch(int depth, BitSet open, boolean isUnicode) {
        if (depth > DEPTH_SHOWN_MAX) {
            return "(" + depth + ") ";
        }
        StringBuilder branch = new StringBuilder();
        for (int level = 1; level < depth; level++) {
            branch.append(open.get(level) ? isUnicode ? "│ " : "| " : "  ");
        }
        if (depth > 0) {
            boolean isLast = !open.get(depth);
            branch.append(isUnicode ? isLast ? "└─ " : "├─ " : isLast ? "`- " : "|- ");
        }
        return branch.toString();
    }
}
