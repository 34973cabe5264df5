package dev.backplane.engine.sample;

import java.util.List;

/// A token that was chosen, with what was asked to be reported of it.
///
/// @param logprob natural logarithm of its probability by the model, before biases, penalties and
///   temperature; 0 when it was not asked for
/// @param likeliest by the same measure, likeliest first; empty when not asked for
public record TokenChoice(int token, float logprob, List<Candidate> likeliest) {
    /// A token that might have been.
    public record Candidate(int token, float logprob) {}
}
