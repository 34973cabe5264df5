package dev.backplane.gateway.surface;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.dialect.responses.StoredItems;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.response.Conversation;
import dev.backplane.gateway.response.Conversations;
import dev.backplane.http.Exchange;
import dev.backplane.http.Handler;
import dev.backplane.http.Router;
import java.io.IOException;
import java.util.List;

/// OpenAI's `/v1/conversations`.
public final class ConversationsSurface {
    private static final int ITEMS_MAX = 20;
    private static final int PAGE_DEFAULT = 20;
    private static final int PAGE_MAX = 100;

    private final Conversations conversations;
    private final OriginOf origins;
    private final long bodyBytesMax;

    public ConversationsSurface(Conversations conversations, OriginOf origins, long bodyBytesMax) {
        this.conversations = conversations;
        this.origins = origins;
        this.bodyBytesMax = bodyBytesMax;
    }

    public void routes(Router.Builder routes) {
        routes.post("/v1/conversations", as(this::create))
                .get("/v1/conversations/{conversation}", as(this::retrieve))
                .post("/v1/conversations/{conversation}", as(this::update))
                .delete("/v1/conversations/{conversation}", as(this::delete))
                .get("/v1/conversations/{conversation}/items", as(this::items))
                .post("/v1/conversations/{conversation}/items", as(this::add))
                .get("/v1/conversations/{conversation}/items/{item}", as(this::item))
                .delete("/v1/conversations/{conversation}/items/{item}", as(this::remove));
    }

    private interface Action {
        void run(Origin origin, Exchange exchange) throws IOException;
    }

    private Handler as(Action action) {
        return exchange -> {
            exchange.answerProblemsWith(ResponsesSurface::problem);
            action.run(origins.of(exchange), exchange);
        };
    }

    private Members body(Exchange exchange) throws IOException {
        Slice body = Replies.body(exchange, bodyBytesMax);
        return Members.of(body.isEmpty() ? Slice.of("{}") : body, exchange.path());
    }

    private static String id(Exchange exchange) {
        return exchange.parameter("conversation");
    }

    private static List<Slice> items(Members body) {
        List<Slice> items = body.array("items");
        if (items.size() > ITEMS_MAX) {
            throw Problem.invalid("there are more than 20 items", "items").fix("send 20 at a time");
        }
        if (items.stream().anyMatch(item -> !StoredItems.reference(item).isEmpty())) {
            throw Problem.invalid("an item is a reference to another", "items")
                    .fix("send the item itself");
        }
        return items;
    }

    private void create(Origin origin, Exchange exchange) throws IOException {
        Members body = body(exchange);
        Slice metadata = Metadata.of(body);
        send(
                exchange,
                conversations.create(
                        origin.project(),
                        metadata.isEmpty() ? Slice.of("{}") : metadata,
                        items(body)));
    }

    private static void send(Exchange exchange, Conversation conversation) throws IOException {
        Replies.json(
                exchange,
                200,
                new JsonOut()
                        .beginObject()
                        .name("id")
                        .text(conversation.id())
                        .name("object")
                        .text("conversation")
                        .name("created_at")
                        .literal("" + conversation.created())
                        .name("metadata")
                        .json(conversation.metadata())
                        .endObject()
                        .slice());
    }

    private Conversation find(Origin origin, Exchange exchange) {
        return conversations
                .find(origin.project(), id(exchange))
                .orElseThrow(Conversations::missing);
    }

    private void retrieve(Origin origin, Exchange exchange) throws IOException {
        send(exchange, find(origin, exchange));
    }

    private void update(Origin origin, Exchange exchange) throws IOException {
        Slice metadata = Metadata.of(body(exchange));
        send(
                exchange,
                conversations.change(
                        origin.project(),
                        id(exchange),
                        metadata.isEmpty() ? Slice.of("{}") : metadata));
    }

    private void delete(Origin origin, Exchange exchange) throws IOException {
        if (!conversations.delete(origin.project(), id(exchange))) {
            throw Conversations.missing();
        }
        Replies.json(
                exchange,
                200,
                new JsonOut()
                        .beginObject()
                        .name("id")
                        .text(id(exchange))
                        .name("object")
                        .text("conversation.deleted")
                        .name("deleted")
                        .literal("true")
                        .endObject()
                        .slice());
    }

    private void items(Origin origin, Exchange exchange) throws IOException {
        Replies.json(
                exchange,
                200,
                StoredItems.page(
                        conversations.items(origin.project(), id(exchange)),
                        Replies.newestFirst(exchange),
                        exchange.query("after").orElse(""),
                        Replies.limit(exchange, PAGE_DEFAULT, PAGE_MAX)));
    }

    private void add(Origin origin, Exchange exchange) throws IOException {
        List<Slice> items = items(body(exchange));
        if (items.isEmpty()) {
            throw Problem.invalid("items are missing", "items").fix("send up to 20 items");
        }
        List<Slice> added = conversations.add(origin.project(), id(exchange), items);
        Replies.json(exchange, 200, StoredItems.page(added, false, "", added.size()));
    }

    private void item(Origin origin, Exchange exchange) throws IOException {
        String id = exchange.parameter("item");
        Replies.json(
                exchange,
                200,
                conversations.items(origin.project(), id(exchange)).stream()
                        .filter(item -> StoredItems.id(item).equals(id))
                        .findFirst()
                        .orElseThrow(ConversationsSurface::missingItem));
    }

    private static Problem missingItem() {
        return Problem.notFound("there is no such item in the conversation", "item_id")
                .fix("see the conversation's items");
    }

    private void remove(Origin origin, Exchange exchange) throws IOException {
        if (!conversations.remove(origin.project(), id(exchange), exchange.parameter("item"))) {
            throw missingItem();
        }
        send(exchange, find(origin, exchange));
    }
}
