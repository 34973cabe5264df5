package dev.backplane.gateway.dialect.responses;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.Usage;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// Makes a response of an answer's events, and its stream while they come:
///
/// ```
/// response.created  response.in_progress
///   ( response.output_item.added  parts and deltas  response.output_item.done )*
/// response.completed | response.incomplete | error response.failed
/// ```
///
/// The last event is sent by [#end], when the response has been kept. For one answer and one
/// thread.
public final class ResponseWriter implements Events {
    private final ResponsesRequest request;
    private final ResponseId id;
    private final long createdSeconds;
    private final Frames frames;
    private final OutputItems items;
    private final Extras.Builder extras = new Extras.Builder();
    private boolean created;
    private String model;
    private FinishReason reason = FinishReason.STOP;
    private Usage usage = Usage.UNKNOWN;

    /// How a response stands.
    public enum Status {
        /// Made in the background, and not begun.
        QUEUED("queued"),
        IN_PROGRESS("in_progress"),
        COMPLETED("completed"),
        INCOMPLETE("incomplete"),
        FAILED("failed"),
        /// Nobody waits for it any more.
        CANCELLED("cancelled");

        private final String id;

        Status(String id) {
            this.id = id;
        }

        public String id() {
            return id;
        }
    }

    /// Where a response can be found again.
    ///
    /// @param stored whether by its id
    /// @param conversation that its items are part of, or empty
    public record Place(boolean stored, String conversation) {}

    public ResponseWriter(
            ResponsesRequest request, ResponseId id, long createdSeconds, Frames frames) {
        this.request = request;
        this.id = id;
        this.createdSeconds = createdSeconds;
        this.frames = frames;
        this.items = new OutputItems(id, frames, request);
        this.model = request.request().model();
    }

    @Override
    public void on(Event event) throws IOException {
        switch (event) {
            case Event.Started started -> start(started);
            case Event.TextDelta(int _, String text) -> items.text(text);
            case Event.ReasoningDelta(int _, String text) -> items.thought(text);
            case Event.ReasoningSealed seal -> items.sealed(seal);
            case Event.RefusalDelta(int _, String text) -> items.refusal(text);
            case Event.ToolCallStarted call -> items.call(call);
            case Event.ToolArguments piece -> items.arguments(piece);
            case Event.ToolCallEnded _, Event.ToolMember _ -> {}
            case Event.Logprobs(int _, Slice json) -> items.logprobs(json);
            case Event.Other(int _, String name, Slice json) -> {
                if (name.equals("annotations")) {
                    items.annotations(json);
                } else {
                    extras.put(name, json);
                }
            }
            case Event.Finished(int _, FinishReason why, String _) -> {
                reason = why;
                items.finish(why);
            }
            case Event.Used(Usage counted) -> usage = counted;
        }
    }

    private void start(Event.Started started) throws IOException {
        model = started.model().isEmpty() ? model : started.model();
        started.extras().members().forEach(extras::put);
        Slice snapshot = response(Status.IN_PROGRESS, asked(), 0);
        if (!created) {
            created = true;
            frames.send("response.created", out -> out.name("response").json(snapshot));
        }
        frames.send("response.in_progress", out -> out.name("response").json(snapshot));
    }

    /// Where the request wants the response to be found.
    private Place asked() {
        return new Place(request.store().orElse(true), request.conversation());
    }

    /// Sends that the response is there and waits for its turn.
    public void queue() throws IOException {
        created = true;
        Slice snapshot = response(Status.QUEUED, asked(), 0);
        frames.send("response.created", out -> out.name("response").json(snapshot));
        frames.send("response.queued", out -> out.name("response").json(snapshot));
        frames.flush();
    }

    @Override
    public void flush() throws IOException {
        items.release(List.of());
        frames.flush();
    }

    /// The items of an answer that has come to its end.
    public List<Slice> items() {
        return items.ended();
    }

    /// What the provider counted so far.
    public Usage usage() {
        return usage;
    }

    /// How an answer that has come to its end stands.
    public Status status() {
        return switch (reason) {
            case LENGTH, FILTERED -> Status.INCOMPLETE;
            case STOP, STOP_SEQUENCE, TOOL_CALLS, OTHER -> Status.COMPLETED;
        };
    }

    /// The response as it is.
    ///
    /// @param completedSeconds 0 for one that is not completed
    public Slice response(Status status, Place place, long completedSeconds) {
        return write(status, place, completedSeconds, Optional.empty());
    }

    /// The response that came to nothing.
    public Slice failed(Problem problem, Place place) {
        return write(
                Status.FAILED,
                place,
                0,
                Optional.of(new ResponseObject.Failure(code(problem), message(problem))));
    }

    private Slice write(
            Status status, Place place, long completed, Optional<ResponseObject.Failure> error) {
        ResponseObject object = new ResponseObject(request, id, createdSeconds);
        return object.write(
                model,
                new ResponseObject.State(
                        status, place, completed, reason, usage, error, extras.build()),
                items::write);
    }

    /// Sends the last event.
    public void end(Status status, Slice response) throws IOException {
        frames.send("response." + status.id(), out -> out.name("response").json(response));
        frames.done();
    }

    /// Sends that it failed.
    public void end(Problem problem, Slice response) throws IOException {
        frames.send(
                "error",
                out ->
                        out.name("code")
                                .text(code(problem))
                                .name("message")
                                .text(message(problem))
                                .name("param")
                                .literal("null"));
        end(Status.FAILED, response);
    }

    private static String message(Problem problem) {
        return problem.getMessage() + (problem.fix().isEmpty() ? "" : "; " + problem.fix());
    }

    private static String code(Problem problem) {
        return switch (problem.kind()) {
            case LIMITED, EXHAUSTED -> "rate_limit_exceeded";
            case INVALID, TOO_LARGE -> "invalid_prompt";
            case NOT_FOUND,
                    SLOW_SENDER,
                    CONFLICT,
                    UNSUPPORTED,
                    BLOCKED,
                    UNAUTHENTICATED,
                    FORBIDDEN,
                    INTERNAL,
                    NOT_IMPLEMENTED,
                    UNAVAILABLE,
                    TIMEOUT,
                    CONFIG ->
                    "server_error";
        };
    }
}
