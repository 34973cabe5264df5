package dev.backplane.engine.speculate;

/// Whether and where guesses are looked for.
///
/// @param method where
/// @param tokensMax guessed at once for a request, at most
/// @param rowsMax guessed tokens of a step, of all requests together; they share its rows
/// @param historyTokens of earlier answers and prompts that are remembered, of all tenants together
/// @param likelyMin how probable a guess must be to be computed; 0 for what pays by the time that
///   steps take
public record SpeculationOptions(
        Method method, int tokensMax, int rowsMax, int historyTokens, double likelyMin) {
    /// Where guesses come from; each has those before it, too, and asks them first.
    public enum Method {
        /// Nothing is guessed.
        OFF,
        /// What followed the same words earlier in the request (prompt look-up), and what a form
        /// leaves no choice about.
        NGRAM,
        /// What followed them in earlier requests of the tenant.
        SUFFIX,
        /// What a small model says.
        DRAFT
    }

    public static final SpeculationOptions OFF = new SpeculationOptions(Method.OFF, 0, 0, 0, 0);

    public SpeculationOptions {
        if (tokensMax < 0 || rowsMax < 0 || historyTokens < 0 || !(likelyMin >= 0)) {
            throw new IllegalArgumentException("a bound of speculation is below 0");
        }
    }

    /// The usual bounds.
    public static SpeculationOptions of(Method method) {
        return method == Method.OFF ? OFF : new SpeculationOptions(method, 12, 64, 1 << 20, 0);
    }

    /// These, with another bound for a request.
    public SpeculationOptions withTokens(int most) {
        return new SpeculationOptions(method, most, rowsMax, historyTokens, likelyMin);
    }

    /// Whether there is anything to do.
    public boolean on() {
        return method != Method.OFF && tokensMax > 0 && rowsMax > 0;
    }

    boolean suffix() {
        return method.compareTo(Method.SUFFIX) >= 0 && historyTokens > 0;
    }
}
