package dev.backplane.gateway.parse;

/// What a [CallBody] says of the call it reads.
interface CallOut {
    /// The name is known: from here on it is a call.
    ///
    /// @param id the model's, or empty
    /// @return false if there can be no call of that name here
    boolean start(String id, String name);

    void argument(char next);

    default void arguments(String piece) {
        for (int i = 0; i < piece.length(); i++) {
            argument(piece.charAt(i));
        }
    }

    /// A character inside a JSON string of the model's own: controls are escaped.
    default void raw(char next, boolean inText) {
        if (inText && next < ' ') {
            arguments(JsonWords.escape(next));
        } else {
            argument(next);
        }
    }

    void note(String note);
}
