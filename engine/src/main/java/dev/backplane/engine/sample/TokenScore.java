package dev.backplane.engine.sample;

import dev.backplane.engine.sample.TokenChoice.Candidate;
import java.util.List;

/// A token that was given, with what the model thought of it beforehand.
///
/// @param logprob natural logarithm of its probability
/// @param rank 1 for the likeliest; of equal ones all have the last of their ranks
/// @param likeliest in its place, likeliest first
public record TokenScore(int token, float logprob, int rank, List<Candidate> likeliest) {
    public TokenScore {
        likeliest = List.copyOf(likeliest);
    }

    /// The same with at most `count` of the likeliest.
    public TokenScore limited(int count) {
        int kept = Math.min(count, likeliest.size());
        return new TokenScore(token, logprob, rank, likeliest.subList(0, kept));
    }
}
