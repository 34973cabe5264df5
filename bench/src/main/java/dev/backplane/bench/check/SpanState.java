package dev.backplane.bench.check;

import java.util.Arrays;
import java.util.Optional;

/// What the oracle knows of a span: what a read must return. Immutable.
///
/// @param mark what the last merge put into the metadata; empty for none
/// @param score the last feedback's
record SpanState(
        boolean present, byte[] input, byte[] output, String mark, Optional<Double> score) {
    static final SpanState ABSENT =
            new SpanState(false, new byte[0], new byte[0], "", Optional.empty());

    /// An insert replaces all but feedback.
    SpanState inserted(byte[] newInput, byte[] newOutput) {
        return new SpanState(true, newInput, newOutput, "", score);
    }

    SpanState merged(byte[] newOutput, String newMark) {
        return new SpanState(true, input, newOutput, newMark, score);
    }

    /// Feedback for a span that is not there yet waits for it.
    SpanState scored(double newScore) {
        return new SpanState(present, input, output, mark, Optional.of(newScore));
    }

    /// What differs from the other state, for people; empty when nothing does.
    String difference(SpanState read) {
        if (present != read.present) {
            return present ? "is missing" : "is there though it was deleted or never taken";
        }
        if (!present) {
            return "";
        }
        if (!Arrays.equals(input, read.input)) {
            return "has another input: %d bytes instead of %d"
                    .formatted(read.input.length, input.length);
        }
        if (!Arrays.equals(output, read.output)) {
            return "has another output: %d bytes instead of %d"
                    .formatted(read.output.length, output.length);
        }
        if (!mark.equals(read.mark)) {
            return "has mark '%s' instead of '%s'".formatted(read.mark, mark);
        }
        if (!score.equals(read.score)) {
            return "has score %s instead of %s".formatted(read.score, score);
        }
        return "";
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof SpanState other && difference(other).isEmpty();
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(input) * 31 + Arrays.hashCode(output);
    }
}
