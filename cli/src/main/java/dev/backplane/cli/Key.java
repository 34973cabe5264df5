package dev.backplane.cli;

/// What a person does at the keyboard of a terminal in raw mode.
sealed interface Key {
    /// One typed character, in UTF-16.
    record Typed(String text) implements Key {}

    /// What the terminal says was pasted, line breaks as `\n`.
    record Pasted(String text) implements Key {}

    /// Named after what it does, since several keys do the same.
    enum Action implements Key {
        SUBMIT,
        LINE_BREAK,
        COMPLETE,
        ERASE,
        DELETE,
        LEFT,
        RIGHT,
        UP,
        DOWN,
        WORD_LEFT,
        WORD_RIGHT,
        LINE_START,
        LINE_END,
        CUT_TO_START,
        CUT_TO_END,
        CUT_WORD,
        CUT_NEXT_WORD,
        INSERT_CUT,
        REDRAW,
        INTERRUPT,
        /// Ctrl-D: the end on an empty line, else as [#DELETE].
        END,
        /// A sequence of which nothing is known.
        UNKNOWN
    }
}
