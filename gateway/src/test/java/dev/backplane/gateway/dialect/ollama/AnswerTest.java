package dev.backplane.gateway.dialect.ollama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.Leaves;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.Usage;
import dev.backplane.testkit.Gen;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class AnswerTest {
    private static final String TIME = "2026-01-02T03:04:05Z";

    private static Timing timing() {
        AtomicLong nanos = new AtomicLong();
        return new Timing(InstantSource.fixed(Instant.parse(TIME)), () -> nanos.addAndGet(10));
    }

    private interface Writing {
        void write(AnswerWriter writer) throws IOException;
    }

    private static String written(boolean chat, Writing writing) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            writing.write(new AnswerWriter(out, chat, "m", timing()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String streamed(boolean chat, List<Event> events) {
        return written(
                chat,
                writer -> {
                    for (Event event : events) {
                        writer.on(event);
                    }
                    writer.done();
                });
    }

    private static List<Event> read(String lines) {
        List<Event> events = new ArrayList<>();
        AnswerReader reader = new AnswerReader(events::add);
        try {
            for (String line : lines.split("\n")) {
                reader.read(Slice.of(line), "test");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(reader.complete()).isTrue();
        return events;
    }

    private static Answer fold(List<Event> events) {
        Answer.Builder answer = new Answer.Builder();
        events.forEach(answer::on);
        return answer.build();
    }

    @Test
    void wholeAnswersAndTheirStreamsLoseNothing() {
        Gen.check(
                1_000,
                random -> {
                    boolean chat = random.nextBoolean();
                    Slice body = answer(random, chat);
                    List<Event> events = read(body.text());
                    Answer answer = fold(events);

                    String whole = written(chat, writer -> writer.whole(answer));
                    Map<String, String> leaves = Leaves.of(Slice.of(whole));
                    leaves.keySet().removeIf(path -> path.endsWith("/function/index"));
                    assertThat(leaves).as(body.text()).isEqualTo(Leaves.of(body));
                    assertThat(fold(read(streamed(chat, events)))).isEqualTo(answer);
                });
    }

    private static Slice answer(RandomGenerator random, boolean chat) {
        JsonOut out = new JsonOut().beginObject().name("model").text("m");
        out.name("created_at").text(TIME);
        if (chat) {
            out.name("message").beginObject().name("role").text("assistant").name("content");
        } else {
            out.name("response");
        }
        out.text(Gen.string(random, 30));
        if (random.nextBoolean()) {
            out.name("thinking").text("t" + Gen.string(random, 30));
        }
        if (chat && random.nextBoolean()) {
            out.name("tool_calls").beginArray();
            for (int i = Gen.integer(random, 1, 3); i > 0; i--) {
                out.beginObject();
                if (random.nextBoolean()) {
                    out.name("id").text("c" + Gen.string(random, 5));
                }
                out.name("function").beginObject().name("name").text("f");
                out.name("arguments").json(Slice.of(Gen.jsonObject(random, 2)));
                out.endObject().endObject();
            }
            out.endArray();
        }
        if (chat) {
            out.endObject();
        }
        if (random.nextBoolean()) {
            out.name("logprobs").json(Slice.of("[{\"token\":\"a\",\"logprob\":-0.10}]"));
        }
        out.name("done").literal("true");
        out.name("done_reason").text(Gen.pick(random, "stop", "length"));
        for (String name :
                List.of(
                        "total_duration",
                        "load_duration",
                        "prompt_eval_count",
                        "prompt_eval_duration",
                        "eval_count",
                        "eval_duration")) {
            out.name(name).literal("" + Gen.integer(random, 0, 1_000_000));
        }
        return out.endObject().slice();
    }

    /// A call is one line, however many pieces its arguments came in.
    @Test
    void callsAreWhole() {
        List<Event> events =
                List.of(
                        new Event.Started("x", "other", 0, Extras.NONE),
                        new Event.TextDelta(0, "é"),
                        new Event.ToolCallStarted(0, 0, "c1", "f"),
                        new Event.ToolArguments(0, 0, "{\"a\""),
                        new Event.ToolArguments(0, 0, ": 1}"),
                        new Event.ToolCallEnded(0, 0),
                        new Event.ToolCallStarted(0, 1, "c2", "g"),
                        new Event.ToolArguments(0, 1, "oops"),
                        new Event.Finished(0, FinishReason.TOOL_CALLS, "tool_calls"),
                        new Event.Used(Usage.of(3, 4)));
        String head =
                "{\"model\":\"m\",\"created_at\":\""
                        + TIME
                        + "\",\"message\":{\"role\":\"assistant\",";

        assertThat(streamed(true, events).split("\n"))
                .containsExactly(
                        head + "\"content\":\"é\"},\"done\":false}",
                        head
                                + "\"content\":\"\",\"tool_calls\":[{\"id\":\"c1\",\"function\":"
                                + "{\"index\":0,\"name\":\"f\",\"arguments\":{\"a\": 1}}}]},"
                                + "\"done\":false}",
                        head
                                + "\"content\":\"\",\"tool_calls\":[{\"id\":\"c2\",\"function\":"
                                + "{\"index\":1,\"name\":\"g\",\"arguments\":"
                                + "{\"INVALID_JSON\":\"oops\"}}}]},\"done\":false}",
                        head
                                + "\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\","
                                + "\"total_duration\":30,\"load_duration\":0,"
                                + "\"prompt_eval_count\":3,\"prompt_eval_duration\":10,"
                                + "\"eval_count\":4,\"eval_duration\":10}");
    }

    @Test
    void errorsAreLinesToo() {
        assertThat(written(true, writer -> writer.failed(Problem.timeout("late", "p"))))
                .isEqualTo("{\"error\":\"late (p)\"}\n");
        assertThatThrownBy(() -> read("{\"error\":\"model ran out of memory\"}"))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> {
                            assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
                            assertThat(problem.what()).isEqualTo("model ran out of memory");
                        });
        assertThatThrownBy(() -> read("<html>")).hasMessageContaining("what is no answer");
        assertThat(Errors.read(Slice.of("{\"error\":\"no model\"}"), 404, "p").kind())
                .isEqualTo(Problem.Kind.NOT_FOUND);
    }
}
