package dev.backplane.gateway.surface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIServiceException;
import com.openai.models.conversations.Conversation;
import com.openai.models.conversations.ConversationCreateParams;
import com.openai.models.conversations.ConversationUpdateParams;
import com.openai.models.conversations.items.ConversationItem;
import com.openai.models.conversations.items.ItemCreateParams;
import com.openai.models.conversations.items.ItemDeleteParams;
import com.openai.models.conversations.items.ItemListParams;
import com.openai.models.conversations.items.ItemRetrieveParams;
import com.openai.models.responses.EasyInputMessage;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import dev.backplane.core.Field;
import dev.backplane.gateway.Harness;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// OpenAI's own Java client and conversations.
@Timeout(60)
class ConversationsSdkTest {
    private final Harness harness = new Harness();
    private final OpenAIClient client =
            OpenAIOkHttpClient.builder().baseUrl(harness.url()).apiKey("any").maxRetries(0).build();

    @AfterEach
    void close() {
        client.close();
        harness.close();
    }

    private static EasyInputMessage says(String text) {
        return EasyInputMessage.builder().role(EasyInputMessage.Role.USER).content(text).build();
    }

    private static ResponseCreateParams.Builder ask(String conversation, String text) {
        return ResponseCreateParams.builder().model("m").input(text).conversation(conversation);
    }

    private void answer(String text) {
        harness.one.thenJson(
                200,
                "{\"id\":\"c-9\",\"created\":7,\"model\":\"m-1\",\"choices\":[{\"index\":0,"
                        + "\"message\":{\"role\":\"assistant\",\"content\":\""
                        + text
                        + "\"},\"finish_reason\":\"stop\"}]}");
    }

    private String lastBody() {
        return harness.one.received().getLast().body().text();
    }

    private List<ConversationItem> items(String conversation, ItemListParams.Order order) {
        List<ConversationItem> items = new ArrayList<>();
        client.conversations()
                .items()
                .list(
                        ItemListParams.builder()
                                .conversationId(conversation)
                                .order(order)
                                .limit(2)
                                .build())
                .autoPager()
                .forEach(items::add);
        return items;
    }

    private static String text(ConversationItem item) {
        return item.validate().asMessage().content().stream()
                .map(part ->
                        part.isInputText() ? part.asInputText().text() : part.asOutputText().text())
                .findFirst()
                .orElseThrow();
    }

    @Test
    void growsWithEachResponse() {
        Conversation conversation =
                client.conversations()
                        .create(
                                ConversationCreateParams.builder()
                                        .addItem(says("I am Ada"))
                                        .build());
        String id = conversation.validate().id();
        answer("pleased");
        answer("Ada");

        Response first = client.responses().create(ask(id, "hello").build());
        Response second = client.responses().create(ask(id, "who am I?").store(false).build());

        assertThat(first.conversation().orElseThrow().id()).isEqualTo(id);
        assertThat(second.validate().conversation().orElseThrow().id()).isEqualTo(id);
        assertThat(lastBody()).containsSubsequence("I am Ada", "hello", "pleased", "who am I?");
        assertThat(items(id, ItemListParams.Order.ASC))
                .extracting(ConversationsSdkTest::text)
                .containsExactly("I am Ada", "hello", "pleased", "who am I?", "Ada");
        assertThat(items(id, ItemListParams.Order.DESC))
                .extracting(ConversationsSdkTest::text)
                .containsExactly("Ada", "who am I?", "pleased", "hello", "I am Ada");
        assertThat(harness.span().text(Field.SESSION_ID)).isEqualTo(id);
    }

    @Test
    void itsItemsOutliveTheResponse() {
        String id = client.conversations().create().id();
        answer("pleased");

        client.responses().delete(client.responses().create(ask(id, "hello").build()).id());

        assertThat(items(id, ItemListParams.Order.ASC))
                .extracting(ConversationsSdkTest::text)
                .containsExactly("hello", "pleased");
    }

