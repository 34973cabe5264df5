package dev.backplane.text.tokenizer;

import java.util.List;

/// What is put around a text's tokens, and how two texts are put together.
///
/// @param single for one text
/// @param pair for two
record PostProcessor(List<Part> single, List<Part> pair) {
    static final PostProcessor NONE = around(List.of(), List.of());

    /// One part of the whole, with its segment number for models that have two.
    sealed interface Part {
        int segment();
    }

    record Text(boolean second, int segment) implements Part {}

    record Token(int id, int segment) implements Part {}

    PostProcessor {
        single = List.copyOf(single);
        pair = List.copyOf(pair);
    }

    /// Tokens before and after; a pair is the texts after each other, each with its tokens.
    static PostProcessor around(List<Integer> before, List<Integer> after) {
        java.util.ArrayList<Part> single = new java.util.ArrayList<>();
        before.forEach(id -> single.add(new Token(id, 0)));
        single.add(new Text(false, 0));
        after.forEach(id -> single.add(new Token(id, 0)));
        java.util.ArrayList<Part> pair = new java.util.ArrayList<>(single);
        before.forEach(id -> pair.add(new Token(id, 1)));
        pair.add(new Text(true, 1));
        after.forEach(id -> pair.add(new Token(id, 1)));
        return new PostProcessor(single, pair);
    }
}
