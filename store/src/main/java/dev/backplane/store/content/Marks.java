package dev.backplane.store.content;

import java.util.BitSet;

/// Contents of one container in which something was found.
///
/// @param joints where it stands across two chunks
/// @param sequences all that hold one of the leaves or joints
public record Marks(BitSet leaves, BitSet joints, BitSet sequences) {
    public static Marks none() {
        return new Marks(new BitSet(), new BitSet(), new BitSet());
    }

    public boolean isEmpty() {
        return leaves.isEmpty() && joints.isEmpty();
    }

    /// Whether the content is one of them.
    public boolean holds(int ref) {
        return (Refs.isSequence(ref) ? sequences : leaves).get(Refs.number(ref));
    }

    public void add(Marks others) {
        leaves.or(others.leaves);
        joints.or(others.joints);
        sequences.or(others.sequences);
    }
}
