package dev.backplane.gateway.response;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Meter;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.dialect.responses.ResponseId;
import dev.backplane.gateway.dialect.responses.StoredResponse;
import dev.backplane.gateway.json.Members;
import dev.backplane.http.Presence;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// The responses that are made while no client waits for them. Thread-safe.
public final class Background implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Background.class.getName());
    private static final String ACTIVE = "response-active/";
    private static final int ACTIVE_MAX = 1_000;

    private final Parts parts;
    private final Events events;
    private final Map<String, BackgroundRun> running = new ConcurrentHashMap<>();

    /// @param temporary directory of this process, for events of responses that are being made
    /// @param lastCalls how long responses may come to their end when the process does
    public record Parts(
            Gateway gateway,
            ResponseStore store,
            ObjectStore objects,
            Path temporary,
            Duration lastCalls,
            InstantSource clock,
            Meter meter) {}

    private Background(Parts parts) {
        this.parts = parts;
        this.events = new Events(parts.objects(), parts.clock());
        parts.meter()
                .gauge(
                        "backplane_gateway_background_responses_running",
                        "Responses that are being made in the background",
                        running::size);
    }

    /// Ends what an earlier process has left half done.
    public static Background open(Parts parts) {
        Background background = new Background(parts);
        try {
            background.endLeft();
        } catch (IOException e) {
            throw unavailable(e);
        }
        return background;
    }

    private void endLeft() throws IOException {
        for (ObjectStore.Listed marker : parts.objects().list(ACTIVE)) {
            String[] key = marker.key().split("/");
            try {
                Optional<ResponseId> id = ResponseId.parse(key[2]);
                Optional<ObjectStore.Tagged> asker = parts.objects().get(marker.key());
                if (id.isPresent() && asker.isPresent()) {
                    endLeft(asker(key[1], Slice.of(asker.get().bytes())), id.get());
                }
                parts.objects().delete(marker.key());
            } catch (Problem damaged) {
                LOG.log(
                        System.Logger.Level.ERROR,
                        "response {0} stands still: {1}",
                        key[2],
                        damaged.getMessage());
            }
        }
    }

    private void endLeft(Origin origin, ResponseId id) {
        Optional<ResponseStore.Kept> found = parts.store().get(origin.project(), id);
        if (found.isEmpty() || StoredResponse.ended(found.get().response())) {
            return;
        }
        ResponseStore.Kept kept = found.get();
        Problem why = ResponseRun.stopped(id);
        parts.store()
                .put(
                        origin,
                        new ResponseStore.Kept(
                                id,
                                kept.previous(),
                                kept.session(),
                                kept.items(),
                                StoredResponse.failed(
                                        kept.response(), why.getMessage() + "; " + why.fix()),
                                why.what(),
                                kept.startNanos(),
                                ResponseRun.nanos(parts.clock().instant())));
        counted("failed");
    }

    private void counted(String status) {
        parts.meter()
                .counter(
                        "backplane_gateway_background_responses_total",
                        "Responses made in the background that have ended",
                        "status=\"" + status + "\"")
                .increment();
    }

    private static String marker(String project, ResponseId id) {
        return ACTIVE + project + "/" + id;
    }

    /// Of the origin what its response's span needs.
    private static byte[] asker(Origin origin) {
        return new JsonOut()
                .beginObject()
                .name("user_agent")
                .text(origin.userAgent())
                .name("traceparent")
                .text(origin.traceparent())
                .endObject()
                .slice()
                .bytes();
    }

    private static Origin asker(String project, Slice json) {
        Members members = Members.of(json, "marker of a response");
        return new Origin(
                project, "", "", members.text("user_agent"), members.text("traceparent"), "");
    }

    /// @return the response, which is durable and will be made
    Slice begin(ResponseRun run) {
        if (running.size() >= ACTIVE_MAX) {
            throw Problem.of(
                            Problem.Kind.LIMITED,
                            "%d responses are being made in the background".formatted(ACTIVE_MAX),
                            "background")
                    .fix("wait until one has ended")
                    .retryAfter(Duration.ofSeconds(10));
        }
        String project = run.origin().project();
        String marker = marker(project, run.id());
        try {
            parts.objects().putIfAbsent(marker, asker(run.origin()));
            Slice response = run.queue();
            EventLog log = EventLog.create(parts.temporary().resolve(run.id().toString()));
            BackgroundRun begun = new BackgroundRun(run, log, parts, this::ended);
            running.put(run.id().toString(), begun);
            begun.start();
            return response;
        } catch (IOException e) {
            withdraw(marker);
            throw unavailable(e);
        } catch (Problem refused) {
            withdraw(marker);
            throw refused;
        }
    }

    private void withdraw(String marker) {
        try {
            parts.objects().delete(marker);
        } catch (IOException atTheNextStart) {
            LOG.log(System.Logger.Level.WARNING, "{0} is removed at the next start", marker);
        }
    }

    /// Its events stay a while, and the marker goes last, so that a death in between is repaired.
    private void ended(BackgroundRun run) {
        String project = run.project();
        try {
            if (run.kept()) {
                events.keep(project, run.id(), run.log().file());
                parts.objects().delete(marker(project, run.id()));
                counted(StoredResponse.status(run.response()));
            }
        } catch (IOException lost) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "events of response {0} cannot be kept: {1}",
                    run.id(),
                    lost.getMessage());
        } finally {
            running.remove(run.id().toString());
        }
    }

    private Optional<BackgroundRun> run(String project, ResponseId id) {
        return Optional.ofNullable(running.get(id.toString()))
                .filter(run -> run.project().equals(project));
    }

    /// A response that is being made.
    Optional<Slice> find(String project, ResponseId id) {
        return run(project, id).map(BackgroundRun::response);
    }

    /// Ends a response if it is being made; when this returns, it has ended.
    void cancel(String project, ResponseId id) {
        run(project, id)
                .ifPresent(run -> {
                    run.recall(Recall.Reason.CANCELLED);
                    if (!run.join(parts.lastCalls())) {
                        throw Problem.unavailable("response does not end", "response_id")
                                .fix("try again");
                    }
                });
    }

    /// Ends a response if it is being made, and removes its events.
    void forget(String project, ResponseId id) {
        cancel(project, id);
        try {
            events.remove(project, id);
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    /// Sends events, until the last one.
    ///
    /// @return false if there are none here
    boolean events(String project, ResponseId id, long from, OutputStream out, Presence reader)
            throws IOException {
        LaterFrames later = new LaterFrames(out, from);
        Optional<BackgroundRun> run = run(project, id);
        if (run.isPresent() && run.get().log().copy(later, reader)) {
            return true;
        }
        return events.copy(project, id, later);
    }

    /// Bytes of the events that a project's responses have left.
    public long usedBytes(String project) {
        try {
            return events.usedBytes(project);
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    /// Removes events that were kept long enough. To be called now and then.
    public void sweep() {
        try {
            events.sweep();
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    /// Ends a project's responses and forgets their events.
    public void deleteProject(String project) {
        List<BackgroundRun> own =
                running.values().stream().filter(run -> run.project().equals(project)).toList();
        own.forEach(run -> run.recall(Recall.Reason.CANCELLED));
        for (BackgroundRun run : own) {
            if (!run.join(parts.lastCalls())) {
                throw Problem.unavailable("a response does not end", run.id().toString())
                        .fix("try again in a minute");
            }
        }
        try {
            events.deleteProject(project);
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private static Problem unavailable(IOException e) {
        return Problem.unavailable("responses cannot be reached", "responses")
                .fix("check the store's disk or bucket")
                .causedBy(e);
    }

    /// Lets responses come to their end for a while; those that do not have failed.
    @Override
    public void close() {
        List<BackgroundRun> last = List.copyOf(running.values());
        long end = System.nanoTime() + parts.lastCalls().toNanos();
        for (BackgroundRun run : last) {
            run.join(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
        }
        last.forEach(run -> run.recall(Recall.Reason.STOPPED));
        last.forEach(run -> run.join(parts.lastCalls()));
    }
}
