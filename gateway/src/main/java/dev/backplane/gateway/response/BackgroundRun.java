package dev.backplane.gateway.response;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.responses.Frames;
import dev.backplane.gateway.dialect.responses.ResponseId;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// A response on a thread of its own.
final class BackgroundRun {
    private static final System.Logger LOG = System.getLogger(BackgroundRun.class.getName());
    private static final long AGAIN_MILLIS = 2_000;

    private final ResponseRun run;
    private final EventLog log;
    private final Background.Parts parts;
    private final Consumer<BackgroundRun> ended;
    private final Recall recall = new Recall();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Thread thread;
    private volatile Slice response;
    private volatile boolean kept;

    /// @param ended told when the response is durable and its events are complete
    BackgroundRun(
            ResponseRun run, EventLog log, Background.Parts parts, Consumer<BackgroundRun> ended) {
        this.run = run;
        this.log = log;
        this.parts = parts;
        this.ended = ended;
        this.response = run.inProgress();
        this.thread = Thread.ofVirtual().name(run.id().toString()).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        try (run) {
            response = run.run(parts.gateway(), Frames.to(log), recall, this::keep);
        } catch (IOException | RuntimeException notTold) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "response {0}: its last events are lost: {1}",
                    run.id(),
                    notTold.getMessage());
        } finally {
            end();
        }
    }

    /// Readers find the events in the log until they find them where they are kept.
    private void end() {
        try (log) {
            try {
                log.end();
            } finally {
                ended.accept(this);
            }
            Files.deleteIfExists(log.file());
        } catch (IOException left) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0} is removed at the next start",
                    log.file().getFileName());
        }
    }

    /// A store that cannot take it may be able to soon.
    private void keep(ResponseStore.Kept end) throws IOException {
        while (true) {
            try {
                parts.store().put(run.origin(), end);
                response = end.response();
                kept = true;
                return;
            } catch (Problem problem) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "response {0} is kept later: {1}",
                        run.id(),
                        problem.getMessage());
                pause();
            }
        }
    }

    private void pause() throws IOException {
        try {
            if (stopping.await(AGAIN_MILLIS, TimeUnit.MILLISECONDS)) {
                throw new IOException("the process ends");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    ResponseId id() {
        return run.id();
    }

    String project() {
        return run.origin().project();
    }

    EventLog log() {
        return log;
    }

    /// As it stands; as it has ended only when that is durable.
    Slice response() {
        return response;
    }

    /// Whether its end is durable.
    boolean kept() {
        return kept;
    }

    void recall(Recall.Reason reason) {
        recall.call(reason);
        if (reason == Recall.Reason.STOPPED) {
            stopping.countDown();
        }
    }

    /// @return whether it has ended
    boolean join(Duration most) {
        try {
            return thread.join(most.isPositive() ? most : Duration.ofMillis(1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
