package dev.backplane.gateway.surface;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.dialect.responses.Frames;
import dev.backplane.gateway.dialect.responses.ResponseId;
import dev.backplane.gateway.dialect.responses.ResponseWriter;
import dev.backplane.gateway.dialect.responses.ResponsesRequest;
import dev.backplane.gateway.dialect.responses.StoredItems;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Usage;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/// One response from its request to its end.
///
/// A response that is kept has a span, which the span of the call is under; its id names it. It is
/// kept before the client is told that it is complete, whatever became of it. Where that fails, the
/// client gets the answer that it has paid for, with `store` false.
final class ResponseRun {
    private static final System.Logger LOG = System.getLogger(ResponseRun.class.getName());

    private final ResponsesRequest request;
    private final ModelRequest asked;
    private final List<Slice> items;
    private final Origin origin;
    private final ResponseId id;
    private final String session;
    private final boolean keep;
    private final ResponseStore store;
    private final InstantSource clock;
    private final Instant start;

    private ResponseRun(
            ResponsesRequest request,
            Conversation before,
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

    /// Reads the conversation that the request goes on from.
    static ResponseRun prepare(
            ResponsesRequest request, Origin origin, ResponseStore store, InstantSource clock) {
        if (request.store().orElse(false) && !store.keeps()) {
            throw Problem.invalid("responses are not stored here", "store")
                    .fix("send store: false, or configure gateway.content as full");
        }
        Conversation before = Conversation.upTo(store, origin.project(), request.previous());
        return new ResponseRun(request, before, origin, store, clock);
    }

    /// @param usage of the whole answer
    record Result(Slice response, Usage usage) {}

    /// Answers.
    ///
    /// @param started whether the client has heard something, so that a failure is an event
    /// @throws Problem why there is no answer, if the client has heard nothing
    Result run(Gateway gateway, Frames frames, BooleanSupplier started) throws IOException {
        ResponseWriter writer = new ResponseWriter(request, id, start.getEpochSecond(), frames);
        try {
            gateway.generate(caller(), asked, writer);
        } catch (Problem problem) {
            Slice response = kept(said(problem), stored -> writer.failed(problem, stored));
            if (!started.getAsBoolean()) {
                throw problem;
            }
            writer.end(problem, response);
            return new Result(response, writer.usage());
        } catch (IOException gone) {
            kept(
                    "client went away",
                    stored -> writer.response(ResponseWriter.Status.CANCELLED, stored, 0));
            throw gone;
        }
        ResponseWriter.Status status = writer.status();
        long completed =
                status == ResponseWriter.Status.COMPLETED ? clock.instant().getEpochSecond() : 0;
        Slice response = kept("", stored -> writer.response(status, stored, completed));
        writer.end(status, response);
        return new Result(response, writer.usage());
    }

    private Origin caller() {
        return keep ? origin.under(id.trace(), id.span(), session) : origin.in(session);
    }

    private static String said(Problem problem) {
        return problem.what() + " (" + problem.where() + ")";
    }

    private interface Written {
        Slice response(boolean stored);
    }

    /// The response, which says whether it could be kept.
    private Slice kept(String error, Written written) {
        if (!keep) {
            return written.response(false);
        }
        Slice response = written.response(true);
        try {
            store.put(
                    origin,
                    new ResponseStore.Kept(
                            id,
                            request.previous(),
                            session,
                            StoredItems.array(StoredItems.ofRequest(id, items)),
                            response,
                            error,
                            nanos(start),
                            nanos(clock.instant())));
            return response;
        } catch (Problem problem) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "request {0}: its response could not be kept: {1}",
                    origin.requestId(),
                    problem.getMessage());
            return written.response(false);
        }
    }

    private static long nanos(Instant time) {
        return time.getEpochSecond() * 1_000_000_000L + time.getNano();
    }
}
