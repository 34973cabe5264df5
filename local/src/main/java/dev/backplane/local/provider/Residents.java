package dev.backplane.local.provider;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.engine.huggingface.Checkpoint;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.gateway.provider.InProcess;
import dev.backplane.local.ModelFiles;
import dev.backplane.local.ModelSource;
import dev.backplane.local.NamedAdapter;
import dev.backplane.tensor.gguf.ModelFile;
import dev.backplane.tensor.kernel.KernelGate;
import java.nio.file.Files;
import java.nio.file.Path;
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
import java.util.function.Supplier;

/// The models in memory. One comes when somebody wants it, and goes when nobody has for a while or
/// when another needs its place.
///
/// ```
/// want ─► known? ─► lease ─► … ─► lease ends ─► idle ─► (keep-alive over, or place needed) ─► gone
///           └ no ─► load: one model at a time; whoever wants it waits for the same load
/// ```
///
/// Before a model is loaded it is known what memory it takes: idle models go, the one that was used
/// longest ago first, until there is room; models that answer are waited for, for a while. What can
/// never fit is refused.
///
/// Invariants:
///
/// - Memory of all models, as planned, is within the limit.
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
    private final Map<ModelFiles, Resident> slots = new LinkedHashMap<>();
    private final ReentrantLock loads = new ReentrantLock(true);
    private final Thread sweeper = Thread.ofVirtual().name("idle models").unstarted(this::sweep);
    private boolean closed;

    Residents(
            ModelSource source,
            LocalSettings settings,
            Supplier<KernelGate> gate,
            InstantSource clock,
            EngineMetrics metrics) {
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
            LoadPlan plan = plan(slot.files);
            makeRoom(slot, plan);
            LOG.log(
                    System.Logger.Level.INFO,
                    "model {0}: loading, needs {1}",
                    slot.files.name(),
                    plan.text());
            LoadedModel model =
                    LoadedModel.open(
                            slot.files, plan, settings, gate.get(), bytes -> charge(slot, bytes));
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

    private LoadPlan plan(ModelFiles files) {
        Path path = files.weights();
        if (Files.isDirectory(path) && !Checkpoint.isIn(path)) {
            throw Problem.of(
                            Problem.Kind.UNSUPPORTED,
                            "model '%s' is a folder without a config.json".formatted(files.name()),
                            path.toString())
                    .fix("name a GGUF file, or a folder with config.json and model.safetensors");
        }
        try (ModelFile file = LocalModel.file(path)) {
            LoadPlan plan = LoadPlan.of(files, file, settings);
            return DraftFile.of(files, settings)
                    .map(draft -> plan.with(draft.plan(plan.context(), settings)))
                    .orElse(plan);
        }
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
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            Optional<Resident> idle;
            synchronized (this) {
                long used = used();
                if (used + plan.bytes() <= settings.memoryBytes()) {
                    slot.plan = Optional.of(plan);
                    return;
                }
                idle = leastRecentlyUsed();
                if (idle.isEmpty()) {
                    await(slot, plan, used, end - System.nanoTime());
                } else {
                    idle.get().leaving = true;
                }
            }
            idle.ifPresent(other -> close(other, "makes room for " + slot.files.name()));
        }
    }

    /// Takes memory for adapters of a model that is in use, or gives it back.
    private void charge(Resident slot, long bytes) {
        while (true) {
            Optional<Resident> idle;
            synchronized (this) {
                long used = used();
                if (bytes <= 0 || used + bytes <= settings.memoryBytes()) {
                    slot.adapterBytes += bytes;
                    notifyAll();
                    return;
                }
                idle = leastRecentlyUsed();
                if (idle.isEmpty()) {
                    throw Problem.unavailable(
                                    "an adapter of '%s' needs %s, and models in use take %s of %s"
                                            .formatted(
                                                    slot.files.name(),
                                                    Bytes.text(bytes),
                                                    Bytes.text(used),
                                                    Bytes.text(settings.memoryBytes())),
                                    "local models")
                            .fix("unload an adapter, or raise local.memory")
                            .retryAfter(RETRY);
                }
                idle.get().leaving = true;
            }
            close(idle.get(), "makes room for an adapter of " + slot.files.name());
        }
    }

    private long used() {
        return slots.values().stream().mapToLong(Resident::bytes).sum();
    }

    private Optional<Resident> leastRecentlyUsed() {
        return slots.values().stream()
                .filter(other -> other.idle() && !other.leaving)
                .min(Comparator.comparingLong(other -> other.usedNanos - System.nanoTime()));
    }

    private synchronized void await(Resident slot, LoadPlan plan, long used, long nanos) {
        if (nanos <= 0 || closed) {
            throw Problem.unavailable(
                            "model '%s' needs %s, and models that are answering take %s of %s"
                                    .formatted(
                                            slot.files.name(),
                                            Bytes.text(plan.bytes()),
                                            Bytes.text(used),
                                            Bytes.text(settings.memoryBytes())),
                            "local models")
                    .fix("send it again later, or raise local.memory")
                    .retryAfter(RETRY);
        }
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

    /// Frees an adapter as soon as nobody uses it.
    void drop(NamedAdapter adapter) {
        List<LoadedModel> there;
        synchronized (this) {
            there =
                    slots.values().stream()
                            .filter(slot -> slot.loaded() && !slot.leaving)
                            .map(slot -> slot.loading.join())
                            .toList();
        }
        there.forEach(model -> model.adapters().drop(adapter));
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
