package dev.backplane.store.text;

import dev.backplane.core.Slice;
import dev.backplane.testkit.Gen;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// Random contents, and leaves that have a chance to hold in them.
record TextCorpus(List<Document> documents) {
    record Document(Slice bytes, Shape shape) {}

    static TextCorpus random(RandomGenerator random, int sizeMax) {
        return new TextCorpus(Gen.list(random, sizeMax, TextCorpus::document));
    }

    private static Document document(RandomGenerator random) {
        return switch (random.nextInt(8)) {
            case 0 -> new Document(Slice.of(Gen.string(random, 60)), Shape.TEXT);
            case 1 -> new Document(Slice.of(Gen.bytes(random, random.nextInt(50))), Shape.TEXT);
            case 2 -> new Document(Slice.of(Gen.bytes(random, random.nextInt(50))), Shape.JSON);
            case 3, 4 -> new Document(Slice.of(Gen.prose(random, 200)), Shape.TEXT);
            case 5 -> new Document(Slice.of(few(random)), Shape.TEXT);
            default -> new Document(Slice.of(Gen.json(random, 4)), Shape.JSON);
        };
    }

    /// Of so few words that phrases repeat.
    private static String few(RandomGenerator random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(30); i > 0; i--) {
            text.append(Gen.pick(random, "a", "B", "ab", "abc", "é", "北", "x1")).append(' ');
        }
        return text.toString();
    }

    /// Words taken from a document or invented.
    TextQuery.Leaf leaf(RandomGenerator random) {
        List<String> words = new ArrayList<>();
        if (!documents.isEmpty() && random.nextInt(8) > 0) {
            Document document = Gen.pick(random, documents);
            if (document.shape() == Shape.JSON && random.nextInt(3) == 0) {
                TextQuery.Leaf path = path(random, document);
                if (path != null) {
                    return path;
                }
            }
            WordCursor cursor = new WordCursor(document.bytes(), document.shape());
            while (cursor.next()) {
                words.add(cursor.word());
            }
        }
        if (words.isEmpty()) {
            words.add(Gen.identifier(random, 1, 3));
        }
        int from = random.nextInt(words.size());
        int to = Math.min(words.size(), from + 1 + random.nextInt(4));
        words = new ArrayList<>(words.subList(from, to));
        boolean prefix = random.nextInt(3) == 0;
        if (prefix) {
            words.add(cut(random, words.removeLast()));
        } else if (words.size() > 1 && random.nextInt(4) == 0) {
            words.set(random.nextInt(words.size()), "ab");
        }
        if (words.size() > 1) {
            return new TextQuery.Phrase(words, prefix);
        }
        String word = words.getFirst();
        if (prefix) {
            return new TextQuery.Prefix(word);
        }
        return random.nextInt(4) == 0
                ? new TextQuery.Fuzzy(word, 1 + random.nextInt(2))
                : new TextQuery.Word(word);
    }

    private static String cut(RandomGenerator random, String word) {
        int end =
                word.offsetByCodePoints(
                        0, 1 + random.nextInt(word.codePointCount(0, word.length())));
        String cut = word.substring(0, end);
        return WordCursor.words(cut).equals(List.of(cut)) ? cut : word;
    }

    private static TextQuery.Leaf path(RandomGenerator random, Document document) {
        List<TextQuery.Leaf> paths = new ArrayList<>();
        try (PathTerms terms = new PathTerms(document.bytes())) {
            while (terms.next()) {
                int separator = 0;
                while (terms.term()[separator] != PathTerms.SEPARATOR) {
                    separator++;
                }
                Slice term = new Slice(terms.term(), 0, terms.length());
                String path = term.slice(0, separator).text();
                String value = term.slice(separator + 1, terms.length()).text();
                paths.add(
                        random.nextBoolean()
                                ? new TextQuery.Path(path, value, false)
                                : new TextQuery.Path(
                                        path,
                                        value.substring(0, random.nextInt(value.length() + 1)),
                                        true));
            }
        }
        return paths.isEmpty() ? null : Gen.pick(random, paths);
    }
}
