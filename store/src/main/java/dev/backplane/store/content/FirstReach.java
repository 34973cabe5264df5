package dev.backplane.store.content;

import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;

/// Tells, span by span through a trace, which of a set of leaves a span is the first to reach. What
/// an earlier span reached is not walked again, so a conversation costs what was appended. For one
/// trace and one thread.
public final class FirstReach {
    private final ContentSource source;
    private final BitSet leaves;
    private final BitSet sequences;
    private final Set<Integer> seenLeaves = new HashSet<>();
    private final Set<Integer> seenSequences = new HashSet<>();

    /// @param leaves those looked for
    /// @param sequences all that hold one of them
    public FirstReach(ContentSource source, BitSet leaves, BitSet sequences) {
        this.source = source;
        this.leaves = leaves;
        this.sequences = sequences;
    }

    /// A leaf that is reached through `ref` for the first time, or [Refs#NONE].
    public int visit(int ref) {
        int number = Refs.number(ref);
        if (!Refs.isSequence(ref)) {
            return leaves.get(number) && seenLeaves.add(number) ? number : Refs.NONE;
        }
        int found = Refs.NONE;
        int sequence = number;
        while (sequence != Refs.NONE && sequences.get(sequence) && seenSequences.add(sequence)) {
            SequenceDef definition = source.sequence(sequence);
            for (int piece : definition.appended()) {
                int reached = visit(piece);
                found = reached == Refs.NONE ? found : reached;
            }
            sequence = definition.parent();
        }
        return found;
    }
}
