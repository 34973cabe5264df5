package dev.backplane.store.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Field;
import dev.backplane.core.HybridClock;
import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Meter;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.store.ListQuery;
import dev.backplane.store.Progress;
import dev.backplane.store.SearchHit;
import dev.backplane.store.content.Chunker;
import dev.backplane.testkit.Gen;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What stands across the chunks of a long value is found as if it had not been cut.
class LongTextTest {
    @TempDir Path directory;
    private LocalObjectStore objects;
    private TraceDatabase store;
    private int traces;

    @BeforeEach
    void open() throws IOException {
        objects = LocalObjectStore.open(directory.resolve("objects"));
        store =
                TraceDatabase.open(
                        StoreOptions.of(directory.resolve("node")),
                        objects,
                        HybridClock.system(),
                        new Meter());
    }

    @AfterEach
    void close() {
        store.close();
        objects.close();
    }

    private static String text(RandomGenerator random, int words, String between) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < words; i++) {
            text.append("word").append(random.nextInt(100_000)).append(between);
        }
        return text.toString();
    }

    private void append(String trace, Value value) {
        SpanData data = SpanData.builder().put(Field.OUTPUT, value).build();
        store.append(List.of(SpanEvent.insert(new SpanKey("default", trace, "s"), data)));
    }

    private List<SearchHit> search(String query) {
        List<SearchHit> hits = new ArrayList<>();
        store.search(
                new ListQuery("default", query, OptionalLong.empty(), OptionalLong.empty(), "", 99),
                hits::add);
        return hits;
    }

    private void assertFound(String query, String trace) {
        List<SearchHit> hits = search(query);
        assertThat(hits).as(query).extracting(hit -> hit.span().key().trace()).contains(trace);
        SearchHit hit =
                hits.stream().filter(h -> h.span().key().trace().equals(trace)).findAny().get();
        assertThat(hit.highlights()).as("%s in %s", query, hit.snippet()).isNotEmpty();
    }

    /// The phrases of the words around each place where the chunker cuts an ASCII text.
    private static List<String> phrases(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        List<String> phrases = new ArrayList<>();
        for (int at = Chunker.cut(bytes, 0, bytes.length);
                at < bytes.length;
                at = Chunker.cut(bytes, at, bytes.length)) {
            int from = at;
            int to = at;
            for (int words = 0; words < 2; words++) {
                from = back(text, back(text, from, false), true);
                to = forth(text, forth(text, to, false), true);
            }
            phrases.add('"' + text.substring(from, to).replaceAll("[ .]+", " ") + '"');
        }
        return phrases;
    }

    private static int back(String text, int from, boolean overWord) {
        int at = from;
        while (at > 0 && isWord(text.charAt(at - 1)) == overWord) {
            at--;
        }
        return at;
    }

    private static int forth(String text, int from, boolean overWord) {
        int at = from;
        while (at < text.length() && isWord(text.charAt(at)) == overWord) {
            at++;
        }
        return at;
    }

    private static boolean isWord(char c) {
        return c != ' ' && c != '.';
    }

    @Test
    void findsPhrasesAcrossChunksAlsoAfterAnEditInTheMiddle() {
        Gen.check(
                4,
                random -> {
                    String first = text(random, 20_000, " ");
                    int middle = first.indexOf(' ', first.length() / 2);
                    String edited =
                            first.substring(0, middle) + " edited here" + first.substring(middle);
                    String one = "trace-" + traces++;
                    String other = "trace-" + traces++;
                    append(one, Value.text(first));
                    append(other, Value.text(edited));
                    assertThat(phrases(first)).hasSizeGreaterThan(5);
                    for (int round = 0; round < 2; round++) {
                        for (String phrase : phrases(first)) {
                            assertFound(phrase, one);
                        }
                        for (String phrase : phrases(edited)) {
                            assertFound(phrase, other);
                        }
                        assertThat(search("\"edited here\"")).isNotEmpty();
                        store.compact(Progress.NONE);
                    }
                });
    }

    @Test
    void findsNothingThatOnlyTheChunksApartWouldSay() {
        RandomGenerator random = Gen.random(3);
        String text = text(random, 20_000, " ");
        append("t", Value.text(text));
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        int cut = Chunker.cut(bytes, 0, bytes.length);
        String[] after = text.substring(cut).split(" ", 4);
        for (int round = 0; round < 2; round++) {
            assertThat(search("\"" + after[1] + " " + after[0] + "\"")).isEmpty();
            store.compact(Progress.NONE);
        }
    }

    /// The chunks after the first are JSON too, though nothing in them says so.
    @Test
    void readsEveryChunkOfALongJsonValueAsJson() {
        RandomGenerator random = Gen.random(4);
        String text = text(random, 20_000, "\\n");
        append("t", Value.json("{\"content\":\"" + text + "\"}"));
        List<String> words = List.of(text.split("\\\\n"));
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i + 2 < words.size(); i += 997) {
                assertFound("\"" + words.get(i) + " " + words.get(i + 1) + "\"", "t");
            }
            assertThat(search("nword*")).isEmpty();
            store.compact(Progress.NONE);
        }
    }

    @Test
    void findsTextWithoutSpacesAcrossChunks() {
        RandomGenerator random = Gen.random(5);
        StringBuilder text = new StringBuilder();
        while (text.length() < 40_000) {
            text.appendCodePoint(0x4E00 + random.nextInt(0x5000));
        }
        append("t", Value.text(text.toString()));
        for (int round = 0; round < 2; round++) {
            byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
            int at = Chunker.cut(bytes, 0, bytes.length);
            assertThat(at).isLessThan(bytes.length - 100);
            for (; at < bytes.length - 100; at = Chunker.cut(bytes, at, bytes.length)) {
                assertFound(text.substring(at / 3 - 4, at / 3 + 4), "t");
            }
            store.compact(Progress.NONE);
        }
    }

    @Test
    void findsPhrasesAcrossTheChunksOfAnUpload() throws IOException {
        String text = text(Gen.random(6), 100_000, ". ");
        SpanKey key = new SpanKey("default", "t", "s");
        store.upload(
                key,
                Field.OUTPUT,
                false,
                new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)));
        for (int round = 0; round < 2; round++) {
            for (String phrase : phrases(text)) {
                assertFound(phrase, "t");
            }
            store.compact(Progress.NONE);
        }
    }
}
