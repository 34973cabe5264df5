package dev.backplane.gateway.batch;

import dev.backplane.core.Meter;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.file.FileStore;
import dev.backplane.gateway.file.ManyReads;
import dev.backplane.gateway.file.OrderedIds;
import dev.backplane.gateway.file.Purpose;
import dev.backplane.gateway.file.StoredFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/// The batches of all projects, and those that run. What [#create] and [#cancel] return is durable;
/// a batch that runs goes on after a restart. Thread-safe.
///
/// Every method throws a `Problem` of kind `UNAVAILABLE` when the object store cannot be reached.
public final class Batches implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Batches.class.getName());
    private static final String ACTIVE = "batch-active/";
    private static final String JSON = ".json";

    /// Batches that have not ended.
    private static final int ACTIVE_MAX = 1_000;

    /// What batches work with.
    ///
    /// @param endpoints that requests may go to
    /// @param atOnce calls of all batches together
    /// @param lineBytesMax of a request
    /// @param temporary directory for files that are being made
    /// @param keptFor how long a batch stays after its end; zero is for ever
    /// @param lastCalls how long [#close] waits for calls under way
    public record Settings(
            List<Endpoint> endpoints,
            Gate gate,
            int atOnce,
            int lineBytesMax,
            Path temporary,
            Duration keptFor,
            Duration lastCalls) {
        public Settings {
            endpoints = List.copyOf(endpoints);
        }
    }

    /// What one batch needs of all of this.
    record Parts(
            ObjectStore objects,
            FileStore files,
            Settings settings,
            Semaphore places,
            InstantSource clock,
            Meter meter) {
        Gate gate() {
            return settings.gate();
        }

        int atOnce() {
            return settings.atOnce();
        }

        int lineBytesMax() {
            return settings.lineBytesMax();
        }

        Path temporary() {
            return settings.temporary();
        }

        long now() {
            return clock.instant().getEpochSecond();
        }

        Endpoint endpoint(String path) {
            return settings.endpoints().stream()
                    .filter(endpoint -> endpoint.path().equals(path))
                    .findFirst()
                    .orElseThrow(() -> Problem.internal("endpoint is not known any more", path));
        }

        void counted(boolean succeeded) {
            meter.counter(
                            "backplane_gateway_batch_requests_total",
                            "Requests of batches answered",
                            "result=\"" + (succeeded ? "completed" : "failed") + "\"")
                    .increment();
        }
    }

    private final Parts parts;
    private final OrderedIds ids;
    private final Map<String, BatchRun> running = new ConcurrentHashMap<>();

    private Batches(Parts parts) {
        this.parts = parts;
        this.ids = new OrderedIds("batch_", parts.clock());
        Meter meter = parts.meter();
        meter.gauge(
                "backplane_gateway_batches_running", "Batches that have not ended", running::size);
        meter.gauge(
                "backplane_gateway_batch_calls_running",
                "Calls of batches under way",
                () -> parts.atOnce() - parts.places().availablePermits());
        meter.gauge(
                "backplane_gateway_batch_requests_waiting",
                "Requests of batches that are not answered yet",
                this::waiting);
    }

    private double waiting() {
        return running.values().stream()
                .map(run -> run.batch().progress())
                .mapToLong(each -> each.total() - each.completed() - each.failed())
                .sum();
    }

    /// Goes on with what an earlier process has left.
    public static Batches open(
            ObjectStore objects,
            FileStore files,
            Settings settings,
            InstantSource clock,
            Meter meter) {
        Semaphore places = new Semaphore(settings.atOnce(), true);
        Batches batches = new Batches(new Parts(objects, files, settings, places, clock, meter));
        try {
            batches.resume();
        } catch (IOException e) {
            throw unavailable(e);
        }
        return batches;
    }

    private void resume() throws IOException {
        for (ObjectStore.Listed marker : parts.objects().list(ACTIVE)) {
            String[] key = marker.key().split("/");
            Optional<Batch> found = Optional.empty();
            try {
                found = stored(key[1], key[2]);
            } catch (Problem damaged) {
                LOG.log(
                        System.Logger.Level.ERROR,
                        "batch {0} stands still: {1}",
                        key[2],
                        damaged.getMessage());
                continue;
            }
            if (found.isPresent() && !found.get().status().ended()) {
                run(found.get());
            } else if (found.isPresent()) {
                forget(found.get());
            } else {
                parts.objects().delete(marker.key());
            }
        }
    }

    private static String marker(Batch batch) {
        return ACTIVE + batch.order().project() + "/" + batch.id();
    }

    private void run(Batch batch) {
        BatchRun run = new BatchRun(parts, batch, () -> ended(batch));
        running.put(batch.id(), run);
        run.start();
    }

    private void ended(Batch batch) {
        running.remove(batch.id());
        try {
            forget(batch);
        } catch (IOException leftForTheNextStart) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "batch {0}: its results are removed at the next start",
                    batch.id());
        }
    }

    /// Of a batch that has ended.
    private void forget(Batch batch) throws IOException {
        Journal.of(parts.objects(), batch).delete();
        parts.objects().delete(marker(batch));
    }

    /// The paths that requests may go to.
    public List<String> endpoints() {
        return parts.settings().endpoints().stream().map(Endpoint::path).toList();
    }

    /// Begins a batch, which then runs by itself.
    ///
    /// @throws Problem `INVALID` without the input, or for a file that is no input, `LIMITED` when
    ///   too many batches run
    public Batch create(Order order) {
        StoredFile input =
                parts.files()
                        .find(order.project(), order.input())
                        .orElseThrow(() ->
                                Problem.invalid("there is no file of this id", "input_file_id")
                                        .fix("upload it with purpose batch"));
        if (input.purpose() != Purpose.BATCH) {
            throw Problem.invalid("file has the purpose " + input.purpose().id(), "input_file_id")
                    .fix("upload it with purpose batch");
        }
        if (running.size() >= ACTIVE_MAX) {
            throw Problem.of(
                            Problem.Kind.LIMITED,
                            "%d batches have not ended".formatted(ACTIVE_MAX),
                            "batches")
                    .fix("wait until one has")
                    .retryAfter(Duration.ofMinutes(1));
        }
        Batch batch = Batch.create(ids.next(), order, parts.now());
        try {
            parts.objects().putIfAbsent(marker(batch), new byte[0]);
            new State(parts.objects(), batch).change(created -> created);
        } catch (IOException e) {
            withdraw(batch);
            throw unavailable(e);
        }
        run(batch);
        return batch;
    }

    /// Its client is told that there is none, and will make another; the write may have happened.
    private void withdraw(Batch batch) {
        try {
            parts.objects().delete(State.key(batch.order().project(), batch.id()));
            parts.objects().delete(marker(batch));
        } catch (IOException unreachable) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "batch {0} was refused and may be there all the same: cancel it",
                    batch.id());
        }
    }

    /// A batch as it stands now.
    public Optional<Batch> find(String project, String id) {
        if (!ids.made(id)) {
            return Optional.empty();
        }
        Optional<Batch> runs =
                Optional.ofNullable(running.get(id))
                        .map(BatchRun::batch)
                        .filter(batch -> batch.order().project().equals(project));
        try {
            return runs.isPresent() ? runs : stored(project, id);
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private Optional<Batch> stored(String project, String id) throws IOException {
        return parts.objects()
                .get(State.key(project, id))
                .map(object -> BatchJson.read(project, id, Slice.of(object.bytes())));
    }

    public record Page(List<Batch> batches, boolean hasMore) {
        public Page {
            batches = List.copyOf(batches);
        }
    }

    /// The newest first.
    ///
    /// @param after id of the batch before the first one, or empty
    public Page list(String project, String after, int limit) {
        if (!after.isEmpty() && !ids.made(after)) {
            throw Problem.invalid("there is no batch of this id", "after")
                    .fix("use last_id of the page before");
        }
        List<String> found = new ArrayList<>();
        try {
            for (ObjectStore.Listed object : parts.objects().list(State.prefix(project))) {
                String name = object.key().substring(State.prefix(project).length());
                found.add(name.substring(0, name.length() - JSON.length()));
            }
        } catch (IOException e) {
            throw unavailable(e);
        }
        List<String> rest =
                found.reversed().stream()
                        .filter(id -> after.isEmpty() || id.compareTo(after) < 0)
                        .toList();
        List<Batch> page =
                ManyReads.all(
                                rest.subList(0, Math.min(limit, rest.size())),
                                id -> find(project, id),
                                "batches")
                        .stream()
                        .flatMap(Optional::stream)
                        .toList();
        return new Page(page, rest.size() > limit);
    }

    /// Ends a batch: what was answered stays, what is under way is ended.
    ///
    /// @return empty if there is none
    /// @throws Problem `CONFLICT` if it has ended already
    public Optional<Batch> cancel(String project, String id) {
        Optional<Batch> batch = find(project, id);
        Optional<BatchRun> run = Optional.ofNullable(running.get(id));
        if (batch.isEmpty() || run.isEmpty()) {
            batch.ifPresent(ended -> {
                throw over(ended);
            });
            return batch;
        }
        try {
            return Optional.of(run.get().cancel());
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    /// Forgets batches that ended long ago. To be called now and then.
    public void sweep() {
        if (parts.settings().keptFor().isZero()) {
            return;
        }
        long before = parts.now() - parts.settings().keptFor().toSeconds();
        try {
            for (ObjectStore.Listed object : parts.objects().list(State.PREFIX)) {
                String[] key = object.key().split("/");
                String id = key[2].substring(0, key[2].length() - JSON.length());
                if (ids.made(id) && ids.seconds(id) < before) {
                    forgetOld(key[1], id, before);
                }
            }
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private void forgetOld(String project, String id, long before) throws IOException {
        Optional<Batch> batch = running.containsKey(id) ? Optional.empty() : stored(project, id);
        boolean old =
                batch.filter(found -> found.status().ended())
                        .flatMap(found -> found.times().values().stream().max(Long::compare))
                        .filter(ended -> ended < before)
                        .isPresent();
        if (old) {
            parts.objects().delete(State.key(project, id));
            parts.meter()
                    .counter(
                            "backplane_gateway_batches_expired_total",
                            "Batches forgotten because they ended long ago")
                    .increment();
        }
    }

    static Problem over(Batch batch) {
        return Problem.conflict(
                        "batch cannot be cancelled: it is " + batch.status().id(), "batch_id")
                .fix("cancel batches that are validating or in progress");
    }

    /// Forgets all of a project's batches; those that run end without their files.
    public void deleteProject(String project) {
        try {
            List<BatchRun> own =
                    running.values().stream()
                            .filter(run -> run.batch().order().project().equals(project))
                            .toList();
            own.forEach(BatchRun::abandon);
            for (BatchRun run : own) {
                if (!run.join()) {
                    throw Problem.unavailable("a batch does not end", run.batch().id())
                            .fix("try again in a minute");
                }
                running.remove(run.batch().id());
            }
            for (String prefix :
                    List.of(
                            ACTIVE + project + "/",
                            State.prefix(project),
                            Journal.prefix(project))) {
                for (ObjectStore.Listed object : parts.objects().list(prefix)) {
                    parts.objects().delete(object.key());
                }
            }
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private static Problem unavailable(IOException e) {
        return Problem.unavailable("batches cannot be reached", "batches")
                .fix("check the store's disk or bucket")
                .causedBy(e);
    }

    /// Lets calls that are under way come to their end for a while; the next process goes on.
    @Override
    public void close() {
        running.values().forEach(BatchRun::close);
        running.values().forEach(BatchRun::join);
    }
}
