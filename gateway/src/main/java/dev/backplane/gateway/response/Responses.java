package dev.backplane.gateway.response;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.dialect.responses.Frames;
import dev.backplane.gateway.dialect.responses.ResponseId;
import dev.backplane.gateway.dialect.responses.ResponsesRequest;
import dev.backplane.gateway.dialect.responses.StoredItems;
import dev.backplane.gateway.dialect.responses.StoredResponse;
import dev.backplane.gateway.model.Usage;
import dev.backplane.http.Presence;
import java.io.IOException;
import java.io.OutputStream;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// Makes responses and finds them again. Thread-safe.
public final class Responses {
    private final Gateway gateway;
    private final ResponseStore store;
    private final Conversations conversations;
    private final Background background;
    private final InstantSource clock;

    public Responses(
            Gateway gateway,
            ResponseStore store,
            Conversations conversations,
            Background background,
            InstantSource clock) {
        this.gateway = gateway;
        this.store = store;
        this.conversations = conversations;
        this.background = background;
        this.clock = clock;
    }

    /// @param usage of the whole answer
    public record Result(Slice response, Usage usage) {}

    /// Answers a client that waits.
    ///
    /// @param started whether the client has heard something, so that a failure is an event
    /// @throws Problem why there is no answer, if the client has heard nothing
    /// @throws IOException the client has gone
    public Result answer(
            ResponsesRequest request, Origin origin, Frames frames, BooleanSupplier started)
            throws IOException {
        try (ResponseRun run = prepare(request, origin)) {
            return run.run(gateway, frames, started);
        }
    }

    private ResponseRun prepare(ResponsesRequest request, Origin origin) {
        return ResponseRun.prepare(request, origin, store, conversations, clock);
    }

    /// A response that was begun.
    ///
    /// @param response as it stands
    public record Begun(ResponseId id, Slice response) {}

    /// Begins a response that nobody waits for.
    ///
    /// @throws Problem `LIMITED` when too many are being made
    public Begun begin(ResponsesRequest request, Origin origin) {
        ResponseRun run = prepare(request, origin);
        try {
            Begun begun = new Begun(run.id(), background.begin(run));
            origin.listener().began(run.id().trace(), run.id().span());
            return begun;
        } catch (RuntimeException refused) {
            run.close();
            throw refused;
        }
    }

    /// A response as it stands now.
    public Optional<Slice> find(String project, ResponseId id) {
        return background
                .find(project, id)
                .or(() -> store.get(project, id).map(ResponseStore.Kept::response));
    }

    /// All items that a response was asked with, those before it included, the oldest first.
    public Optional<List<Slice>> items(String project, ResponseId id) {
        return store.get(project, id)
                .map(kept -> {
                    History before = History.upTo(store, project, kept.previous());
                    List<Slice> items = new ArrayList<>(before.items());
                    items.addAll(StoredItems.elements(kept.items(), ""));
                    return items;
                });
    }

    /// Ends a response that is being made, and forgets it.
    ///
    /// @return whether there was one
    public boolean delete(String project, ResponseId id) {
        background.forget(project, id);
        return store.delete(project, id);
    }

    /// Ends a response that is made in the background; one that has ended stays as it is.
    ///
    /// @return the response, or empty if there is none
    /// @throws Problem `INVALID` if it was not made in the background
    public Optional<Slice> cancel(String project, ResponseId id) {
        Optional<Slice> found = find(project, id);
        found.ifPresent(response -> requireBackground(response, "cancelled"));
        background.cancel(project, id);
        return found.flatMap(_ -> find(project, id));
    }

    private static void requireBackground(Slice response, String what) {
        if (!StoredResponse.background(response)) {
            throw Problem.invalid(
                            "response was not made in the background and cannot be " + what,
                            "response_id")
                    .fix("send background: true with the request");
        }
    }

    /// A response that has a stream, as it stands now.
    ///
    /// @throws Problem `INVALID` if it was not made in the background
    public Optional<Slice> findStream(String project, ResponseId id) {
        Optional<Slice> found = find(project, id);
        found.ifPresent(response -> requireBackground(response, "streamed again"));
        return found;
    }

    /// Sends the events of a response that is, or was, made in the background: those there are, and
    /// those to come.
    ///
    /// @param from number of the first event
    /// @param reader who may go while this waits
    public void events(String project, ResponseId id, long from, OutputStream out, Presence reader)
            throws IOException {
        if (background.events(project, id, from, out, reader)) {
            return;
        }
        Optional<Slice> found = findStream(project, id);
        if (found.isPresent()) {
            StoredResponse.last(found.get(), from, out);
        }
    }
}
