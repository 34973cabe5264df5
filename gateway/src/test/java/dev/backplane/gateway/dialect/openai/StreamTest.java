package dev.backplane.gateway.dialect.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.provider.SseReader;
import dev.backplane.testkit.Gen;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/// Chunks that are like the one before are read and written without looking at all of each: what is
/// read and written must not show it.
class StreamTest {
    /// Text that comes close to ending its string, and what could be taken for it.
    private static String piece(RandomGenerator random) {
        return switch (Gen.integer(random, 0, 5)) {
            case 0 -> Gen.string(random, 12);
            case 1 -> Gen.pick(random, "\"", "\\", "\\\"", "\n", "\u007f", "ü", "😀", "\u0000");
            case 2 -> Gen.pick(random, "\"},\"x\":{\"", "null", "{}", "]}", "");
            default -> Gen.identifier(random, 1, 8);
        };
    }

    /// @param padding in front, so that no chunk is like another
    private static String chunk(RandomGenerator random, String kind, String text, String padding) {
        JsonOut out = new JsonOut().beginObject();
        if (!padding.isEmpty()) {
            out.name("padding").text(padding);
        }
        out.name("id").text("c").name("model").text("m").name("choices").beginArray();
        for (int i = 0; i < (kind.equals("two") ? 2 : 1); i++) {
            out.beginObject().name("index").literal(kind.equals("other") ? "1" : "" + i);
            out.name("delta").beginObject();
            if (kind.equals("thought")) {
                out.name("reasoning_content").text("t" + text);
            }
            if (kind.equals("twice")) {
                out.name("content").text("first");
            }
            out.name("content").text(text).endObject();
            if (kind.equals("probable")) {
                out.name("logprobs").beginObject().name("content").literal("null").endObject();
            }
            out.name("finish_reason").literal("null").endObject();
        }
        return out.endArray().endObject().slice().text();
    }

    private static List<Event> read(List<String> chunks) throws IOException {
        List<Event> events = new ArrayList<>();
        AnswerReader reader = new AnswerReader(events::add, "test");
        for (String chunk : chunks) {
            // At another place of its array each time, as an event of a stream is.
            String around = " ".repeat(chunk.length() % 7);
            Slice whole = Slice.of(around + chunk + around);
            reader.read(whole.slice(around.length(), whole.length() - around.length()));
        }
        return events;
    }

    @Test
    void chunksThatAreAlikeAreReadLikeAnyOther() {
        Gen.check(
                300,
                random -> {
                    List<String> alike = new ArrayList<>();
                    List<String> different = new ArrayList<>();
                    String kind = "plain";
                    for (int i = Gen.integer(random, 1, 30); i > 0; i--) {
                        if (Gen.oneIn(random, 5)) {
                            kind =
                                    Gen.pick(
                                            random,
                                            "plain",
                                            "other",
                                            "two",
                                            "thought",
                                            "twice",
                                            "probable");
                        }
                        String text = piece(random);
                        alike.add(chunk(random, kind, text, ""));
                        different.add(chunk(random, kind, text, "p" + i));
                    }

                    List<Event> events = read(alike);
                    assertThat(events.subList(1, events.size()))
                            .isEqualTo(read(different).stream().skip(1).toList());
                });
    }

    /// What stands at the place of the text is a string only with its quotes.
    @Test
    void aTextThatIsNoneIsNotTakenForOne() throws IOException {
        String first = "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}";
        List<Event> events = new ArrayList<>();
        AnswerReader reader = new AnswerReader(events::add, "test");
        reader.read(Slice.of(first));
        reader.read(Slice.of(first));
        reader.read(Slice.of(first.replace("\"a\"", "null")));
        reader.read(Slice.of(first.replace("\"a\"", "\"b\",\"refusal\":\"c\"")));
        reader.read(Slice.of(first.replace("\"a\"", "\"\\u0061\"")));

        assertThat(events)
                .filteredOn(event -> !(event instanceof Event.Started))
                .containsExactly(
                        new Event.TextDelta(0, "a"),
                        new Event.TextDelta(0, "a"),
                        new Event.TextDelta(0, "b"),
                        new Event.RefusalDelta(0, "c"),
                        new Event.TextDelta(0, "a"));
    }

