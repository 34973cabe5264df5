package dev.backplane.gateway.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Field;
import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.Value;
import dev.backplane.gateway.Harness;
import dev.backplane.gateway.ScriptedUpstream;
import dev.backplane.gateway.dialect.openai.ChatRequestReader;
import dev.backplane.gateway.limit.Limiter;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.provider.Anthropic;
import dev.backplane.gateway.provider.OpenAiCompatible;
import dev.backplane.gateway.provider.Provider;
import dev.backplane.gateway.route.Balance;
import dev.backplane.gateway.route.Breaker;
import dev.backplane.gateway.route.Hedge;
import dev.backplane.gateway.route.Route;
import dev.backplane.gateway.route.RouteTable;
import dev.backplane.gateway.route.Target;
import dev.backplane.http.ClientGone;
import dev.backplane.http.Exchange;
import dev.backplane.http.Presence;
import dev.backplane.http.client.HttpClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Calls whose second target is asked beside the first. Where the order of events matters, each
/// side waits for the other's.
@Timeout(60)
class HedgeTest {
    private static final String DELTA =
            "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]}";
    private static final String END =
            "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],"
                    + "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":2}}";
    private static final String COUNTED =
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\","
                    + "\"usage\":{\"input_tokens\":40,\"output_tokens\":1}}}\n\n";

    private final HttpClient http = HttpClient.start(HttpClient.Limits.DEFAULT);
    private final ScriptedUpstream one = new ScriptedUpstream();
    private final ScriptedUpstream two = new ScriptedUpstream();
    private final List<SpanEvent> spans = new CopyOnWriteArrayList<>();
    private final Meter meter = new Meter();
    private final CountDownLatch oneAsked = new CountDownLatch(1);
    private final CountDownLatch twoAsked = new CountDownLatch(1);
    private final CountDownLatch oneLeft = new CountDownLatch(1);
    private final CountDownLatch twoLeft = new CountDownLatch(1);
    private List<Target> targets = List.of();

    @AfterEach
    void close() {
        http.close();
        one.close();
        two.close();
    }

    private Provider first() {
        return new OpenAiCompatible("one", http, one.base(), Optional.empty());
    }

    /// Each token costs a dollar.
    private Gateway gateway(Provider second, Hedge hedge) {
        targets =
                List.of(
                        new Target(first(), "m-1", 0, new Breaker(System::nanoTime)),
                        new Target(second, "m-2", 0, new Breaker(System::nanoTime)));
        Route route = new Route("m", targets, Balance.ORDER, Optional.of(hedge));
        return new Gateway(
                new RouteTable(List.of(), List.of(route)),
                new Recorder(
                        spans::addAll,
                        (span, _) ->
                                OptionalDouble.of(
                                        span.build().number(Field.INPUT_TOKENS, 0)
                                                + span.build().number(Field.OUTPUT_TOKENS, 0)),
                        ContentPolicy.FULL,
                        true,
                        meter),
                Guard.NONE,
                new Retries(1, 5, Duration.ofNanos(2)),
                Limiter.none(),
                AnswerCache.NONE,
                FileReferences.NONE);
    }

    private Gateway gateway(Hedge hedge) {
        return gateway(new OpenAiCompatible("two", http, two.base(), Optional.empty()), hedge);
    }

    private static Hedge always() {
        return new Hedge(Duration.ZERO, 100);
    }

    private static ModelRequest request(boolean stream) {
        return ChatRequestReader.read(
                Slice.of(
                        "{\"model\":\"m\",\"stream\":"
                                + stream
                                + ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"),
                "test");
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /// For what else goes on; nothing is asserted that depends on how long it is.
    private static void pause() throws IOException {
        try {
            Thread.sleep(200);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /// Says nothing until whoever asked has gone.
    private static void wait(Exchange exchange, CountDownLatch asked, CountDownLatch left)
            throws IOException {
        try (Presence.Watch _ = exchange.presence().whenGone(left::countDown)) {
            asked.countDown();
            await(left);
        }
        throw new ClientGone("left");
    }

    private static void stream(Exchange exchange, String... frames) throws IOException {
        exchange.header("Content-Type", "text/event-stream");
        for (String frame : frames) {
            exchange.output().write(frame.getBytes(StandardCharsets.UTF_8));
            exchange.output().flush();
        }
    }

    private static void say(Exchange exchange, String text) throws IOException {
        stream(exchange, "data: " + DELTA.formatted(text) + "\n\ndata: " + END + "\n\n");
    }

    private static String text(SpanData span, Field field) {
        return span.text(field);
    }

    private static String attributes(SpanData span) {
        return span.get(Field.ATTRIBUTES).orElseThrow().toString();
    }

    private SpanData attempt(String name) {
        return spans.stream()
                .map(SpanEvent::data)
                .filter(span -> span.text(Field.NAME).equals("attempt " + name))
                .findFirst()
                .orElseThrow();
    }

    private SpanData call() {
        return spans.getLast().data();
    }

    @Test
    void aSilentTargetIsOvertakenAndLetGo() throws Exception {
        one.then(exchange -> wait(exchange, oneAsked, oneLeft));
        two.then(exchange -> {
            await(oneAsked);
            say(exchange, "two");
        });
        Answer.Builder answer = new Answer.Builder();

        Gateway.Outcome outcome =
                gateway(always()).generate(Harness.origin(), request(true), answer);

        assertThat(outcome.target()).isEqualTo("two/m-2");
        assertThat(answer.build().choices().getFirst().text()).isEqualTo("two");
        oneLeft.await();
        assertThat(attributes(attempt("one/m-1"))).contains("overtaken");
        assertThat(attempt("one/m-1").text(Field.STATUS)).isEqualTo("ok");
        assertThat(attributes(attempt("two/m-2"))).contains("answered", "backplane.hedge");
        assertThat(call().text(Field.PROVIDER)).isEqualTo("two");
        assertThat(call().text(Field.STATUS)).isEqualTo("ok");
        assertThat(call().get(Field.COST)).contains(Value.of(12.0));
        assertThat(targets).allSatisfy(target -> assertThat(target.breaker().running()).isZero());
    }

    /// What the loser's provider had counted is in the cost of the call, and in the loser's span.
    @Test
    void aHedgeThatIsNotNeededIsLetGoAndItsTokensAreCharged() throws Exception {
        Provider second = new Anthropic("two", http, two.base(), "k");
        one.then(exchange -> {
            await(twoAsked);
            say(exchange, "one");
        });
        CountDownLatch counted = new CountDownLatch(1);
        two.then(exchange -> {
            stream(exchange, COUNTED);
            wait(exchange, counted, twoLeft);
        });
        Gateway gateway = gateway(second, always());
        AtomicReference<Answer> answer = new AtomicReference<>();
        Thread caller =
                Thread.startVirtualThread(() -> {
                    Answer.Builder fold = new Answer.Builder();
                    try {
                        gateway.generate(Harness.origin(), request(true), fold);
                        answer.set(fold.build());
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
        counted.await();
        // The count is on its way to the gateway, whose bytes arrive in order with nothing after.
        pause();
        twoAsked.countDown();
        caller.join();

        assertThat(answer.get().choices().getFirst().text()).isEqualTo("one");
        twoLeft.await();
        assertThat(attributes(attempt("two/m-2"))).contains("overtaken", "backplane.tokens");
        assertThat(call().number(Field.INPUT_TOKENS, 0)).isEqualTo(10);
        assertThat(call().get(Field.COST)).contains(Value.of(12.0 + 41.0));
    }

    @Test
    void aHedgeAnswersWhereTheFirstFails() throws Exception {
        one.then(exchange -> {
            await(twoAsked);
            exchange.sendText(500, "broken");
        });
        two.then(exchange -> {
            twoAsked.countDown();
            pause();
            say(exchange, "two");
        });
        Answer.Builder answer = new Answer.Builder();

        gateway(always()).generate(Harness.origin(), request(true), answer);

        assertThat(answer.build().choices().getFirst().text()).isEqualTo("two");
        assertThat(attempt("one/m-1").text(Field.STATUS)).isEqualTo("error");
        assertThat(call().text(Field.STATUS)).isEqualTo("ok");
        assertThat(two.received()).as("asked once, though it is next in turn, too").hasSize(1);
        assertThat(meter.render()).contains("backplane_gateway_hedges_total{end=\"answered\"} 1");
    }

    @Test
    void aHedgeThatIsRefusedLeavesTheFirstAlone() throws Exception {
        one.then(exchange -> {
            await(twoAsked);
            pause();
            say(exchange, "one");
        });
        two.then(exchange -> {
            twoAsked.countDown();
            exchange.sendText(400, "not for me");
        });
        Answer.Builder answer = new Answer.Builder();

        gateway(always()).generate(Harness.origin(), request(true), answer);

        assertThat(answer.build().choices().getFirst().text()).isEqualTo("one");
        assertThat(attempt("two/m-2").text(Field.STATUS)).isEqualTo("error");
        assertThat(call().text(Field.STATUS)).isEqualTo("ok");
    }

    @Test
    void whereBothFailTheCallFailsOnceWithEachAttemptTold() {
        one.then(exchange -> {
            await(twoAsked);
            exchange.sendText(500, "broken");
        });
        two.then(exchange -> {
            twoAsked.countDown();
            exchange.sendText(503, "broken, too");
        });

        assertThatThrownBy(() ->
                        gateway(always())
                                .generate(Harness.origin(), request(true), new Answer.Builder()))
                .isInstanceOf(Problem.class);
        assertThat(attempt("one/m-1").text(Field.STATUS)).isEqualTo("error");
        assertThat(attempt("two/m-2").text(Field.STATUS)).isEqualTo("error");
        assertThat(call().text(Field.STATUS)).isEqualTo("error");
    }

    @Test
    void aClientThatGoesTakesBothAlong() throws Exception {
        one.then(exchange -> wait(exchange, oneAsked, oneLeft));
        two.then(exchange -> wait(exchange, twoAsked, twoLeft));
        AtomicReference<Runnable> leave = new AtomicReference<>(() -> {});
        Presence client =
                new Presence() {
                    @Override
                    public boolean gone() {
                        return false;
                    }

                    @Override
                    public Watch whenGone(Runnable action) {
                        leave.set(action);
                        return () -> {};
                    }
                };
        Origin origin =
                new Origin(
                        "default",
                        "r",
                        "k",
                        "",
                        "",
                        "",
                        List.of(),
                        CallListener.NONE,
                        client,
                        Optional.empty());
        Gateway gateway = gateway(always());
        Thread.startVirtualThread(() -> {
            try {
                await(oneAsked);
                await(twoAsked);
                leave.get().run();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });

        assertThatThrownBy(() -> gateway.generate(origin, request(true), new Answer.Builder()))
                .isInstanceOf(ClientGone.class);

        oneLeft.await();
        twoLeft.await();
        assertThat(text(call(), Field.ERROR)).isEqualTo("client went away");
        assertThat(attributes(attempt("one/m-1"))).contains("left");
        assertThat(attributes(attempt("two/m-2"))).contains("left");
        assertThat(targets).allSatisfy(target -> assertThat(target.breaker().running()).isZero());
    }

    /// One hedge is there from the beginning, and a call earns a hundredth of the next.
    @Test
    void hedgesAreRationed() throws Exception {
        one.then(exchange -> wait(exchange, oneAsked, oneLeft));
        one.then(exchange -> {
            pause();
            say(exchange, "one");
        });
        two.then(exchange -> {
            await(oneAsked);
            say(exchange, "two");
        });
        Gateway gateway = gateway(new Hedge(Duration.ZERO, 1));

        gateway.generate(Harness.origin(), request(true), new Answer.Builder());
        Gateway.Outcome second =
                gateway.generate(Harness.origin(), request(true), new Answer.Builder());

        assertThat(second.target()).isEqualTo("one/m-1");
        assertThat(two.received()).hasSize(1);
        assertThat(meter.render())
                .contains("backplane_gateway_hedges_total{end=\"answered\"} 1")
                .contains("backplane_gateway_hedges_total{end=\"withheld\"} 1");
    }

    @Test
    void answersInOnePieceAreNotHedged() throws Exception {
        one.thenJson(
                200,
                "{\"id\":\"c\",\"choices\":[{\"message\":{\"content\":\"x\"},"
                        + "\"finish_reason\":\"stop\"}]}");

        gateway(always()).generate(Harness.origin(), request(false), new Answer.Builder());

        assertThat(two.received()).isEmpty();
    }

    /// Whoever of two quick ones wins, the answer is one's alone, and the span says whose.
    @Test
    void aRaceHasOneWinner() throws Exception {
        one.then(exchange -> say(exchange, "one"));
        two.then(exchange -> say(exchange, "two"));
        Gateway gateway = gateway(always());

        for (int i = 0; i < 200; i++) {
            Answer.Builder answer = new Answer.Builder();
            Gateway.Outcome outcome = gateway.generate(Harness.origin(), request(true), answer);
            String said = answer.build().choices().getFirst().text();
            assertThat(outcome.target()).startsWith(said + "/");
            assertThat(call().text(Field.PROVIDER)).isEqualTo(said);
            assertThat(text(call(), Field.ERROR)).isEmpty();
        }
        assertThat(two.received()).isNotEmpty();
        assertThat(targets).allSatisfy(target -> assertThat(target.breaker().running()).isZero());
    }
}
