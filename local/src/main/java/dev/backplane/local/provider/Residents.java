package dev.backplane.local.provider;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.gateway.provider.InProcess;
import dev.backplane.local.ModelFiles;
import dev.backplane.local.ModelSource;
import dev.backplane.local.NamedAdapter;
import dev.backplane.tensor.kernel.KernelGate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// The models in memory. One comes when somebody wants it, and goes when nobody has for a while or
/// when another needs its place.
///
/// ```
/// want ─► known? ─► lease ─► … ─► lease ends ─► idle ─► (keep-alive over, or place needed) ─► gone
///           └ no ─► load: one model at a time; whoever wants it waits for the same load
/// ```
///
/// Before a model or an adapter is loaded it is known what memory it takes. When what is in use
/// leaves room for it, the rest goes until there is room: adapters that nobody uses, then idle
/// models, those that were used longest ago first. Else nothing goes, and models that answer are
/// waited for, for a while. What can never fit is refused.
///
/// Invariants:
///
/// - Memory of all models and their adapters, as planned, is within the limit.
/// - A model is closed only when nobody has a lease of it, but for the end of all.
///
/// Thread-safe. All that slots hold is guarded by this.
final class Residents implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Residents.class.getName());

    /// How long a load waits for models that answer to become idle.
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Duration RETRY = Duration.ofSeconds(5);

    private final ModelSource source;
    private final LocalSettings settings;
    private final Supplier<KernelGate> gate;
    private final InstantSource clock;
    private final EngineMetrics metrics;
    private final Predicate<NamedAdapter> knownAdapters;
    private final Map<ModelFiles, Resident> slots = new LinkedHashMap<>();
    private final ReentrantLock loads = new ReentrantLock(true);
    private final Thread sweeper = Thread.ofVirtual().name("idle models").unstarted(this::sweep);
    private boolean closed;

    /// @param knownAdapters whether requests may still ask for an adapter
    Residents(
            ModelSource source,
            LocalSettings settings,
            Supplier<KernelGate> gate,
            InstantSource clock,
            EngineMetrics metrics,
            Predicate<NamedAdapter> knownAdapters) {
        this.knownAdapters = knownAdapters;
        this.source = source;
        this.settings = settings;
        this.gate = gate;
        this.clock = clock;
        this.metrics = metrics;
        sweeper.start();
    }

    /// The use of a model, which stays as long as this is open.
    final class Lease implements AutoCloseable {
        private final Resident slot;
        private final LoadedModel model;

        private Lease(Resident slot, LoadedModel model) {
            this.slot = slot;
            this.model = model;
        }

        LoadedModel model() {
            return model;
        }

        @Override
        public void close() {
            release(slot);
        }
    }

    /// @param keepAlive how long the model stays after this, if that was said; negative for ever
    /// @param whenWaiting told what to run when the caller is to wait no longer
    /// @throws Problem `NOT_FOUND` for a name that there is no model of, or why it cannot be loaded
    Lease lease(String name, Optional<Duration> keepAlive, Consumer<AutoCloseable> whenWaiting) {
        Resident slot = enter(files(name), keepAlive);
        CompletableFuture<LoadedModel> mine = slot.loading.copy();
        boolean entered = false;
        try {
            if (!mine.isDone()) {
                whenWaiting.accept(() -> mine.cancel(false));
            }
            Lease lease = new Lease(slot, mine.get());
            entered = true;
            return lease;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Problem problem
                    ? problem
                    : Problem.internal("model '" + name + "' could not be loaded", "local models")
                            .causedBy(e);
        } catch (CancellationException e) {
            throw cancelled();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw cancelled();
        } finally {
            if (!entered) {
                release(slot);
            }
        }
    }

    static Problem cancelled() {
        return Problem.unavailable("the call was cancelled", "local models").fix("send it again");
    }

    private ModelFiles files(String name) {
        return source.find(name)
                .orElseThrow(() ->
                        Problem.notFound("there is no local model '%s'".formatted(name), "models")
                                .fix(remedy()));
    }

    private String remedy() {
        List<String> names = source.models().stream().map(ModelFiles::name).limit(20).toList();
        return names.isEmpty()
                ? "name a file under models in the configuration, or pull a model"
                : "use one of " + String.join(", ", names);
    }

    /// One that is on its way out is waited for, so that its memory is not taken twice.
    private synchronized Resident enter(ModelFiles files, Optional<Duration> keepAlive) {
        awaitGone(files);
        Resident known = slots.get(files);
        if (closed) {
            throw stopping();
        }
        if (known == null) {
            known = new Resident(files, keepAlive.orElseGet(() -> keepAlive(files)));
            slots.put(files, known);
            Resident made = known;
            Thread.ofPlatform().daemon().name("load " + files.name()).start(() -> load(made));
        }
        known.leases++;
        if (keepAlive.isPresent()) {
            known.keepAlive = keepAlive.get();
        }
        return known;
    }

    private Duration keepAlive(ModelFiles files) {
        return files.parameters().get("keep_alive") instanceof JsonTree.Text(String text)
                ? KeepAlive.parse(text)
                : settings.keepAlive();
    }

    private synchronized void awaitGone(ModelFiles files) {
        try {
            for (Resident known = slots.get(files);
                    known != null && known.leaving;
                    known = slots.get(files)) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw cancelled();
        }
    }

    private static Problem stopping() {
        return Problem.unavailable("the server is stopping", "local models").fix("try later");
    }

    private synchronized void release(Resident slot) {
        slot.leases--;
        slot.usedNanos = System.nanoTime();
        notifyAll();
    }

    private void load(Resident slot) {
        loads.lock();
        try {
            long start = System.nanoTime();
            LoadPlan plan = LoadPlan.of(slot.files, settings);
            makeRoom(slot, plan);
            LOG.log(
                    System.Logger.Level.INFO,
                    "model {0}: loading, needs {1}",
                    slot.files.name(),
                    plan.text());
            LoadedModel model =
                    LoadedModel.open(
                            slot.files,
                            plan,
                            settings,
                            gate.get(),
                            knownAdapters,
                            bytes -> charge(slot, bytes));
            LOG.log(
                    System.Logger.Level.INFO,
                    "model {0}: loaded in {1} ms",
                    slot.files.name(),
                    Long.toString((System.nanoTime() - start) / 1_000_000));
            loaded(slot, model);
        } catch (RuntimeException | Error e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "model {0}: cannot be loaded: {1}",
                    slot.files.name(),
                    e.getMessage());
            forget(slot);
            slot.loading.completeExceptionally(e);
        } finally {
            loads.unlock();
        }
    }

    private synchronized void loaded(Resident slot, LoadedModel model) {
        if (closed) {
            slots.remove(slot.files, slot);
            model.close();
            throw stopping();
        }
        slot.usedNanos = System.nanoTime();
        model.findEngine().ifPresent(engine -> metrics.loaded(slot.files.name(), engine));
        slot.loading.complete(model);
        notifyAll();
    }

    private synchronized void forget(Resident slot) {
        slots.remove(slot.files, slot);
        notifyAll();
    }

    /// Takes the memory for a model. Only one load is here at a time.
    private void makeRoom(Resident slot, LoadPlan plan) {
        if (plan.bytes() > settings.memoryBytes()) {
            throw Problem.of(
                            Problem.Kind.CONFIG,
                            "model '%s' needs %s of memory (%s), and local models may take %s"
                                    .formatted(
                                            slot.files.name(),
                                            Bytes.text(plan.bytes()),
                                            plan.text(),
                                            Bytes.text(settings.memoryBytes())),
                            slot.files.weights().toString())
                    .fix("use a smaller model, a shorter context, or raise local.memory");
        }
        String why = "makes room for " + slot.files.name();
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!take(plan.bytes(), why, () -> slot.plan = Optional.of(plan))) {
            await(slot, plan, end - System.nanoTime());
        }
    }

    /// Takes memory for adapters of a model that is in use, or gives it back.
    private void charge(Resident slot, long bytes) {
        String why = "makes room for an adapter of " + slot.files.name();
        if (bytes <= 0) {
            synchronized (this) {
                slot.adapterBytes += bytes;
                notifyAll();
            }
        } else if (!take(bytes, why, () -> slot.adapterBytes += bytes)) {
            throw Problem.unavailable(
                            "an adapter of '%s' needs %s, and what is in use takes %s of %s"
                                    .formatted(
                                            slot.files.name(),
                                            Bytes.text(bytes),
                                            Bytes.text(inUse()),
                                            Bytes.text(settings.memoryBytes())),
                            "local models")
                    .fix("send it again later, or raise local.memory")
                    .retryAfter(RETRY);
        }
    }

    /// Takes memory if what is in use leaves so much, after the rest has gone as far as it must.
    ///
    /// @param taken run when there is room, before anybody else can take it
    private boolean take(long bytes, String why, Runnable taken) {
        while (true) {
            Optional<Resident> idle;
            List<ResidentAdapters> adapters;
            synchronized (this) {
                if (used() + bytes <= settings.memoryBytes()) {
                    taken.run();
                    return true;
                }
                if (inUse() + bytes > settings.memoryBytes()) {
                    return false;
                }
                adapters = adapters();
                boolean some = adapters.stream().anyMatch(ResidentAdapters::hasIdle);
                idle = some ? Optional.empty() : leastRecentlyUsed();
                idle.ifPresent(other -> other.leaving = true);
                if (!some && idle.isEmpty()) {
                    awaitChange(RETRY.toNanos());
                    continue;
                }
            }
            idle.ifPresent(other -> close(other, why));
            if (idle.isEmpty()) {
                freeOldest(adapters);
            }
        }
    }

    /// Frees the longest unused adapter of the first model that has one to spare.
    private static void freeOldest(List<ResidentAdapters> all) {
        for (ResidentAdapters adapters : all) {
            if (adapters.freeOldest()) {
                return;
            }
        }
    }

    private long used() {
        return slots.values().stream().mapToLong(Resident::bytes).sum();
    }

    /// Memory that would not be free if all went that nobody uses.
    private synchronized long inUse() {
        return slots.values().stream().mapToLong(Residents::inUse).sum();
    }

    private static long inUse(Resident slot) {
        if (!slot.loaded()) {
            return slot.bytes();
        }
        return slot.idle() || slot.leaving
                ? 0
                : slot.bytes() - slot.loading.join().adapters().idleBytes();
    }

    /// Those that are loaded and stay.
    private Stream<Resident> there() {
        return slots.values().stream().filter(slot -> slot.loaded() && !slot.leaving);
    }

    private Optional<Resident> leastRecentlyUsed() {
        return there().filter(Resident::idle)
                .min(Comparator.comparingLong(other -> other.usedNanos - System.nanoTime()));
    }

    private synchronized void await(Resident slot, LoadPlan plan, long nanos) {
        if (nanos <= 0 || closed) {
            throw Problem.unavailable(
                            "model '%s' needs %s, and models that are answering take %s of %s"
                                    .formatted(
                                            slot.files.name(),
                                            Bytes.text(plan.bytes()),
                                            Bytes.text(inUse()),
                                            Bytes.text(settings.memoryBytes())),
                            "local models")
                    .fix("send it again later, or raise local.memory")
                    .retryAfter(RETRY);
        }
        if (inUse() + plan.bytes() > settings.memoryBytes()) {
            awaitChange(nanos);
        }
    }

    private synchronized void awaitChange(long nanos) {
        try {
            TimeUnit.NANOSECONDS.timedWait(this, nanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw cancelled();
        }
    }

    /// Frees a model that was marked as leaving.
    private void close(Resident slot, String why) {
        metrics.unloaded(slot.files.name());
        slot.loading.join().close();
        LOG.log(System.Logger.Level.INFO, "model {0}: unloaded, {1}", slot.files.name(), why);
        forget(slot);
    }

    /// Frees adapters that are known no more, as soon as nobody uses them.
    void dropUnknownAdapters() {
        adapters().forEach(ResidentAdapters::dropUnknown);
    }

    private synchronized List<ResidentAdapters> adapters() {
        return there().map(slot -> slot.loading.join().adapters()).toList();
    }

    /// Ends the stay of a model, at once if nobody uses it, else when nobody does.
    ///
    /// @return whether it was there
    boolean unload(String name) {
        List<Resident> idle = new ArrayList<>();
        boolean known = false;
        synchronized (this) {
            for (Resident slot : slots.values()) {
                if (slot.files.name().equals(name)) {
                    known = true;
                    slot.keepAlive = Duration.ZERO;
                    if (slot.idle() && !slot.leaving) {
                        slot.leaving = true;
                        idle.add(slot);
                    }
                }
            }
        }
        idle.forEach(slot -> close(slot, "as was asked"));
        return known;
    }

    /// Frees what was idle for long enough.
    private void sweep() {
        while (true) {
            List<Resident> over = new ArrayList<>();
            synchronized (this) {
                if (closed) {
                    return;
                }
                long wait = TimeUnit.HOURS.toNanos(1);
                for (Resident slot : slots.values()) {
                    if (slot.loaded() && !slot.leaving) {
                        ResidentAdapters adapters = slot.loading.join().adapters();
                        wait = Math.min(wait, adapters.freeIdle(slot.keepAlive));
                    }
                    if (!slot.idle() || slot.stays() || slot.leaving) {
                        continue;
                    }
                    long left = slot.leftNanos();
                    if (left <= 0) {
                        slot.leaving = true;
                        over.add(slot);
                    } else {
                        wait = Math.min(wait, left);
                    }
                }
                if (over.isEmpty()) {
                    try {
                        // A whole millisecond, or a wait of less would be for ever.
                        wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(wait) + 1));
                    } catch (InterruptedException stopped) {
                        return;
                    }
                }
            }
            over.forEach(slot -> close(slot, "nobody used it"));
            dropUnknownAdapters();
        }
    }

    /// What is in memory, or on its way there.
    synchronized List<InProcess.Loaded> list() {
        return slots.values().stream().map(slot -> slot.described(clock)).toList();
    }

    @Override
    public void close() {
        List<Resident> all;
        synchronized (this) {
            closed = true;
            all = slots.values().stream().filter(slot -> slot.loaded() && !slot.leaving).toList();
            all.forEach(slot -> slot.leaving = true);
            notifyAll();
        }
        sweeper.interrupt();
        // Whoever still has a lease is answered with a failure first.
        all.forEach(slot -> close(slot, "the server stops"));
    }
}
