package dev.backplane.store.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.HybridClock;
import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Meter;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanEvent.MergeRules;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.store.Progress;
import dev.backplane.testkit.Gen;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A repeated send changes nothing, whatever the store did between the two.
class RepeatTest {
    private static final SpanKey KEY = new SpanKey("default", "t", "s");

    @TempDir Path directory;
    private LocalObjectStore objects;
    private TraceDatabase store;

    @BeforeEach
    void open() throws IOException {
        objects = LocalObjectStore.open(directory.resolve("objects"));
        store = database();
    }

    private TraceDatabase database() throws IOException {
        return TraceDatabase.open(
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

    private static SpanEvent insert(String input) {
        return SpanEvent.insert(
                KEY,
                SpanData.builder()
                        .put(Field.NAME, "first name")
                        .put(Field.INPUT, Value.json(input))
                        .put(Field.ATTRIBUTES, attributes())
                        .build());
    }

    /// A run, a content of its own and a short value.
    private static Value attributes() {
        List<Value.Attribute> list = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            list.add(new Value.Attribute("m." + i + ".text", Value.text("message " + i)));
        }
        list.add(new Value.Attribute("long", Value.text("much ".repeat(20_000))));
        list.add(new Value.Attribute("short", Value.of(7)));
        return new Value.Attributes(list);
    }

    private static SpanEvent comment(String text) {
        return SpanEvent.feedback(
                KEY,
                SpanData.builder()
                        .put(Field.COMMENTS, Value.json("[{\"text\":\"" + text + "\"}]"))
                        .build());
    }

    private static SpanEvent score(int value) {
        return SpanEvent.feedback(
                KEY,
                SpanData.builder()
                        .put(Field.SCORES, Value.json("{\"good\":" + value + "}"))
                        .build());
    }

    private static SpanEvent rename(String name) {
        return SpanEvent.merge(
                KEY, SpanData.builder().put(Field.NAME, name).build(), MergeRules.NONE);
    }

    /// Nothing, a restart, a compaction or both.
    private void between(RandomGenerator random) throws IOException {
        if (random.nextBoolean()) {
            store.compact(Progress.NONE);
        }
        if (random.nextBoolean()) {
            store.close();
            store = database();
        }
    }

    private String field(Field field) {
        Value value = store.span(KEY).orElseThrow().data().get(field).orElseThrow();
        Content content =
                switch (value) {
                    case Value.Json(Content json) -> json;
                    case Value.Text(Content text) -> text;
                    default -> throw new IllegalStateException("neither text nor JSON");
                };
        return content.read(1 << 20).text();
    }

    @Test
    void aCommentIsAppendedOnceHoweverOftenItIsSent() {
        Gen.check(
                8,
                random -> {
                    store.append(List.of(SpanEvent.delete(KEY), insert("[]")));
                    List<SpanEvent> sent = List.of(comment("yes"), comment("no"), score(1));
                    for (int i = 0; i < 3; i++) {
                        for (SpanEvent event : sent) {
                            store.append(List.of(event));
                            between(random);
                        }
                    }
                    assertThat(field(Field.COMMENTS))
                            .isEqualTo("[{\"text\":\"yes\"},{\"text\":\"no\"}]");
                });
    }

    @Test
    void anInsertThatIsSentAgainLosesNothingThatWasMergedSince() {
        Gen.check(
                8,
                random -> {
                    SpanEvent insert =
                            insert(
                                    "[{\"role\":\"user\",\"content\":\"question %d\"}]"
                                            .formatted(random.nextInt()));
                    store.append(List.of(SpanEvent.delete(KEY), insert));
                    between(random);
                    store.append(List.of(rename("second name")));
                    between(random);
                    store.append(List.of(insert));
                    between(random);
                    assertThat(field(Field.NAME)).isEqualTo("second name");
                    store.append(List.of(insert("[1]")));
                    between(random);
                    assertThat(field(Field.NAME))
                            .as("another insert is one")
                            .isEqualTo("first name");
                });
    }

    /// Seen from the store, a score that is set back looks like a repeat: what came last holds.
    @Test
    void whatIsSetBackIsSetBack() {
        Gen.check(
                6,
                random -> {
                    store.append(List.of(insert("[]")));
                    for (int value : List.of(1, 0, 1)) {
                        store.append(List.of(score(value)));
                        between(random);
                        assertThat(field(Field.SCORES)).isEqualTo("{\"good\":" + value + "}");
                    }
                });
    }
}
