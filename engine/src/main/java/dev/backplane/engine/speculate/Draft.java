package dev.backplane.engine.speculate;

import dev.backplane.engine.schedule.Sequence;
import java.util.Arrays;

/// A request as far as it is guessed: its tokens, and behind them those of which somebody says that
/// they come next. For one thread.
final class Draft {
    private final Sequence sequence;
    private final int[] tokens;
    private int count;
    private int most;
    private double trust = 1;

    Draft(Sequence sequence, int tokensMax) {
        this.sequence = sequence;
        this.tokens = new int[tokensMax];
    }

    Sequence sequence() {
        return sequence;
    }

    /// Begins anew.
    ///
    /// @param most tokens that are of use
    /// @param trust how often a guess of certainty came true
    void clear(int most, double trust) {
        this.count = 0;
        this.most = Math.min(most, tokens.length);
        this.trust = trust;
    }

    /// Guessed tokens.
    int count() {
        return count;
    }

    boolean full() {
        return count >= most;
    }

    /// Tokens, guessed ones included.
    int length() {
        return sequence.length() + count;
    }

    int token(int index) {
        return index < sequence.length()
                ? sequence.token(index)
                : tokens[index - sequence.length()];
    }

    /// Adds a token if it is likely enough to pay.
    ///
    /// @param likely how probable it is that this and all before it come, by who says so
    /// @param least probability that pays
    /// @return whether it was added and more may be
    boolean add(int token, double likely, double least) {
        if (full() || likely * Math.pow(trust, count + 1) < least) {
            return false;
        }
        tokens[count++] = token;
        return !full();
    }

    /// Hands the guesses to the sequence.
    void propose() {
        sequence.propose(Arrays.copyOf(tokens, count));
    }
}
