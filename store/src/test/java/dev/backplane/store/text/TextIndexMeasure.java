package dev.backplane.store.text;

import dev.backplane.core.Slice;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.store.MMapDirectory;

/// Measures size and speed over a file of JSON lines, each a content. Not a test: run by hand, the
/// results stand in the package's documentation.
///
/// Arguments: the file, how often the contents are repeated for the speed (each time with other
/// words), queries.
final class TextIndexMeasure {
    private static final int ROUNDS = 200;

    private TextIndexMeasure() {}

    public static void main(String[] arguments) throws IOException {
        List<Slice> contents = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            contents.add(Slice.of(line));
        }
        long raw = contents.stream().mapToLong(Slice::length).sum();
        System.out.printf("contents %d, bytes %d%n", contents.size(), raw);
        Path folder = Files.createTempDirectory("measure");
        for (IndexOptions text :
                List.of(
                        IndexOptions.DOCS,
                        IndexOptions.DOCS_AND_FREQS,
                        IndexOptions.DOCS_AND_FREQS_AND_POSITIONS)) {
            for (boolean paths : new boolean[] {false, true}) {
                Path file = folder.resolve(text + "-" + paths);
                size(contents, new IndexWriting.Options(text, paths), folder, file);
                long bytes = Files.size(file);
                System.out.printf(
                        "%-30s paths %-5s %9d bytes %5.1f %%%n",
                        text, paths, bytes, 100.0 * bytes / raw);
                parts(file);
            }
        }
        bloom(contents, raw);
        int times = Integer.parseInt(arguments[1]);
        Path large = folder.resolve("large");
        speed(contents, raw, times, folder, large);
        for (int i = 0; i < 10; i++) {
            long start = System.nanoTime();
            TextIndex.open(large).close();
            System.out.printf("open %.2f ms%n", (System.nanoTime() - start) / 1e6);
        }
        try (TextIndex index = TextIndex.open(large)) {
            for (String query : Arrays.asList(arguments).subList(2, arguments.length)) {
                latency(index, query);
            }
        }
    }

    private static void size(
            List<Slice> contents, IndexWriting.Options options, Path folder, Path file)
            throws IOException {
        try (TextIndexBuilder builder = new TextIndexBuilder(folder, options)) {
            for (int i = 0; i < contents.size(); i++) {
                builder.add(i, contents.get(i), Shape.JSON);
            }
            builder.finish(file);
        }
    }

    private static void parts(Path file) throws IOException {
        try (var directory = new MMapDirectory(file.getParent());
                var bundle =
                        Bundle.open(
                                directory.openInput(
                                        file.getFileName().toString(),
                                        org.apache.lucene.store.IOContext.DEFAULT))) {
            for (String name : bundle.listAll()) {
                System.out.printf("    %s %d", name, bundle.fileLength(name));
            }
            System.out.println();
        }
    }

    private static void speed(List<Slice> contents, long raw, int times, Path folder, Path file)
            throws IOException {
        long words = 0;
        for (int warm = 0; warm < 5; warm++) {
            long start = cpu();
            words = 0;
            for (Slice content : contents) {
                WordCursor cursor = new WordCursor(content, Shape.JSON);
                while (cursor.next()) {
                    words++;
                }
            }
            rate("words only, " + words, raw, start);
        }
        for (int warm = 0; warm < 2; warm++) {
            long start = cpu();
            try (TextIndexBuilder builder = new TextIndexBuilder(folder)) {
                for (int i = 0; i < contents.size() * times; i++) {
                    builder.add(i, contents.get(i % contents.size()), Shape.JSON);
                }
                rate("added", raw * times, start);
                builder.finish(file);
            }
            rate("index of " + Files.size(file), raw * times, start);
        }
        long start = cpu();
        try (FreshTextIndex fresh = new FreshTextIndex()) {
            for (int i = 0; i < contents.size(); i++) {
                fresh.add(i, contents.get(i), Shape.JSON);
            }
            rate("fresh, added", raw, start);
            start = cpu();
            while (fresh.index(Integer.MAX_VALUE)) {
                // all that waits
            }
            rate("fresh, cut into words", raw, start);
            start = cpu();
            try (TextIndexBuilder builder = new TextIndexBuilder(folder)) {
                builder.adopt(fresh, document -> document);
                builder.finish(folder.resolve("adopted"));
            }
            rate("fresh, adopted", raw, start);
            long first = System.nanoTime();
            fresh.collect(TextQuery.words("refund"), new BitSet());
            double waited = (System.nanoTime() - first) / 1e6;
            double[] millis = new double[ROUNDS];
            for (int i = 0; i < ROUNDS; i++) {
                long began = System.nanoTime();
                fresh.add(contents.size() + i, contents.get(i), Shape.JSON);
                fresh.collect(TextQuery.words("refund"), new BitSet());
                millis[i] = (System.nanoTime() - began) / 1e6;
            }
            Arrays.sort(millis);
            System.out.printf(
                    "fresh, add and search p50 %.2f ms p99 %.2f ms%n",
                    millis[ROUNDS / 2], millis[ROUNDS * 99 / 100]);
            System.out.printf("fresh, first search %.2f ms%n", waited);
        }
    }

    /// Nanoseconds that this thread has computed: what else runs on the machine counts little.
    private static long cpu() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static void bloom(List<Slice> contents, long raw) {
        for (int shingle = 2; shingle <= 3; shingle++) {
            for (int bits : new int[] {2, 4, 8}) {
                ShingleBloom.Builder builder = new ShingleBloom.Builder(shingle, bits, raw);
                List<List<String>> phrases = new ArrayList<>();
                long start = cpu();
                for (int i = 0; i < contents.size(); i += 2) {
                    builder.add(contents.get(i), Shape.JSON);
                }
                rate("shingles", raw / 2, start);
                Set<List<String>> there = new HashSet<>();
                for (int i = 0; i < contents.size(); i++) {
                    List<String> words = new ArrayList<>();
                    WordCursor cursor = new WordCursor(contents.get(i), Shape.JSON);
                    while (cursor.next()) {
                        words.add(cursor.word());
                    }
                    for (int j = 0; j + 4 <= words.size(); j += i % 2 == 0 ? 1 : 7) {
                        List<String> phrase = List.copyOf(words.subList(j, j + 4));
                        if (i % 2 == 0) {
                            there.add(phrase);
                        } else {
                            phrases.add(phrase);
                        }
                    }
                }
                phrases.removeIf(there::contains);
                ShingleBloom bloom = builder.build();
                long wrong =
                        phrases.stream()
                                .filter(p -> bloom.mayContain(new TextQuery.Phrase(p, false)))
                                .count();
                System.out.printf(
                        "bloom of %d words, %d bits: %d bytes, %.1f %% of text;"
                                + " absent phrases of 4 words kept: %.1f %% of %d%n",
                        shingle,
                        bits,
                        bloom.bytes().length(),
                        200.0 * bloom.bytes().length() / raw,
                        100.0 * wrong / phrases.size(),
                        phrases.size());
            }
        }
    }

    private static void rate(String what, long bytes, long start) {
        double seconds = (cpu() - start) / 1e9;
        System.out.printf("%s: %.1f MB per second of CPU%n", what, bytes / 1e6 / seconds);
    }

    private static void latency(TextIndex index, String query) {
        TextQuery parsed = TextQuery.parse(query);
        double[] millis = new double[ROUNDS];
        int found = 0;
        for (int i = 0; i < ROUNDS; i++) {
            long start = System.nanoTime();
            BitSet result =
                    parsed.evaluate(
                            index.documents(),
                            leaf -> {
                                BitSet documents = new BitSet();
                                index.collect(leaf, documents);
                                return documents;
                            });
            millis[i] = (System.nanoTime() - start) / 1e6;
            found = result.cardinality();
        }
        Arrays.sort(millis);
        System.out.printf(
                "%-40s found %7d  p50 %8.3f ms  p99 %8.3f ms%n",
                query, found, millis[ROUNDS / 2], millis[ROUNDS * 99 / 100]);
    }
}
