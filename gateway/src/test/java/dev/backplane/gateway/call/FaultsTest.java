package dev.backplane.gateway.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Field;
import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.gateway.Harness;
import dev.backplane.gateway.ScriptedUpstream;
import dev.backplane.gateway.dialect.openai.ChatRequestReader;
import dev.backplane.gateway.limit.Limiter;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.provider.CallTimeouts;
import dev.backplane.gateway.provider.OpenAiCompatible;
import dev.backplane.gateway.route.Balance;
import dev.backplane.gateway.route.Breaker;
import dev.backplane.gateway.route.Route;
import dev.backplane.gateway.route.RouteTable;
import dev.backplane.gateway.route.Target;
import dev.backplane.http.Exchange;
import dev.backplane.http.client.HttpClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Calls to providers that do everything that goes wrong.
@Timeout(120)
class FaultsTest {
    private static final String TEXT = "né🛫 a";
    private static final String WHOLE =
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"né🛫\"}}]}\n\n"
                    + "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" a\"}}]}\n\n";
    private static final String END =
            "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
                    + "data: [DONE]\n\n";

    private final HttpClient http = HttpClient.start(HttpClient.Limits.DEFAULT);
    private final ScriptedUpstream upstream = new ScriptedUpstream();

    /// Three minutes later at each look, so that a breaker that opens is soon half-open.
    private final AtomicLong clock = new AtomicLong();

    private final CountDownLatch over = new CountDownLatch(1);
    private final List<SpanEvent> spans = new CopyOnWriteArrayList<>();
    private final List<Target> targets = new ArrayList<>();

    @AfterEach
    void close() {
        over.countDown();
        http.close();
        upstream.close();
    }

    private Gateway gateway(CallTimeouts timeouts, AnswerCache cache) {
        for (String name : List.of("one", "two")) {
            targets.add(
                    new Target(
                            new OpenAiCompatible(name, http, upstream.base(), Optional.empty()),
                            "m",
                            0,
                            new Breaker(() -> clock.addAndGet(180_000_000_000L)),
                            timeouts));
        }
        Recorder recorder =
                new Recorder(
                        spans::addAll,
                        (_, _) -> OptionalDouble.of(1),
                        ContentPolicy.FULL,
                        true,
                        new Meter());
        return new Gateway(
                new RouteTable(List.of(), List.of(new Route("m", targets, Balance.LEAST_BUSY))),
                recorder,
                Guard.NONE,
                new Retries(2, 4, Duration.ofNanos(2)),
                Limiter.none(),
                cache,
                FileReferences.NONE);
    }

    private static ModelRequest request(String content) {
        return ChatRequestReader.read(
                Slice.of(
                        "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\","
                                + "\"content\":\""
                                + content
                                + "\"}]}"),
                "test");
    }

    private void misbehave(Exchange exchange, int kind) throws IOException {
        byte[] whole = (WHOLE + END).getBytes(StandardCharsets.UTF_8);
        switch (kind) {
            case 0 -> exchange.header("Retry-After", "9").sendText(429, "slow down");
            case 1 -> exchange.header("retry-after-ms", "1").sendText(429, "slow down");
            case 2 -> exchange.sendText(500, "<html>oops");
            case 3 -> stall();
            default -> {
                exchange.header("Content-Type", "text/event-stream");
                switch (kind) {
                    case 4 -> exchange.output().write("data: garbage\n\n".getBytes());
                    // In the middle of a character, of an event, or before the end.
                    case 5 -> exchange.output().write(Arrays.copyOf(whole, 60));
                    case 6 -> exchange.output().write(Arrays.copyOf(whole, 100));
                    case 7 -> exchange.output().write(WHOLE.getBytes(StandardCharsets.UTF_8));
                    case 8 -> {
                        exchange.output().write(WHOLE.getBytes(StandardCharsets.UTF_8));
                        exchange.output().flush();
                        stall();
                    }
                    case 9 ->
                            exchange.output()
                                    .write((WHOLE + END + END).getBytes(StandardCharsets.UTF_8));
                    default -> exchange.output().write(whole);
                }
            }
        }
    }

    private void stall() throws IOException {
        try {
            over.await();
        } catch (InterruptedException interrupted) {
            throw new IOException(interrupted);
        }
    }

