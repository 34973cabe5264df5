package dev.backplane.gateway.response;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.responses.ResponseId;
import dev.backplane.gateway.dialect.responses.StoredItems;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What was said up to a response: the items of the responses before it, which are kept each by
/// itself and read back one after the other.
///
/// @param items the oldest first
/// @param session the session of the last response, or empty
record History(List<Slice> items, String session) {
    /// A chain that is longer is not of our making, or leads in a circle.
    private static final int RESPONSES_MAX = 10_000;

    History {
        items = List.copyOf(items);
    }

    /// All items up to a response and with its output.
    ///
    /// @param last id of the response, or empty for a conversation that begins
    /// @throws Problem `NOT_FOUND` if it, or one before it, is not kept
    static History upTo(ResponseStore store, String project, String last) {
        List<ResponseStore.Kept> chain = chain(store, project, last);
        List<Slice> items = new ArrayList<>();
        for (ResponseStore.Kept kept : chain.reversed()) {
            items.addAll(StoredItems.elements(kept.items(), ""));
            items.addAll(StoredItems.elements(kept.response(), "output"));
        }
        return new History(items, chain.isEmpty() ? "" : chain.getFirst().session());
    }

    /// From the last to the first.
    private static List<ResponseStore.Kept> chain(
            ResponseStore store, String project, String last) {
        List<ResponseStore.Kept> chain = new ArrayList<>();
        for (String next = last; !next.isEmpty(); next = chain.getLast().previous()) {
            String id = next;
            if (chain.size() == RESPONSES_MAX) {
                throw Problem.tooLarge(
                                "conversation has too many responses", "previous_response_id")
                        .fix("begin a new one with the items that still matter");
            }
            chain.add(
                    ResponseId.parse(id)
                            .flatMap(parsed -> store.get(project, parsed))
                            .orElseThrow(() -> missing(id)));
        }
        return chain;
    }

    /// The id is the client's own text, but of any length.
    private static Problem missing(String id) {
        String shown = id.substring(0, Math.min(id.length(), 64));
        return Problem.notFound(
                        "previous response with id '" + shown + "' not found",
                        "previous_response_id")
                .fix("send the whole conversation as input");
    }

    /// Puts items in the place of references to them.
    List<Slice> resolve(ResponseStore store, String project, List<Slice> asked) {
        List<Slice> resolved = new ArrayList<>();
        for (Slice item : asked) {
            String reference = StoredItems.reference(item);
            resolved.add(reference.isEmpty() ? item : find(store, project, reference));
        }
        return resolved;
    }

    private Slice find(ResponseStore store, String project, String id) {
        return items.stream()
                .filter(item -> StoredItems.id(item).equals(id))
                .findFirst()
                .or(() -> kept(store, project, id))
                .orElseThrow(() ->
                        Problem.notFound("item of an item_reference not found", "input")
                                .fix("send the item itself"));
    }

    private static Optional<Slice> kept(ResponseStore store, String project, String id) {
        return ResponseId.ofItem(id)
                .flatMap(response -> store.get(project, response))
                .flatMap(kept -> {
                    List<Slice> all =
                            new ArrayList<>(StoredItems.elements(kept.response(), "output"));
                    all.addAll(StoredItems.elements(kept.items(), ""));
                    return all.stream().filter(item -> StoredItems.id(item).equals(id)).findFirst();
                });
    }
}
