package dev.backplane.text.tokenizer;

/// Cuts one word into tokens. Implementations are immutable in effect: any number of threads may
/// use one.
sealed interface Model permits Bpe, Unigram, WordPiece {
    /// Appends the word's token ids.
    void encode(String word, IntList out);

    Vocabulary vocabulary();
}
