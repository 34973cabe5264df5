package dev.backplane.gateway.response;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.dialect.responses.Frames;
import dev.backplane.gateway.dialect.responses.ResponseId;
import dev.backplane.gateway.dialect.responses.ResponseWriter;
import dev.backplane.gateway.dialect.responses.ResponseWriter.Place;
import dev.backplane.gateway.dialect.responses.ResponseWriter.Status;
import dev.backplane.gateway.dialect.responses.ResponsesRequest;
import dev.backplane.gateway.dialect.responses.StoredItems;
import dev.backplane.gateway.model.ModelRequest;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/// One response from its request to its end.
///
/// A response that is kept has a span, which the span of the call is under; its id names it. It is
/// kept before the client is told that it is complete, whatever became of it. Where that fails, the
/// client gets the answer that it has paid for, with `store` false; and with `conversation` null
/// where it could not be added to that.
final class ResponseRun implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ResponseRun.class.getName());

    private final ResponsesRequest request;
    private final ModelRequest asked;
    private final List<Slice> items;
    private final Origin origin;
    private final ResponseId id;
    private final String session;
    private final boolean keep;
    private final ResponseStore store;
    private final Optional<Conversations.Turn> turn;
    private final InstantSource clock;
    private final Instant start;

    private ResponseRun(
            ResponsesRequest request,
            History before,
            Optional<Conversations.Turn> turn,
            Origin origin,
            ResponseStore store,
            InstantSource clock) {
        this.request = request;
        this.items = before.resolve(store, origin.project(), request.items());
        List<Slice> all = new ArrayList<>(before.items());
        all.addAll(items);
        this.asked = request.withItems(all);
        this.origin = origin;
        this.keep = request.store().orElse(true) && store.keeps();
        this.store = store;
        this.turn = turn;
        this.clock = clock;
        this.start = clock.instant();
        this.id =
                keep
                        ? origin.parent()
                                .map(parent -> ResponseId.in(parent.trace()))
                                .orElseGet(ResponseId::create)
                        : ResponseId.create();
        String known = origin.session().isEmpty() ? before.session() : origin.session();
        this.session = known.isEmpty() && keep ? id.toString() : known;
    }

    /// Reads what was said before, and takes the conversation until this is closed.
    static ResponseRun prepare(
            ResponsesRequest request,
            Origin origin,
            ResponseStore store,
            Conversations conversations,
            InstantSource clock) {
        if (!store.keeps()) {
            requireNothingKept(request);
        }
        if (request.conversation().isEmpty()) {
            History before = History.upTo(store, origin.project(), request.previous());
            return new ResponseRun(request, before, Optional.empty(), origin, store, clock);
        }
        Conversations.Turn turn = conversations.enter(origin.project(), request.conversation());
        try {
            History before = new History(turn.items(), request.conversation());
            return new ResponseRun(request, before, Optional.of(turn), origin, store, clock);
        } catch (RuntimeException refused) {
            turn.close();
            throw refused;
        }
    }

    private static void requireNothingKept(ResponsesRequest request) {
        if (request.store().orElse(false) || request.background()) {
            throw Problem.invalid(
                            "responses are not stored here",
                            request.background() ? "background" : "store")
                    .fix("send store: false, or configure gateway.content as full");
        }
    }

    ResponseId id() {
        return id;
    }

    Origin origin() {
        return origin;
    }

    /// Keeps it as one that is to be made in the background.
    ///
    /// @return the response as the client is told of it
    /// @throws Problem if it cannot be kept
    Slice queue() {
        Slice response = writer(Frames.none()).response(Status.QUEUED, asked(), 0);
        store.put(origin, kept(response, "", 0));
        return response;
    }

    /// The response while it is made.
    Slice inProgress() {
        return writer(Frames.none()).response(Status.IN_PROGRESS, asked(), 0);
    }

    private Place asked() {
        return new Place(keep, request.conversation());
    }

    private ResponseWriter writer(Frames frames) {
        return new ResponseWriter(request, id, start.getEpochSecond(), frames);
    }

    /// Answers whoever waits.
    ///
    /// @param started whether the client has heard something, so that a failure is an event
    /// @throws Problem why there is no answer, if the client has heard nothing
    Responses.Result run(Gateway gateway, Frames frames, BooleanSupplier started)
            throws IOException {
        ResponseWriter writer = writer(frames);
        try {
            gateway.generate(caller(origin), asked, writer);
        } catch (Problem problem) {
            Slice response = end(said(problem), place -> writer.failed(problem, place));
            if (!started.getAsBoolean()) {
                throw problem;
            }
            writer.end(problem, response);
            return new Responses.Result(response, writer.usage());
        } catch (IOException gone) {
            end("client went away", place -> writer.response(Status.CANCELLED, place, 0));
            throw gone;
        }
        Slice response = completed(writer);
        writer.end(writer.status(), response);
        return new Responses.Result(response, writer.usage());
    }

    /// Answers for those who ask later, whatever happens.
    ///
    /// @param keeper stores what was made, and does not return before
    /// @return the response, which has ended
    Slice run(Gateway gateway, Frames frames, Recall recall, Keeper keeper) throws IOException {
        ResponseWriter writer = writer(frames);
        writer.queue();
        Problem failure;
        try {
            gateway.generate(caller(origin.behind(recall)), asked, writer);
            Place place = told(writer);
            Slice response = writer.response(writer.status(), place, completedSeconds(writer));
            keeper.keep(kept(response, "", nanos(clock.instant())));
            writer.end(writer.status(), response);
            return response;
        } catch (Problem problem) {
            failure = problem;
        } catch (IOException gone) {
            failure =
                    Problem.unavailable("events of the response cannot be kept", id.toString())
                            .fix("check the disk of the server")
                            .causedBy(gone);
        } catch (RuntimeException unexpected) {
            LOG.log(System.Logger.Level.ERROR, "response " + id + " failed", unexpected);
            failure = Problem.internal("response failed unexpectedly", id.toString());
        }
        return broken(writer, recall, failure, keeper);
    }

    /// Stores the end of a response, sooner or later.
    @FunctionalInterface
    interface Keeper {
        void keep(ResponseStore.Kept kept) throws IOException;
    }

    private Slice broken(ResponseWriter writer, Recall recall, Problem failure, Keeper keeper)
            throws IOException {
        Place place = new Place(true, "");
        if (recall.reason().equals(Optional.of(Recall.Reason.CANCELLED))) {
            Slice response = writer.response(Status.CANCELLED, place, 0);
            keeper.keep(kept(response, "cancelled", nanos(clock.instant())));
            writer.end(Status.CANCELLED, response);
            return response;
        }
        Problem why = recall.reason().isPresent() ? stopped(id) : failure;
        Slice response = writer.failed(why, place);
        keeper.keep(kept(response, said(why), nanos(clock.instant())));
        writer.end(why, response);
        return response;
    }

    static Problem stopped(ResponseId id) {
        return Problem.unavailable("the server stopped while the response was made", id.toString())
                .fix("ask again");
    }

    private Origin caller(Origin from) {
        return keep ? from.under(id.trace(), id.span(), session) : from.in(session);
    }

    private static String said(Problem problem) {
        return problem.what() + " (" + problem.where() + ")";
    }

    private Slice completed(ResponseWriter writer) {
        Place told = told(writer);
        return end(
                "",
                place ->
                        writer.response(
                                writer.status(),
                                new Place(place.stored(), told.conversation()),
                                completedSeconds(writer)));
    }

    private long completedSeconds(ResponseWriter writer) {
        return writer.status() == Status.COMPLETED ? clock.instant().getEpochSecond() : 0;
    }

    /// Adds what was asked and answered to the conversation.
    private Place told(ResponseWriter writer) {
        if (turn.isEmpty()) {
            return new Place(keep, "");
        }
        List<Slice> added = new ArrayList<>(StoredItems.ofRequest(id, items));
        added.addAll(writer.items());
        try {
            turn.get().append(added);
            return new Place(keep, request.conversation());
        } catch (Problem problem) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "request {0}: its items are not in conversation {1}: {2}",
                    origin.requestId(),
                    request.conversation(),
                    problem.getMessage());
            return new Place(keep, "");
        }
    }

    /// The response, which says whether it could be kept.
    private Slice end(String error, Function<Place, Slice> written) {
        Place lost = new Place(false, "");
        if (!keep) {
            return written.apply(lost);
        }
        Slice response = written.apply(new Place(true, ""));
        try {
            store.put(origin, kept(response, error, nanos(clock.instant())));
            return response;
        } catch (Problem problem) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "request {0}: its response could not be kept: {1}",
                    origin.requestId(),
                    problem.getMessage());
            return written.apply(lost);
        }
    }

    private ResponseStore.Kept kept(Slice response, String error, long endNanos) {
        return new ResponseStore.Kept(
                id,
                request.previous(),
                session,
                StoredItems.array(StoredItems.ofRequest(id, items)),
                response,
                error,
                nanos(start),
                endNanos);
    }

    static long nanos(Instant time) {
        return time.getEpochSecond() * 1_000_000_000L + time.getNano();
    }

    /// Gives the conversation back.
    @Override
    public void close() {
        turn.ifPresent(Conversations.Turn::close);
    }
}
