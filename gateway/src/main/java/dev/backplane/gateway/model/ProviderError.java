package dev.backplane.gateway.model;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.util.Optional;

/// What a provider said of a failure besides its message: the cause of the [Problem] that it
/// became, for clients of a dialect that has a place for it.
public final class ProviderError extends Exception {
    private static final long serialVersionUID = 1;
    private static final int WORD_CHARS_MAX = 300;

    public static final ProviderError NOTHING = new ProviderError("", "", Slice.EMPTY);

    private final String code;
    private final String param;
    private final String details;

    /// @param code such as `context_length_exceeded`, or empty if the kind says all of it
    /// @param param the parameter that it is about, or empty
    /// @param details JSON of the provider's own shape, or empty
    public ProviderError(String code, String param, Slice details) {
        super("provider's own error");
        this.code = cut(code);
        this.param = cut(param);
        // A line is a frame in streams, and JSON has no line ends but between its parts.
        this.details = details.text().replace('\n', ' ').replace('\r', ' ');
    }

    private static String cut(String text) {
        return text.substring(0, Math.min(text.length(), WORD_CHARS_MAX));
    }

    /// That of a problem, if a provider said anything.
    public static Optional<ProviderError> of(Problem problem) {
        return problem.getCause() instanceof ProviderError said
                ? Optional.of(said)
                : Optional.empty();
    }

    public String code() {
        return code;
    }

    public String param() {
        return param;
    }

    public Slice details() {
        return Slice.of(details);
    }
}
