package dev.backplane.gateway.batch;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.file.StoredFile;
import java.io.IOException;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// The life of a batch on a thread of its own, from whatever status it is found in: each step ends
/// with the next status in the object store, and may be done again.
final class BatchRun {
    private static final System.Logger LOG = System.getLogger(BatchRun.class.getName());
    private static final Duration AGAIN = Duration.ofSeconds(2);
    private static final Duration ENDED_CALLS = Duration.ofSeconds(30);
    private static final long LOOK_SECONDS = 30;
    private static final int TENTHS = 10;

    private final Batches.Parts parts;
    private final State state;
    private final Thread thread;
    private final CountDownLatch closing = new CountDownLatch(1);
    private Optional<LineIndex> index = Optional.empty();
    private Optional<LineCalls> calls = Optional.empty();
    private boolean holding;
    private int tenths;

    BatchRun(Batches.Parts parts, Batch batch, Runnable ended) {
        this.parts = parts;
        this.state = new State(parts.objects(), batch);
        this.thread =
                Thread.ofVirtual()
                        .name(batch.id())
                        .unstarted(() -> {
                            run();
                            if (batch().status().ended()) {
                                ended.run();
                            }
                        });
    }

    /// Holds the input, and begins.
    void start() {
        try {
            hold();
        } catch (Problem unreachable) {
            log(System.Logger.Level.WARNING, "goes on later: " + unreachable.getMessage());
        }
        thread.start();
    }

    /// Each step sees to it, as the store may not have answered before.
    private void hold() {
        Order order = batch().order();
        holding = holding || parts.files().hold(order.project(), order.input()).isPresent();
    }

