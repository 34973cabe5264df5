package dev.backplane.text.template;

/// One piece of a template's source.
///
/// @param text what it says: a name, an operator, a string's value, the text between tags
/// @param line of its first character, from 1
/// @param column of its first character, from 1
record Lexeme(Kind kind, String text, int line, int column) {
    enum Kind {
        TEXT,
        BLOCK_BEGIN,
        BLOCK_END,
        OUTPUT_BEGIN,
        OUTPUT_END,
        NAME,
        STRING,
        INTEGER,
        REAL,
        OPERATOR,
        END
    }

    boolean is(Kind wanted, String wantedText) {
        return kind == wanted && text.equals(wantedText);
    }

    Position position() {
        return new Position(line, column);
    }

    /// For messages.
    String shown() {
        return switch (kind) {
            case END -> "the end of the template";
            case TEXT -> "text";
            case BLOCK_BEGIN -> "{%";
            case BLOCK_END -> "%}";
            case OUTPUT_BEGIN -> "{{";
            case OUTPUT_END -> "}}";
            case STRING -> "a string";
            case NAME, INTEGER, REAL, OPERATOR -> "'" + text + "'";
        };
    }
}