    private record Call(String text, boolean answered) {}

    private Call call(Gateway gateway, Random random, int number) {
        Answer.Builder fold = new Answer.Builder();
        boolean leaves = random.nextInt(8) == 0;
        try {
            gateway.generate(
                    Harness.origin(),
                    request("" + number),
                    event -> {
                        if (leaves && event instanceof Event.TextDelta) {
                            throw new IOException("gone");
                        }
                        fold.on(event);
                    });
            return new Call(fold.build().choices().getFirst().text(), true);
        } catch (Problem | IOException failed) {
            return new Call("", false);
        }
    }

    /// 600 calls by 12 callers at a time, some of whom leave in the middle: what is answered is
    /// whole and right, what is not is told as such, and nothing is left over.
    @Test
    void nothingLeaksAndNothingIsHalf() throws InterruptedException {
        Duration patience = Duration.ofMillis(40);
        Gateway gateway =
                gateway(
                        new CallTimeouts(
                                Duration.ofSeconds(10),
                                patience,
                                patience,
                                patience,
                                Duration.ofMinutes(1)),
                        AnswerCache.NONE);
        AtomicInteger asked = new AtomicInteger();
        upstream.then(exchange -> misbehave(exchange, asked.getAndIncrement() * 7 % 20));
        int threads = Thread.activeCount();
        ConcurrentLinkedQueue<Call> calls = new ConcurrentLinkedQueue<>();
        List<Thread> callers = new ArrayList<>();
        for (int caller = 0; caller < 12; caller++) {
            Random random = new Random(caller);
            int first = caller * 50;
            callers.add(
                    Thread.ofVirtual()
                            .start(() -> {
                                for (int i = 0; i < 50; i++) {
                                    calls.add(call(gateway, random, first + i));
                                }
                            }));
        }
        for (Thread caller : callers) {
            caller.join();
        }

        assertThat(calls).hasSize(600);
        assertThat(calls).filteredOn(Call::answered).hasSizeGreaterThan(50);
        assertThat(calls)
                .filteredOn(Call::answered)
                .allSatisfy(call -> assertThat(call.text()).isEqualTo(TEXT));
        List<SpanData> told =
                spans.stream()
                        .map(SpanEvent::data)
                        .filter(span -> span.text(Field.KIND).equals("llm"))
                        .toList();
        assertThat(told).hasSize(600);
        assertThat(told)
                .filteredOn(span -> span.text(Field.STATUS).equals("ok"))
                .hasSize((int) calls.stream().filter(Call::answered).count());
        assertThat(targets).allSatisfy(target -> assertThat(target.breaker().running()).isZero());
        assertThat(http.connections()).isLessThanOrEqualTo(12);
        assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads + 64);
    }

    @Test
    void aRepeatIsAnsweredFromTheCacheAndSaysSo() throws IOException {
        Gateway gateway = gateway(CallTimeouts.DEFAULT, new AnswerCache(1 << 20));
        upstream.then(exchange -> misbehave(exchange, 99));
        Answer.Builder first = new Answer.Builder();
        Answer.Builder second = new Answer.Builder();

        Gateway.Outcome asked = gateway.generate(Harness.origin(), request("a"), first);
        Gateway.Outcome repeated = gateway.generate(Harness.origin(), request("a"), second);

        assertThat(asked.repeated()).isFalse();
        assertThat(repeated.repeated()).isTrue();
        assertThat(second.build()).isEqualTo(first.build());
        assertThat(upstream.received()).hasSize(1);
        assertThat(spans.getLast().data().get(Field.ATTRIBUTES).orElseThrow().toString())
                .contains("backplane.cache");
        assertThat(spans.getLast().data().has(Field.INPUT_TOKENS)).isFalse();
    }

    @Test
    void whatWasCutOffIsNotKept() {
        Gateway gateway = gateway(CallTimeouts.DEFAULT, new AnswerCache(1 << 20));
        upstream.then(exchange -> misbehave(exchange, 7));

        for (int i = 1; i < 3; i++) {
            assertThatThrownBy(() ->
                            gateway.generate(Harness.origin(), request("a"), new Answer.Builder()))
                    .isInstanceOf(Problem.class);
            assertThat(upstream.received()).hasSize(i);
        }
    }
}
