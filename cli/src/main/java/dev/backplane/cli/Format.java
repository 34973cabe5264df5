package dev.backplane.cli;

import java.util.Locale;

/// How output looks.
enum Format {
    /// Fitted tables, units, colour on a terminal.
    HUMAN("tables fitted to the terminal, human units"),
    /// Tab-separated values with a header row; nothing is cut.
    AGENT("tab-separated values with a header, nothing cut"),
    /// One JSON document.
    JSON("one JSON document"),
    /// One JSON object a line, written as found.
    NDJSON("one JSON object a line, written as found"),
    /// Identifiers only, one row a line.
    QUIET("identifiers only, one row a line, as other commands take them");

    private final String summary;

    Format(String summary) {
        this.summary = summary;
    }

    String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    String summary() {
        return summary;
    }

    /// Everything but [#HUMAN]: no colour, no progress, errors as JSON.
    boolean isMachine() {
        return this != HUMAN;
    }

    /// Whether stderr carries nothing but JSON.
    boolean isJson() {
        return this == JSON || this == NDJSON;
    }
}
