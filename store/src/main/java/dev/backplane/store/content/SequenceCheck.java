package dev.backplane.store.content;

import dev.backplane.core.Problem;
import java.util.BitSet;

/// Checks sequences that were read from a file, in order, before anybody follows their refs
/// (invariant C-3), so that no walk leaves the container, runs in a circle or gets deep. Not
/// thread-safe.
public final class SequenceCheck {
    private final BitSet nesting = new BitSet();
    private int count;

    /// @param leaves how many there are, of those that the sequence may refer to
    /// @throws Problem `INTERNAL` when the sequence cannot have been written
    public void require(SequenceDef sequence, int leaves) {
        boolean nests = false;
        if (sequence.parent() != Refs.NONE) {
            require(sequence.parent() >= 0 && sequence.parent() < count, "its prefix");
            nests = nesting.get(sequence.parent());
        }
        require(sequence.appended().length > 0, "having no pieces");
        require(sequence.size() >= 0, "its size");
        for (int piece : sequence.appended()) {
            int number = Refs.number(piece);
            if (Refs.isSequence(piece)) {
                require(number < count && !nesting.get(number), "a sequence in it");
                nests = true;
            } else {
                require(number < leaves, "a leaf in it");
            }
        }
        nesting.set(count++, nests);
    }

    private void require(boolean valid, String what) {
        if (!valid) {
            throw Problem.internal(
                            "damaged container: sequence " + count + " cannot be, by " + what,
                            "store")
                    .fix("run backplane store verify");
        }
    }
}