    @Test
    void itemsAreAddedFetchedAndDeleted() {
        String id = client.conversations().create().id();

        List<ConversationItem> added =
                client.conversations()
                        .items()
                        .create(
                                ItemCreateParams.builder()
                                        .conversationId(id)
                                        .addItem(says("one"))
                                        .addItem(says("two"))
                                        .build())
                        .data();
        String first = added.getFirst().asMessage().id();
        ConversationItem fetched =
                client.conversations()
                        .items()
                        .retrieve(
                                ItemRetrieveParams.builder()
                                        .conversationId(id)
                                        .itemId(first)
                                        .build());
        client.conversations()
                .items()
                .delete(ItemDeleteParams.builder().conversationId(id).itemId(first).build());

        assertThat(text(fetched)).isEqualTo("one");
        assertThat(items(id, ItemListParams.Order.ASC))
                .extracting(ConversationsSdkTest::text)
                .containsExactly("two");
        assertThatThrownBy(() ->
                        client.conversations()
                                .items()
                                .retrieve(
                                        ItemRetrieveParams.builder()
                                                .conversationId(id)
                                                .itemId(first)
                                                .build()))
                .isInstanceOf(NotFoundException.class);
    }

    @Test
    void metadataChangesAndTheWholeIsDeleted() {
        Conversation created =
                client.conversations()
                        .create(
                                ConversationCreateParams.builder()
                                        .metadata(
                                                ConversationCreateParams.Metadata.builder()
                                                        .putAdditionalProperty(
                                                                "topic", JsonValue.from("a"))
                                                        .build())
                                        .build());
        client.conversations()
                .update(
                        ConversationUpdateParams.builder()
                                .conversationId(created.id())
                                .metadata(
                                        ConversationUpdateParams.Metadata.builder()
                                                .putAdditionalProperty("topic", JsonValue.from("b"))
                                                .build())
                                .build());

        Conversation read = client.conversations().retrieve(created.id());

        assertThat(created._metadata().toString()).contains("topic=a");
        assertThat(read._metadata().toString()).contains("topic=b");
        assertThat(read.createdAt()).isEqualTo(created.createdAt());
        assertThat(client.conversations().delete(created.id()).deleted()).isTrue();
        assertThatThrownBy(() -> client.conversations().retrieve(created.id()))
                .isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> client.responses().create(ask(created.id(), "q").build()))
                .isInstanceOf(NotFoundException.class);
        assertThat(harness.one.received()).isEmpty();
    }

    @Test
    void takesOneResponseAtATime() throws Exception {
        String id = client.conversations().create().id();
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        harness.one.then(exchange -> {
            asked.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            exchange.sendText(400, "no");
        });
        answer("yes");
        Response running = client.responses().create(ask(id, "first").background(true).build());
        asked.await();

        assertThatThrownBy(() -> client.responses().create(ask(id, "second").build()))
                .isInstanceOfSatisfying(
                        OpenAIServiceException.class,
                        locked -> {
                            assertThat(locked.statusCode()).isEqualTo(409);
                            assertThat(locked.code()).contains("conversation_locked");
                        });

        goOn.countDown();
        client.responses().cancel(running.id());
        assertThat(items(id, ItemListParams.Order.ASC)).isEmpty();
        client.responses().create(ask(id, "third").build());
        assertThat(items(id, ItemListParams.Order.ASC))
                .extracting(ConversationsSdkTest::text)
                .containsExactly("third", "yes");
    }

    @Test
    void refusesWhatItCannotKeep() {
        String id = client.conversations().create().id();
        ItemCreateParams.Builder many = ItemCreateParams.builder().conversationId(id);
        for (int i = 0; i <= 20; i++) {
            many.addItem(says("x"));
        }

        assertThatThrownBy(() -> client.conversations().items().create(many.build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("more than 20 items");
        assertThatThrownBy(() ->
                        client.conversations()
                                .items()
                                .create(
                                        ItemCreateParams.builder()
                                                .conversationId(id)
                                                .addItemReferenceItem("msg_1")
                                                .build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("reference");
        assertThat(items(id, ItemListParams.Order.ASC)).isEmpty();
    }
}
