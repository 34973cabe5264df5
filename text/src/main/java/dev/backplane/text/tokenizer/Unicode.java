package dev.backplane.text.tokenizer;

/// Classes of characters as tokenizers use them.
final class Unicode {
    private Unicode() {}

    /// The property White_Space.
    static boolean isWhiteSpace(int point) {
        if (point < 0x80) {
            return point == ' ' || point >= 9 && point <= 13;
        }
        return point == 0x85
                || point == 0xA0
                || point == 0x1680
                || point >= 0x2000 && point <= 0x200A
                || point == 0x2028
                || point == 0x2029
                || point == 0x202F
                || point == 0x205F
                || point == 0x3000;
    }

    /// The categories P*, and the symbols of ASCII.
    static boolean isPunctuation(int point) {
        if (point < 0x80) {
            return point > 32 && point < 127 && !Character.isLetterOrDigit(point);
        }
        return switch (Character.getType(point)) {
            case Character.CONNECTOR_PUNCTUATION,
                    Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION ->
                    true;
            default -> false;
        };
    }

    /// The categories N*.
    static boolean isNumber(int point) {
        return switch (Character.getType(point)) {
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
                    true;
            default -> false;
        };
    }

    /// The categories C* but for what is not assigned.
    static boolean isOther(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE ->
                    true;
            default -> false;
        };
    }

    /// The categories M*.
    static boolean isMark(int point) {
        return switch (Character.getType(point)) {
            case Character.NON_SPACING_MARK,
                    Character.COMBINING_SPACING_MARK,
                    Character.ENCLOSING_MARK ->
                    true;
            default -> false;
        };
    }

    /// What a word's neighbour must not be: letters, marks, digits and connectors.
    static boolean isWord(int point) {
        return Character.isAlphabetic(point)
                || isMark(point)
                || Character.isDigit(point)
                || Character.getType(point) == Character.CONNECTOR_PUNCTUATION;
    }

    /// The ideographs that BERT sets apart; the list is its authors', not Unicode's.
    static boolean isIdeograph(int point) {
        return point >= 0x4E00 && point <= 0x9FFF
                || point >= 0x3400 && point <= 0x4DBF
                || point >= 0x20000 && point <= 0x2A6DF
                || point >= 0x2A700 && point <= 0x2B73F
                || point >= 0x2B740 && point <= 0x2B81F
                || point >= 0x2B920 && point <= 0x2CEAF
                || point >= 0xF900 && point <= 0xFAFF
                || point >= 0x2F800 && point <= 0x2FA1F;
    }
}
