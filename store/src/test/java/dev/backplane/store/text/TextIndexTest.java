package dev.backplane.store.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Slice;
import dev.backplane.testkit.Gen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextIndexTest {
    @TempDir private Path folder;

    @Test
    void findsWhatReadingFinds() throws IOException {
        Gen.check(
                60,
                random -> {
                    TextCorpus corpus = TextCorpus.random(random, 60);
                    Path file = Files.createTempFile(folder, "index", "");
                    int step = 1 + random.nextInt(3);
                    build(corpus, step, file);
                    try (TextIndex index = TextIndex.open(file);
                            FreshTextIndex fresh = new FreshTextIndex()) {
                        index.verify();
                        int seen = random.nextInt(corpus.documents().size() + 1);
                        for (int i = 0; i < seen; i++) {
                            add(fresh, corpus, i, step);
                        }
                        check(corpus, seen, step, corpus.leaf(random), fresh);
                        for (int i = seen; i < corpus.documents().size(); i++) {
                            add(fresh, corpus, i, step);
                        }
                        for (int i = 0; i < 40; i++) {
                            TextQuery.Leaf leaf = corpus.leaf(random);
                            BitSet expected = read(corpus, corpus.documents().size(), step, leaf);
                            BitSet found = new BitSet();
                            index.collect(leaf, found);
                            assertThat(found).as(leaf::toString).isEqualTo(expected);
                            check(corpus, corpus.documents().size(), step, leaf, fresh);
                        }
                    }
                });
    }

    private static void check(
            TextCorpus corpus, int size, int step, TextQuery.Leaf leaf, FreshTextIndex fresh) {
        BitSet found = new BitSet();
        fresh.collect(leaf, found);
        assertThat(found).as(leaf::toString).isEqualTo(read(corpus, size, step, leaf));
    }

    private static void add(FreshTextIndex fresh, TextCorpus corpus, int i, int step) {
        TextCorpus.Document document = corpus.documents().get(i);
        fresh.add(i * step, document.bytes(), document.shape());
    }

    private static BitSet read(TextCorpus corpus, int size, int step, TextQuery.Leaf leaf) {
        BitSet expected = new BitSet();
        for (int i = 0; i < size; i++) {
            TextCorpus.Document document = corpus.documents().get(i);
            if (TextMatcher.matches(leaf, document.bytes(), document.shape())) {
                expected.set(i * step);
            }
        }
        return expected;
    }

    private void build(TextCorpus corpus, int step, Path file) throws IOException {
        try (TextIndexBuilder builder = new TextIndexBuilder(folder)) {
            for (int i = 0; i < corpus.documents().size(); i++) {
                TextCorpus.Document document = corpus.documents().get(i);
                builder.add(i * step, document.bytes(), document.shape());
            }
            builder.finish(file);
        }
    }

    /// Contents come from an index in memory, from one in a file and from nowhere, some of each are
    /// left out, and all get new numbers in no order; the new index says what reading says, and so
    /// does one that adopts it.
    @Test
    void adoptedContentsAreFoundUnderTheirNewNumbers() throws IOException {
        Gen.check(
                40,
                random -> {
                    TextCorpus corpus = TextCorpus.random(random, 60);
                    int size = corpus.documents().size();
                    int fresh = random.nextInt(size + 1);
                    int added = fresh + random.nextInt(size - fresh + 1);
                    Path source = Files.createTempFile(folder, "source", "");
                    build(new TextCorpus(corpus.documents().subList(added, size)), 1, source);
                    int[] numbers = numbers(random, size, fresh, added);
                    Path first = Files.createTempFile(folder, "first", "");
                    try (TextIndex file = TextIndex.open(source);
                            FreshTextIndex memory = new FreshTextIndex();
                            TextIndexBuilder builder = new TextIndexBuilder(folder)) {
                        for (int i = 0; i < fresh; i++) {
                            add(memory, corpus, i, 1);
                        }
                        for (int i = fresh; i < added; i++) {
                            TextCorpus.Document document = corpus.documents().get(i);
                            builder.add(numbers[i], document.bytes(), document.shape());
                        }
                        builder.adopt(file, document -> numbers[added + document]);
                        builder.adopt(memory, document -> numbers[document]);
                        builder.finish(first);
                    }
                    Path second = Files.createTempFile(folder, "second", "");
                    try (TextIndex index = TextIndex.open(first);
                            TextIndexBuilder builder = new TextIndexBuilder(folder)) {
                        builder.adopt(index, document -> document + 7);
                        builder.finish(second);
                    }
                    try (TextIndex index = TextIndex.open(first);
                            TextIndex again = TextIndex.open(second)) {
                        index.verify();
                        for (int i = 0; i < 20; i++) {
                            TextQuery.Leaf leaf = corpus.leaf(random);
                            BitSet expected = new BitSet();
                            read(corpus, size, 1, leaf).stream()
                                    .filter(document -> numbers[document] >= 0)
                                    .forEach(document -> expected.set(numbers[document]));
                            assertThat(found(index, leaf)).as(leaf::toString).isEqualTo(expected);
                            assertThat(found(again, leaf).stream().map(d -> d - 7))
                                    .as(leaf::toString)
                                    .containsExactlyElementsOf(expected.stream().boxed().toList());
                        }
                    }
                });
    }

    /// Distinct numbers in random order, but ascending for what is added; -1 for some of the rest.
    private static int[] numbers(RandomGenerator random, int size, int fresh, int added) {
        List<Integer> shuffled = new ArrayList<>(IntStream.range(0, size * 2).boxed().toList());
        Collections.shuffle(shuffled, new Random(random.nextLong()));
        List<Integer> ascending = shuffled.subList(fresh, added);
        Collections.sort(ascending);
        int[] numbers = new int[size];
        for (int i = 0; i < size; i++) {
            boolean left = (i < fresh || i >= added) && random.nextInt(5) == 0;
            numbers[i] = left ? -1 : shuffled.get(i);
        }
        return numbers;
    }

    private static BitSet found(TextIndex index, TextQuery.Leaf leaf) {
        BitSet found = new BitSet();
        index.collect(leaf, found);
        return found;
    }

    @Test
    void keepsNumbersWhenBuffersSpillAndMerge() throws IOException {
        Path file = folder.resolve("index");
        int documents = 24;
        try (TextIndexBuilder builder = new TextIndexBuilder(folder)) {
            for (int i = 0; i < documents; i++) {
                builder.add(i * 2, Slice.of(distinctWords(i)), Shape.TEXT);
            }
            builder.finish(file);
        }
        try (TextIndex index = TextIndex.open(file)) {
            assertThat(index.documents()).isEqualTo(documents * 2 - 1);
            for (int i = 0; i < documents; i++) {
                BitSet found = new BitSet();
                index.collect(TextQuery.words("word" + i + "x77"), found);
                assertThat(found.stream()).containsExactly(i * 2);
            }
        }
    }

    /// One MiB of words that no other number has.
    private static String distinctWords(int number) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; text.length() < 1 << 20; i++) {
            text.append("word").append(number).append('x').append(i).append(' ');
        }
        return text.toString();
    }

    @Test
    void leavesNothingButTheBundle() throws IOException {
        Path file = folder.resolve("index");
        build(new TextCorpus(List.of()), 1, file);

        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
        try (TextIndex index = TextIndex.open(file)) {
            assertThat(index.documents()).isZero();
        }
    }

    @Test
    void refusesContentsThatAreTooLong() throws IOException {
        Slice tooLong = Slice.of(new byte[TextIndexBuilder.CONTENT_BYTES_MAX + 1]);
        try (TextIndexBuilder builder = new TextIndexBuilder(folder);
                FreshTextIndex fresh = new FreshTextIndex()) {
            assertThatThrownBy(() -> builder.add(0, tooLong, Shape.TEXT))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> fresh.add(0, tooLong, Shape.TEXT))
                    .isInstanceOf(IllegalArgumentException.class);
            builder.add(0, tooLong.slice(1, tooLong.length()), Shape.TEXT);
        }
    }

    @Test
    void refusesNumbersThatGoBack() throws IOException {
        try (TextIndexBuilder builder = new TextIndexBuilder(folder);
                FreshTextIndex fresh = new FreshTextIndex()) {
            builder.add(3, Slice.of("a"), Shape.TEXT);
            fresh.add(3, Slice.of("a"), Shape.TEXT);

            assertThatThrownBy(() -> builder.add(3, Slice.of("b"), Shape.TEXT))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> fresh.add(2, Slice.of("b"), Shape.TEXT))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void noticesAnyDamage() throws IOException {
        Path file = folder.resolve("index");
        try (TextIndexBuilder builder = new TextIndexBuilder(folder)) {
            builder.add(0, Slice.of("{\"a\":\"some words\"}"), Shape.JSON);
            builder.finish(file);
        }
        byte[] good = Files.readAllBytes(file);
        Path bad = folder.resolve("bad");
        for (int i = 0; i < good.length; i++) {
            byte[] bytes = good.clone();
            bytes[i] ^= 0x10;
            Files.write(bad, bytes);
            assertThatThrownBy(() -> openAndVerify(bad)).as("byte " + i).isNotNull();
        }
        for (int length = 0; length < good.length; length += 7) {
            Files.write(bad, Slice.of(good).slice(0, length).bytes());
            assertThatThrownBy(() -> openAndVerify(bad)).isInstanceOf(IOException.class);
        }
    }

    private static void openAndVerify(Path file) throws IOException {
        try (TextIndex index = TextIndex.open(file)) {
            index.verify();
        }
    }
}
