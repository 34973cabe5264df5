package dev.backplane.store;

import java.util.Locale;

/// Which of a trace's spans a tree shows; those above them are shown, too.
public enum TreePart {
    ALL,

    /// Spans that failed.
    FAILED,

    /// Spans that, had they ended earlier, would have let the trace end earlier
    /// ([Subtree#critical]).
    CRITICAL;

    /// Its name in requests.
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
