package dev.backplane.store.database;

import dev.backplane.core.Meter;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import dev.backplane.store.database.Compactor.Outcome;
import dev.backplane.store.database.State.Living;
import dev.backplane.store.log.Erasure;
import dev.backplane.store.log.Generation;
import dev.backplane.store.log.Log;
import dev.backplane.store.object.SegmentCache;
import dev.backplane.store.segment.BlockCache;
import dev.backplane.store.segment.Manifest;
import dev.backplane.store.segment.Segment;
import dev.backplane.store.segment.SegmentInfo;
import dev.backplane.store.segment.SegmentInfo.Part;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The current [State] and the only place where it changes. Thread-safe.
final class States implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(States.class.getName());

    private final ObjectStore objects;
    private final BlockCache cache;
    private final SegmentCache files;
    private final FileChannel lock;
    private final Object changing = new Object();
    private volatile State current;

    /// A commit of which it is not known whether it happened.
    private Optional<Commit> uncertain = Optional.empty();

    /// @param after what readers see once it happened
    /// @param added segments that are new in `after`
    /// @param removed segments that are not in `after` any more
    private record Commit(State after, List<Living> added, List<Living> removed) {}

    private volatile Optional<Log> log = Optional.empty();

    private States(
            ObjectStore objects,
            BlockCache cache,
            SegmentCache files,
            FileChannel lock,
            State first) {
        this.objects = objects;
        this.cache = cache;
        this.files = files;
        this.lock = lock;
        this.current = first;
    }

    static States open(StoreOptions options, ObjectStore objects, Meter meter) throws IOException {
        Files.createDirectories(options.directory());
        FileChannel lock = lock(options.directory());
        try {
            Compactor.delete(options.scratch());
            SegmentCache files =
                    SegmentCache.open(
                            objects, options.objectCache(), options.objectCacheBytes(), meter);
            BlockCache cache = new BlockCache(options.cacheBytes());
            Manifest manifest = Manifest.load(objects);
            List<Living> segments = new ArrayList<>();
            for (SegmentInfo info : manifest.segments()) {
                segments.add(new Living(info, Segment.open(files, info, cache)));
            }
            removeOrphans(objects, manifest);
            State first = new State(1, manifest, segments, List.of());
            return new States(objects, cache, files, lock, first);
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private static FileChannel lock(Path directory) throws IOException {
        FileChannel file =
                FileChannel.open(
                        directory.resolve("lock"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
        try {
            if (file.tryLock() != null) {
                return file;
            }
        } catch (OverlappingFileLockException sameProcess) {
            // the answer is the same
        }
        file.close();
        throw Problem.conflict("another process has this data directory open", directory + "")
                .fix("stop it, or start this one with another --data directory");
    }

    /// Objects that a process wrote and died before it could name them in a manifest.
    private static void removeOrphans(ObjectStore objects, Manifest manifest) throws IOException {
        Set<String> named = new HashSet<>();
        for (SegmentInfo info : manifest.segments()) {
            for (Part part : Part.values()) {
                named.add(info.key(part));
            }
        }
        for (ObjectStore.Listed object : objects.list("segments/")) {
            if (!named.contains(object.key())) {
                objects.delete(object.key());
            }
        }
    }

    BlockCache cache() {
        return cache;
    }

    /// Joins the log; erasures in it that no manifest knows yet take effect.
    void attach(Log opened) {
        log = Optional.of(opened);
        synchronized (changing) {
            for (Generation generation : opened.generations()) {
                current = without(current, generation.erasures());
            }
        }
    }

    /// The segments as they stand, without log: for facts, not for reading spans.
    State current() {
        return current;
    }

    /// A state in use. Its segments stay open until it is closed, once.
    record Lease(State state) implements AutoCloseable {
        @Override
        public void close() {
            state.segments().forEach(living -> living.segment().release());
        }
    }

    Lease acquire() {
        while (true) {
            State state = current;
            List<Generation> generations =
                    log.map(Log::generations).orElse(List.of()).stream()
                            .filter(g -> g.number() > state.manifest().flushed())
                            .toList();
            if (state.epoch() == current.epoch() && retain(state)) {
                return new Lease(state.withGenerations(generations));
            }
        }
    }

    private static boolean retain(State state) {
        List<Segment> retained = new ArrayList<>();
        for (Living living : state.segments()) {
            if (!living.segment().retain()) {
                retained.forEach(Segment::release);
                return false;
            }
            retained.add(living.segment());
        }
        return true;
    }

    /// Makes erasures that are in the log take effect on segments.
    void erase(List<Erasure> erasures) {
        synchronized (changing) {
            current = without(current, erasures);
        }
    }

    private static State without(State state, List<Erasure> erasures) {
        return erasures.isEmpty()
                ? state
                : state.withDead(
                        state.segments().stream().map(living -> dead(living, erasures)).toList());
    }

    private static BitSet dead(Living living, List<Erasure> erasures) {
        BitSet dead = new BitSet();
        for (Erasure erasure : erasures) {
            if (!living.info().project().equals(erasure.project())) {
                continue;
            }
            if (erasure.trace().isEmpty()) {
                dead.set(0, living.info().rows());
            } else {
                living.segment()
                        .trace(erasure.trace())
                        .ifPresent(range -> dead.set(range.from(), range.to()));
            }
        }
        return dead;
    }

    /// Commits what the compactor built, durably, and switches readers over to it.
    ///
    /// @param flushed the generation that is in it, if it came from the log
    void install(Outcome outcome, Optional<Generation> flushed) throws IOException {
        List<Living> opened = open(outcome.added());
        synchronized (changing) {
            List<Living> removed = new ArrayList<>();
            State before = current;
            List<Living> segments = new ArrayList<>();
            for (Living living : before.segments()) {
                if (outcome.removed().contains(living.info().id())) {
                    removed.add(living);
                } else {
                    segments.add(superseded(living, outcome.superseded()));
                }
            }
            segments.addAll(opened);
            long flushedNumber =
                    flushed.map(Generation::number).orElse(before.manifest().flushed());
            State after =
                    withErasures(
                            new State(before.epoch() + 1, before.manifest(), segments, List.of()),
                            flushedNumber);
            Manifest manifest =
                    new Manifest(
                            before.manifest().number() + 1,
                            flushedNumber,
                            before.manifest().receivedBytes()
                                    + flushed.map(Generation::received).orElse(0L),
                            after.segments().stream().map(Living::info).toList());
            Commit commit =
                    new Commit(
                            new State(after.epoch(), manifest, after.segments(), List.of()),
                            opened,
                            removed);
            try {
                manifest.commit(objects);
            } catch (IOException e) {
                uncertain = Optional.of(commit);
                throw e;
            } catch (Problem e) {
                if (e.kind() == Problem.Kind.CONFLICT) {
                    opened.forEach(living -> living.segment().retire(() -> remove(living.info())));
                }
                throw e;
            }
            happened(commit);
        }
    }

    private List<Living> open(List<SegmentInfo> infos) throws IOException {
        List<Living> opened = new ArrayList<>();
        try {
            for (SegmentInfo info : infos) {
                opened.add(new Living(info, Segment.open(files, info, cache)));
            }
            return opened;
        } catch (IOException | RuntimeException e) {
            opened.forEach(living -> living.segment().release());
            infos.forEach(this::remove);
            throw e;
        }
    }

    /// Finds out about a commit whose answer was lost. To be called before something new is built.
    void settle() throws IOException {
        synchronized (changing) {
            if (uncertain.isPresent()) {
                if (uncertain.get().after().manifest().isCommitted(objects)) {
                    happened(uncertain.get());
                } else {
                    // The objects stay until the next start: a write that was given up may still
                    // arrive, and its manifest names them.
                    uncertain.get().added().forEach(living -> living.segment().release());
                }
                uncertain = Optional.empty();
            }
        }
    }

    private void happened(Commit commit) {
        State after = commit.after();
        current = withErasures(after, after.manifest().flushed());
        commit.removed().forEach(living -> living.segment().retire(() -> remove(living.info())));
        try {
            after.manifest().prune(objects);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "could not delete an old manifest", e);
        }
    }

    /// Erasures in the living log are younger than all that is in segments.
    private State withErasures(State state, long flushed) {
        State result = state;
        for (Generation generation : log.map(Log::generations).orElse(List.of())) {
            if (generation.number() > flushed) {
                result = without(result, generation.erasures());
            }
        }
        return result;
    }

    private static Living superseded(Living living, Map<String, BitSet> superseded) {
        BitSet rows = superseded.get(living.info().id());
        if (rows == null) {
            return living;
        }
        BitSet dead = (BitSet) living.info().dead().clone();
        dead.or(rows);
        return new Living(living.info().withDead(dead), living.segment());
    }

    private void remove(SegmentInfo info) {
        for (Part part : Part.values()) {
            try {
                objects.delete(info.key(part));
                files.forget(info.key(part));
            } catch (IOException e) {
                // The next start removes what no manifest names.
                LOG.log(System.Logger.Level.WARNING, "could not delete " + info.id(), e);
            }
        }
    }

    @Override
    public void close() {
        current.segments().forEach(living -> living.segment().release());
        try {
            lock.close();
        } catch (IOException e) {
            throw Problem.unavailable("releasing the data directory failed", "store").causedBy(e);
        }
    }
}
