package dev.backplane.text.tokenizer;

/// The longest piece that a word begins with, again and again; a word that cannot be cut so, or
/// that is very long, is one unknown token. Source: BERT's WordpieceTokenizer.
///
/// @param continuing what stands in front of pieces that do not begin a word, "##" mostly
/// @param beginning what stands in front of pieces that do, mostly nothing
/// @param unknown the unknown token's id
/// @param lengthMax longer words, in characters, are unknown
record WordPiece(
        Vocabulary vocabulary, String continuing, String beginning, int unknown, int lengthMax)
        implements Model {
    @Override
    public void encode(String word, IntList out) {
        if (word.codePointCount(0, word.length()) > lengthMax) {
            out.add(unknown);
            return;
        }
        IntList ids = new IntList();
        int at = 0;
        while (at < word.length()) {
            String prefix = at == 0 ? beginning : continuing;
            int end = word.length();
            int id = vocabulary.id(prefix + word.substring(at, end));
            while (id < 0 && end > at + 1) {
                end = word.offsetByCodePoints(end, -1);
                id = end <= at ? -1 : vocabulary.id(prefix + word.substring(at, end));
            }
            if (id < 0) {
                out.add(unknown);
                return;
            }
            ids.add(id);
            at = end;
        }
        out.addAll(ids.toArray());
    }
}
