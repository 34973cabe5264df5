package dev.backplane.engine.sample;

/// What a request's next token may be: a grammar's state, say. For one thread.
public interface Constraint {
    /// Bit `t % 64` of `allowed[t / 64]` says whether token `t` may be next; all are overwritten.
    void allowed(long[] allowed);

    /// What comes next if there is only one way on, in the tokens that it is likely written in: a
    /// guess, which changes nothing.
    ///
    /// @param most tokens
    default int[] expected(int most) {
        return new int[0];
    }

    /// Goes on with a token that was allowed.
    void accept(int token);
}
