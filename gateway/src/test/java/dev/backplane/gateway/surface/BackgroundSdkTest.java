package dev.backplane.gateway.surface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseRetrieveParams;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import dev.backplane.core.Field;
import dev.backplane.gateway.Harness;
import dev.backplane.gateway.response.ResponseStore;
import dev.backplane.testkit.FaultyObjectStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// OpenAI's own Java client and responses that nobody waits for.
@Timeout(60)
class BackgroundSdkTest {
    private static final String REST = ", world";

    private final Harness harness = new Harness();
    private final OpenAIClient client =
            OpenAIOkHttpClient.builder().baseUrl(harness.url()).apiKey("any").maxRetries(0).build();
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final CountDownLatch left = new CountDownLatch(1);

    @AfterEach
    void close() {
        goOn.countDown();
        client.close();
        harness.close();
    }

    private static ResponseCreateParams.Builder ask() {
        return ResponseCreateParams.builder().model("m").input("greet").background(true);
    }

    private static byte[] chunk(String text) {
        return ("data: {\"id\":\"c\",\"created\":7,\"model\":\"m-1\",\"choices\":[{\"index\":0,"
                        + "\"delta\":{\"content\":\""
                        + text
                        + "\"}}]}\n\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    /// A model that says a word, and the rest when it is told to go on.
    private void model() {
        harness.one.then(exchange -> {
            exchange.header("Content-Type", "text/event-stream");
            exchange.output().write(chunk("Hello"));
            exchange.output().flush();
            exchange.presence().whenGone(left::countDown);
            asked.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            exchange.output().write(chunk(REST));
            exchange.output()
                    .write(
                            ("data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},"
                                            + "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
                                    .getBytes(StandardCharsets.UTF_8));
        });
    }

    private Response ended(String id) throws InterruptedException {
        Response response = client.responses().retrieve(id);
        while (response.status().equals(java.util.Optional.of(ResponseStatus.QUEUED))
                || response.status().equals(java.util.Optional.of(ResponseStatus.IN_PROGRESS))) {
            Thread.sleep(10);
            response = client.responses().retrieve(id);
        }
        return response;
    }

    private static String text(Response response) {
        return response.output().stream()
                .flatMap(item -> item.message().stream())
                .flatMap(message -> message.content().stream())
                .flatMap(content -> content.outputText().stream())
                .map(text -> text.text())
                .collect(Collectors.joining());
    }

    /// A model that answers in one piece when it is told to.
    private void slowModel() {
        harness.one.then(exchange -> {
            exchange.presence().whenGone(left::countDown);
            asked.countDown();
            try {
                if (!goOn.await(50, TimeUnit.SECONDS) || left.getCount() == 0) {
                    return;
                }
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            exchange.send(
                    200,
                    "application/json",
                    "{\"id\":\"c\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}"
                            .getBytes(StandardCharsets.UTF_8));
        });
    }

    private static List<ResponseStreamEvent> all(StreamResponse<ResponseStreamEvent> stream) {
        try (stream) {
            return stream.stream().toList();
        }
    }

    private static String deltas(List<ResponseStreamEvent> events) {
        return events.stream()
                .flatMap(event -> event.outputTextDelta().stream())
                .map(delta -> delta.delta())
                .collect(Collectors.joining());
    }

    private StreamResponse<ResponseStreamEvent> after(String id, long number) {
        return client.responses()
                .retrieveStreaming(
                        ResponseRetrieveParams.builder()
                                .responseId(id)
                                .startingAfter(number)
                                .build());
    }

    @Test
    void isFetchedWhenItHasEnded() throws Exception {
        slowModel();

        Response begun = client.responses().create(ask().build());
        asked.await();
        Response made = client.responses().retrieve(begun.id());
        goOn.countDown();
        Response ended = ended(begun.id());

        assertThat(begun.status()).contains(ResponseStatus.QUEUED);
        assertThat(begun.background()).contains(true);
        assertThat(made.status()).contains(ResponseStatus.IN_PROGRESS);
        assertThat(made.validate().output()).isEmpty();
        assertThat(ended.status()).contains(ResponseStatus.COMPLETED);
        assertThat(text(ended)).isEqualTo("Hi");
        assertThat(harness.span().text(Field.PARENT_ID))
                .isEqualTo(begun.id().substring(begun.id().length() - 16));
        assertThat(client.responses().inputItems().list(begun.id()).data()).hasSize(1);
        assertThat(client.responses().cancel(begun.id())).isEqualTo(ended);
    }

    @Test
    void itsStreamGoesOnWhereAReaderLeft() throws Exception {
        model();
        String id = "";
        long heard = -1;
        try (StreamResponse<ResponseStreamEvent> stream =
                client.responses().createStreaming(ask().build())) {
            for (ResponseStreamEvent event :
                    (Iterable<ResponseStreamEvent>) stream.stream()::iterator) {
                if (event.isCreated()) {
                    id = event.asCreated().response().id();
                }
                if (event.outputTextDelta().isPresent()) {
                    heard = event.asOutputTextDelta().sequenceNumber();
                    assertThat(event.asOutputTextDelta().delta()).isEqualTo("Hello");
                    break;
                }
            }
        }
        assertThat(left.getCount()).isEqualTo(1);

        List<ResponseStreamEvent> rest = new ArrayList<>();
        try (StreamResponse<ResponseStreamEvent> stream = after(id, heard)) {
            goOn.countDown();
            stream.stream().forEach(rest::add);
        }

        assertThat(deltas(rest)).isEqualTo(REST);
        assertThat(rest.getFirst().asOutputTextDelta().sequenceNumber()).isEqualTo(heard + 1);
        assertThat(text(rest.getLast().asCompleted().response())).isEqualTo("Hello" + REST);
        assertThat(ended(id)).isEqualTo(rest.getLast().asCompleted().response());
        List<ResponseStreamEvent> again = all(after(id, heard));
        assertThat(again).isEqualTo(rest);
        ResponseAccumulator whole = ResponseAccumulator.create();
        List<ResponseStreamEvent> all = all(client.responses().retrieveStreaming(id));
        all.forEach(whole::accumulate);
        assertThat(all.get(1).isQueued()).isTrue();
        assertThat(deltas(all)).isEqualTo("Hello" + REST);
        assertThat(text(whole.response())).isEqualTo("Hello" + REST);
    }

    @Test
    void itsStreamIsWholeWhileItIsPutAway() {
        harness.objects.with(FaultyObjectStore.Fault.SLOW, 1);
        goOn.countDown();
        for (int i = 0; i < 10; i++) {
            model();
            List<ResponseStreamEvent> heard =
                    all(client.responses().createStreaming(ask().build()));
            String id = heard.getFirst().asCreated().response().id();

            assertThat(all(client.responses().retrieveStreaming(id))).isEqualTo(heard);
        }
    }

    @Test
    void cancellingEndsTheCallAndTheStream() throws Exception {
        model();
        String id;
        List<String> kinds = new ArrayList<>();
        try (StreamResponse<ResponseStreamEvent> stream =
                client.responses().createStreaming(ask().build())) {
            Iterable<ResponseStreamEvent> events = stream.stream()::iterator;
            id = "";
            for (ResponseStreamEvent event : events) {
                if (event.isCreated()) {
                    id = event.asCreated().response().id();
                }
                kinds.add(event.toString());
                if (event.outputTextDelta().isPresent()) {
                    assertThat(client.responses().cancel(id).status())
                            .contains(ResponseStatus.CANCELLED);
                }
            }
        }

        left.await();
        Response ended = client.responses().retrieve(id);
        assertThat(ended.status()).contains(ResponseStatus.CANCELLED);
        assertThat(text(ended)).isEqualTo("Hello");
        assertThat(kinds.getLast()).contains("response.cancelled");
        assertThat(client.responses().cancel(id)).isEqualTo(ended);
        assertThat(harness.span().text(Field.ERROR)).isNotEmpty();
    }

    @Test
    void deletingEndsIt() throws Exception {
        slowModel();
        Response begun = client.responses().create(ask().build());
        asked.await();

        client.responses().delete(begun.id());

        left.await();
        assertThatThrownBy(() -> client.responses().retrieve(begun.id()))
                .isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> all(after(begun.id(), 0))).isInstanceOf(NotFoundException.class);
    }

    @Test
    void aFailureIsFetchedToo() throws Exception {
        harness.one.thenJson(400, "{\"error\":{\"message\":\"no such tool\"}}");

        Response ended = ended(client.responses().create(ask().build()).id());

        assertThat(ended.status()).contains(ResponseStatus.FAILED);
        assertThat(ended.error().orElseThrow().message()).contains("no such tool");
        List<ResponseStreamEvent> events = all(client.responses().retrieveStreaming(ended.id()));
        assertThat(events.getLast().asFailed().response()).isEqualTo(ended);
    }

    @Test
    void whatIsNotMadeInTheBackgroundHasNoSecondStream() {
        slowModel();
        goOn.countDown();
        Response response =
                client.responses()
                        .create(ResponseCreateParams.builder().model("m").input("q").build());

        assertThatThrownBy(() -> all(client.responses().retrieveStreaming(response.id())))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("not made in the background");
    }

    @Test
    void whatAnEarlierProcessLeftHasFailed() throws Exception {
        slowModel();
        Response begun = client.responses().create(ask().build());
        asked.await();

        harness.openBackground().close();

        ResponseStore.Kept kept = harness.responses.kept.values().iterator().next();
        assertThat(kept.id().toString()).isEqualTo(begun.id());
        assertThat(kept.response().text())
                .contains("\"status\":\"failed\"", "server stopped", "ask again");
        assertThat(kept.error()).contains("server stopped");
        assertThat(kept.endNanos()).isPositive();
    }

    @Test
    void aStoreThatIsFullIsSaidAtOnce() {
        harness.responses.full = true;
        slowModel();

        assertThatThrownBy(() -> client.responses().create(ask().build()))
                .hasMessageContaining("store is full");
        assertThat(harness.one.received()).isEmpty();
    }
}
