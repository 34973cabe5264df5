/// Text to token ids and back, as the makers of a model did it.
///
/// ```
/// text ─► AddedTokens ─► Normalizer ─► AddedTokens ─► PreTokenizer ─► Model ─► PostProcessor
///          (as written)                (normalised)      words         ids        ids
///
/// ids ─► Decoder: bytes of each token ─► Detokenizer: whole characters ─► text
/// ```
///
/// The stages are those of Hugging Face's `tokenizers`, whose file `tokenizer.json` is read by
/// [dev.backplane.text.tokenizer.TokenizerJson]; what a GGUF file says in its `tokenizer.ggml.*`
/// keys is translated into the same stages by [dev.backplane.text.tokenizer.TokenizerGguf], so that
/// there is one way to tokenise. Both make a [dev.backplane.text.tokenizer.Tokenizer].
///
/// | model | what it is |
/// |---|---|
/// | `Bpe` | bytes or characters; neighbours are merged, the pair of the lowest rank first |
/// | `Unigram` | the cut with the highest sum of scores |
/// | `WordPiece` | the longest piece first |
///
/// [dev.backplane.text.tokenizer.BpeTrainer] learns a byte-level BPE from a corpus, and
/// [dev.backplane.text.tokenizer.TrainedBpe] writes it as `tokenizer.json` or GGUF keys.
///
/// Invariants:
///
/// - A byte-level tokenizer, and one with byte fallback, gives back every text exactly.
/// - Cutting costs n log n in the length of a word and memory in proportion to it: a word of
///   megabytes is no special case.
/// - Untrusted characters are never part of a control token.
/// - A detokenizer gives out whole characters only, and in the end everything.
/// - Tokenizers are immutable and can be used by any number of threads; detokenizers belong to one
///   stream.
@NullMarked
package dev.backplane.text.tokenizer;

import org.jspecify.annotations.NullMarked;
