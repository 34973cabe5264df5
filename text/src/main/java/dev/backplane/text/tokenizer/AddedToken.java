package dev.backplane.text.tokenizer;

/// A token that is found in text before anything is cut.
///
/// @param special whether it controls the model rather than standing for text
/// @param singleWord whether it must not touch letters, digits or marks
/// @param stripLeft whether it takes white space before it
/// @param stripRight whether it takes white space after it
/// @param normalized whether it is looked for in normalised text instead of the text as written
public record AddedToken(
        int id,
        String content,
        boolean special,
        boolean singleWord,
        boolean stripLeft,
        boolean stripRight,
        boolean normalized) {
    /// A special token that is found as it is written.
    public static AddedToken special(int id, String content) {
        return new AddedToken(id, content, true, false, false, false, false);
    }
}