    Batch batch() {
        return state.current();
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    private void run() {
        while (!isClosing() && !batch().status().ended()) {
            try {
                step();
            } catch (InputGone gone) {
                fail("there is no file " + batch().order().input() + " any more");
            } catch (IOException | RuntimeException failed) {
                log(System.Logger.Level.WARNING, "goes on later: " + failed.getMessage());
                pause();
            } catch (InterruptedException unexpected) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        release();
    }

    private void release() {
        if (holding) {
            holding = false;
            parts.files().release(batch().order().input());
        }
    }

    /// Whoever sees that a batch has ended may delete its input.
    private void releaseIfEnded(Batch durable) {
        if (durable.status().ended()) {
            release();
        }
    }

    private void pause() {
        try {
            closing.await(AGAIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private void step() throws IOException, InterruptedException {
        hold();
        switch (batch().status()) {
            case VALIDATING -> validate();
            case IN_PROGRESS -> execute();
            case FINALIZING, CANCELLING -> finish();
            case FAILED, COMPLETED, EXPIRED, CANCELLED -> {}
        }
    }

    private void log(System.Logger.Level level, String what) {
        LOG.log(level, "batch {0}: {1}", batch().id(), what);
    }

    /// There is nothing to be done without.
    private static final class InputGone extends IOException {
        private static final long serialVersionUID = 1;

        InputGone() {
            super("input file is gone");
        }
    }

    private StoredFile input() throws IOException {
        Order order = batch().order();
        return parts.files().describe(order.project(), order.input()).orElseThrow(InputGone::new);
    }

    /// @param stopped whether nobody wants to know any more
    private Input.Checked read(BooleanSupplier stopped) throws IOException {
        Order order = batch().order();
        return Input.check(
                parts.files().open(order.project(), input()),
                order.endpoint(),
                parts.lineBytesMax(),
                stopped);
    }

    private void validate() throws IOException {
        Input.Checked checked = read(() -> isClosing() || batch().status() != Status.VALIDATING);
        if (isClosing() || batch().status() != Status.VALIDATING) {
            return;
        }
        List<LineError> errors =
                checked.errors().isEmpty() ? model(checked.model()) : checked.errors();
        index = Optional.of(checked.index());
        int total = checked.index().size();
        Batch changed =
                state.change(
                        batch -> {
                            if (batch.status() != Status.VALIDATING) {
                                return batch;
                            }
                            return errors.isEmpty()
                                    ? batch.to(Status.IN_PROGRESS, parts.now())
                                            .with(batch.progress().of(total))
                                            .withModel(checked.model())
                                    : batch.to(Status.FAILED, parts.now()).withErrors(errors);
                        },
                        this::releaseIfEnded);
        String what =
                errors.isEmpty()
                        ? total + " requests to " + changed.order().endpoint()
                        : errors.getFirst().message();
        log(System.Logger.Level.INFO, changed.status().id() + ", " + what);
    }

    private List<LineError> model(String model) {
        try {
            parts.gate().check(batch().order(), model);
            return List.of();
        } catch (Problem problem) {
            String code =
                    problem.kind() == Problem.Kind.NOT_FOUND ? "model_not_found" : "forbidden";
            return List.of(new LineError(code, problem.getMessage(), "body.model", 0));
        }
    }

    private void fail(String message) {
        try {
            List<LineError> errors =
                    List.of(new LineError("invalid_input_file", message, "input_file_id", 0));
            state.change(
                    batch -> batch.to(Status.FAILED, parts.now()).withErrors(errors),
                    this::releaseIfEnded);
            log(System.Logger.Level.INFO, Status.FAILED.id() + ", " + message);
        } catch (IOException unreachable) {
            log(System.Logger.Level.WARNING, "goes on later: " + unreachable.getMessage());
            pause();
        }
    }

    /// After a restart it is read again.
    private LineIndex index() throws IOException {
        if (index.isEmpty()) {
            LineIndex found = read(this::isClosing).index();
            if (isClosing()) {
                throw new IOException("the process ends");
            }
            index = Optional.of(found);
        }
        return index.get();
    }

    private Journal journal() {
        return Journal.of(parts.objects(), batch());
    }

    private void execute() throws IOException, InterruptedException {
        LineIndex lines = index();
        Journal journal = journal();
        BitSet done = new BitSet();
        Progress[] progress = {Progress.NONE.of(lines.size())};
        journal.read(result -> {
            if (!done.get(result.position())) {
                done.set(result.position());
                progress[0] = progress[0].with(result);
            }
        });
        state.progress(_ -> progress[0]);
        tenths = tenths(progress[0]);
        try (Results results = Results.start(journal)) {
            LineCalls running = calls(lines, results);
            begin(running);
            try {
                all(running, lines.size(), done);
            } finally {
                end(running);
            }
        }
        if (isClosing() || batch().status() != Status.IN_PROGRESS) {
            return;
        }
        Progress reached = batch().progress();
        boolean complete = reached.completed() + reached.failed() == reached.total();
        if (!complete && parts.now() < batch().expires()) {
            throw new IOException("some requests could not be read or their answers not stored");
        }
        state.change(batch -> batch.status() == Status.IN_PROGRESS ? finalizing(batch) : batch);
    }

    private Batch finalizing(Batch batch) {
        return batch.to(Status.FINALIZING, parts.now())
                .withFiles(parts.files().newId(), parts.files().newId());
    }

    private LineCalls calls(LineIndex lines, Results results) {
        Order order = batch().order();
        LineCalls.Source source = position -> line(lines, position);
        return new LineCalls(
                batch(),
                parts.endpoint(order.endpoint()),
                parts.gate(),
                source,
                lines,
                results,
                parts.places(),
                parts.atOnce(),
                this::done);
    }

    private synchronized void begin(LineCalls running) {
        calls = Optional.of(running);
        if (isClosing()) {
            running.stop();
        }
        if (batch().status() == Status.CANCELLING) {
            running.interrupt();
        }
    }

    private void all(LineCalls running, int size, BitSet done) throws InterruptedException {
        int at = done.nextClearBit(0);
        while (at < size && isWanted()) {
            if (running.begin(at, patience())) {
                at = done.nextClearBit(at + 1);
            }
        }
        while (isWanted() && !running.awaitAll(patience())) {
            log(System.Logger.Level.DEBUG, "waits for its last calls");
        }
    }

    private boolean isWanted() {
        return !isClosing()
                && batch().status() == Status.IN_PROGRESS
                && parts.now() < batch().expires();
    }

    /// A machine may sleep: the clock is looked at now and then.
    private Duration patience() {
        long left = Math.max(0, batch().expires() - parts.now());
        return Duration.ofSeconds(Math.min(left, LOOK_SECONDS));
    }

    /// Calls of a process that ends may come to their end; those of a batch that ends do not.
    private void end(LineCalls running) throws InterruptedException {
        running.stop();
        if (isClosing()) {
            running.awaitEnd(parts.settings().lastCalls());
        }
        running.interrupt();
        if (!running.awaitEnd(ENDED_CALLS)) {
            log(System.Logger.Level.WARNING, "some calls do not end");
        }
        synchronized (this) {
            calls = Optional.empty();
        }
    }

    private void done(ResultLine result) {
        parts.counted(result.succeeded());
        Progress progress = state.progress(before -> before.with(result)).progress();
        synchronized (this) {
            if (tenths(progress) > tenths) {
                tenths = tenths(progress);
                log(
                        System.Logger.Level.INFO,
                        "%d of %d requests answered, %d of them failed"
                                .formatted(
                                        progress.completed() + progress.failed(),
                                        progress.total(),
                                        progress.failed()));
            }
        }
    }

    private static int tenths(Progress progress) {
        long done = (long) progress.completed() + progress.failed();
        return (int) (done * TENTHS / Math.max(1, progress.total()));
    }

    private void finish() throws IOException {
        if (batch().outputFile().isEmpty()) {
            state.change(batch -> batch.withFiles(parts.files().newId(), parts.files().newId()));
        }
        Batch ended =
                new Outcome(batch(), parts.files(), parts.temporary())
                        .write(journal(), this::customId, parts.now());
        state.change(_ -> ended, this::releaseIfEnded);
        log(System.Logger.Level.INFO, ended.status().id());
    }

    private Slice line(LineIndex lines, int position) throws IOException {
        Order order = batch().order();
        return Slice.of(
                parts.files()
                        .read(
                                order.project(),
                                order.input(),
                                lines.start(position),
                                lines.length(position)));
    }

    /// Only who was not asked has to be looked up in the input.
    private String customId(int position) throws IOException {
        LineIndex lines = index();
        return RequestLine.read(
                        line(lines, position),
                        lines.number(position),
                        batch().order().endpoint(),
                        _ -> {})
                .map(RequestLine::customId)
                .orElseThrow(() -> new IOException("input file has changed"));
    }

    /// @throws Problem `CONFLICT` if it has ended, or is about to
    Batch cancel() throws IOException {
        state.change(batch ->
                switch (batch.status()) {
                    case VALIDATING, IN_PROGRESS -> batch.to(Status.CANCELLING, parts.now());
                    case CANCELLING -> batch;
                    case FINALIZING, FAILED, COMPLETED, EXPIRED, CANCELLED ->
                            throw Batches.over(batch);
                });
        synchronized (this) {
            calls.ifPresent(LineCalls::interrupt);
        }
        return batch();
    }

    /// Leaves the batch as it is, for the next start.
    void close() {
        closing.countDown();
        synchronized (this) {
            calls.ifPresent(LineCalls::stop);
        }
    }

    /// The same, and nobody wants what is under way.
    void abandon() {
        close();
        synchronized (this) {
            calls.ifPresent(LineCalls::interrupt);
        }
    }

    /// Waits for its thread, which has been told to end.
    ///
    /// @return whether it has
    boolean join() {
        try {
            return thread.join(parts.settings().lastCalls().plus(ENDED_CALLS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
