package dev.backplane.store.content;

import java.util.HashSet;
import java.util.Set;
import java.util.function.IntPredicate;

/// Tells, span by span through a trace, which of the marked places a span is the first to reach.
/// What an earlier span reached is not walked again, so a conversation costs what was appended. For
/// one trace, one container and one thread.
///
/// A place is an `int`: twice a leaf's number, or twice a joint's plus one.
public final class FirstReach {
    private final ContentSource source;
    private final Joints joints;
    private final Marks marks;
    private final IntPredicate fresh;
    private final Set<Integer> seenPlaces = new HashSet<>();
    private final Set<Integer> seenSequences = new HashSet<>();

    /// @param fresh asked once for each place; false where another container's spans had it before
    public FirstReach(ContentSource source, Joints joints, Marks marks, IntPredicate fresh) {
        this.source = source;
        this.joints = joints;
        this.marks = marks;
        this.fresh = fresh;
    }

    public static boolean isJoint(int place) {
        return (place & 1) != 0;
    }

    /// The leaf's or joint's number.
    public static int number(int place) {
        return place >>> 1;
    }

    /// A place that is reached through `ref` for the first time, or [Refs#NONE].
    public int visit(int ref) {
        int number = Refs.number(ref);
        if (!Refs.isSequence(ref)) {
            return marks.leaves().get(number) ? reached(number << 1) : Refs.NONE;
        }
        int[] found = {Refs.NONE};
        int sequence = number;
        while (sequence != Refs.NONE
                && marks.sequences().get(sequence)
                && seenSequences.add(sequence)) {
            SequenceDef definition = source.sequence(sequence);
            for (int piece : definition.appended()) {
                found[0] = either(found[0], visit(piece));
            }
            if (!marks.joints().isEmpty()) {
                joints.visit(
                        source,
                        definition,
                        joint -> {
                            if (marks.joints().get(joint)) {
                                found[0] = either(found[0], reached(joint << 1 | 1));
                            }
                        });
            }
            sequence = definition.parent();
        }
        return found[0];
    }

    private int reached(int place) {
        return seenPlaces.add(place) && fresh.test(place) ? place : Refs.NONE;
    }

    private static int either(int found, int reached) {
        return reached == Refs.NONE ? found : reached;
    }
}