    private static Extras extras(RandomGenerator random) {
        Extras.Builder extras = new Extras.Builder();
        if (random.nextBoolean()) {
            extras.put("system_fingerprint", Slice.of("\"fp" + Gen.integer(random, 0, 9) + "\""));
        }
        return extras.build();
    }

    /// What is long is said once, what is short in each chunk.
    @Test
    void whatAnAnswerHasBesidesIsSaid() throws IOException {
        Extras.Builder extras = new Extras.Builder();
        extras.put("prompt_filter_results", Slice.of("[{\"a\":\n1}]"));
        extras.put("service_tier", Slice.of("\"flex\""));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        StreamWriter writer = new StreamWriter(out, true, "ours", false);
        writer.on(new Event.Started("a", "m", 1, extras.build()));
        for (String text : List.of("one", "two", "three")) {
            writer.on(new Event.TextDelta(0, text));
        }

        List<String> data = data(out);
        assertThat(data).hasSize(3).allMatch(chunk -> chunk.contains("\"service_tier\":\"flex\""));
        assertThat(data.getFirst()).contains("\"prompt_filter_results\":[{\"a\": 1}]");
        assertThat(data.subList(1, 3)).noneMatch(chunk -> chunk.contains("prompt_filter"));
    }

    /// One that is written chunk by chunk, each by a writer that wrote nothing like it before.
    private static List<String> apart(List<Event> events, boolean chat) throws IOException {
        List<String> data = new ArrayList<>();
        Event.Started started = new Event.Started("", "", 0, Extras.NONE);
        boolean[] begun = new boolean[2];
        for (Event event : events) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            StreamWriter writer = new StreamWriter(out, chat, "ours", false);
            writer.on(started);
            int choice = -1;
            switch (event) {
                case Event.Started again -> started = again;
                case Event.TextDelta(int of, String _) -> choice = of;
                case Event.ReasoningDelta(int of, String _) -> choice = of;
                default -> throw new AssertionError(event);
            }
            if (choice >= 0 && begun[choice]) {
                writer.on(new Event.RefusalDelta(choice, "begins"));
                out.reset();
            }
            writer.on(event);
            if (choice >= 0) {
                begun[choice] = true;
            }
            data.addAll(data(out));
        }
        return data;
    }

    private static List<String> data(ByteArrayOutputStream out) throws IOException {
        List<String> data = new ArrayList<>();
        SseReader sse = new SseReader(new ByteArrayInputStream(out.toByteArray()), "test");
        while (sse.next()) {
            data.add(sse.data().text());
        }
        return data;
    }

    @Test
    void chunksThatAreAlikeAreWrittenLikeAnyOther() {
        Gen.check(
                300,
                random -> {
                    boolean chat = random.nextBoolean();
                    List<Event> events = new ArrayList<>();
                    events.add(new Event.Started("a", "m", 1, extras(random)));
                    int choice = 0;
                    boolean thought = false;
                    for (int i = Gen.integer(random, 1, 30); i > 0; i--) {
                        if (Gen.oneIn(random, 6)) {
                            choice = Gen.integer(random, 0, 1);
                            thought = chat && random.nextBoolean();
                        }
                        if (Gen.oneIn(random, 15)) {
                            String id = Gen.string(random, 6) + "i";
                            events.add(new Event.Started(id, "m\n" + i, i, extras(random)));
                        }
                        String text = piece(random);
                        events.add(
                                thought
                                        ? new Event.ReasoningDelta(choice, text)
                                        : new Event.TextDelta(choice, text));
                    }
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    StreamWriter writer = new StreamWriter(out, chat, "ours", false);
                    for (Event event : events) {
                        writer.on(event);
                    }

                    assertThat(data(out)).isEqualTo(apart(events, chat));
                });
    }
}
