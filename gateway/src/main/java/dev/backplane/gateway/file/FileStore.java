package dev.backplane.gateway.file;

import dev.backplane.core.Meter;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import dev.backplane.core.SharedObject;
import dev.backplane.core.Slice;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// The files of all projects. What [#put] returns is durable. Thread-safe.
///
/// Every method throws a `Problem` of kind `UNAVAILABLE` when the object store cannot be reached.
public final class FileStore {
    private static final String FILES = "files/";
    private static final String EXPIRY = "file-expiry/";
    private static final String JSON = ".json";

    /// As long as an upload may take, and longer.
    private static final long ORPHAN_SECONDS = 24 * 3_600;

    private final ObjectStore objects;
    private final InstantSource clock;
    private final OrderedIds ids;
    private final Descriptions descriptions;
    private final Meter.Counter stored;

    /// Bytes of a project's files, from when it was first asked for.
    private final Map<String, AtomicLong> used = new ConcurrentHashMap<>();

    private final Holds holds = new Holds();
    private final AtomicLong orphansNext = new AtomicLong(Long.MIN_VALUE);

    public FileStore(ObjectStore objects, InstantSource clock, Meter meter) {
        this.objects = objects;
        this.clock = clock;
        this.ids = new OrderedIds("file-", clock);
        this.descriptions = new Descriptions(this::describe);
        this.stored = meter.counter("backplane_gateway_file_bytes_total", "Bytes of files stored");
    }

    /// A file to be.
    ///
    /// @param expiresAfter seconds after its creation
    public record Draft(String filename, Purpose purpose, OptionalLong expiresAfter) {}

    /// An id that no file has.
    public String newId() {
        return ids.next();
    }

    /// Whether the text could be the id of a file here, and not of one that a provider keeps.
    public boolean isId(String text) {
        return ids.made(text);
    }

    /// Stores a file, whose time of creation is that of its id. To be called again if it failed:
    /// what was stored under the id stays.
    ///
    /// @param content a complete file that nobody writes to any more; may be deleted afterwards
    public StoredFile put(String project, String id, Draft draft, Path content) {
        if (!holds.hold(id)) {
            throw Problem.unavailable("what is left of the file is being removed", id)
                    .fix("try again");
        }
        try {
            long created = ids.seconds(id);
            StoredFile file =
                    new StoredFile(
                            id,
                            Files.size(content),
                            created,
                            draft.filename(),
                            draft.purpose(),
                            draft.expiresAfter().isPresent()
                                    ? OptionalLong.of(created + draft.expiresAfter().getAsLong())
                                    : OptionalLong.empty());
            AtomicLong bytes = used(project);
            if (file.expires().isPresent()) {
                objects.putIfAbsent(
                        expiryKey(file.expires().getAsLong(), project, id), new byte[0]);
            }
            if (objects.putIfAbsent(dataKey(project, id), content).isPresent()) {
                bytes.addAndGet(file.bytes());
                stored.add(file.bytes());
            }
            new SharedObject(objects, metaKey(project, id))
                    .update(before -> before.orElseGet(file::json));
            return file;
        } catch (IOException e) {
            throw unavailable(e);
        } finally {
            holds.release(id);
        }
    }

    public Optional<StoredFile> find(String project, String id) {
        if (!ids.made(id)) {
            return Optional.empty();
        }
        return describe(project, id).filter(file -> file.isThere(now()));
    }

    /// A file, also one that has expired and is still there.
    public Optional<StoredFile> describe(String project, String id) {
        try {
            return objects.get(metaKey(project, id))
                    .map(object -> StoredFile.read(id, Slice.of(object.bytes())));
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    /// The bytes of a file, from a block after the other. A file that is deleted meanwhile breaks
    /// off with an `IOException`.
    public InputStream open(String project, StoredFile file) {
        return new ObjectInput(objects, dataKey(project, file.id()), file.bytes());
    }

    /// A part of a file, or less at its end.
    public byte[] read(String project, String id, long offset, int length) throws IOException {
        return objects.getRange(dataKey(project, id), offset, length);
    }

    /// What a list asks for.
    ///
    /// @param purpose the only one, or all
    /// @param after id of the file before the first one, or empty
    /// @param limit at least 1
    public record Query(Optional<Purpose> purpose, String after, int limit, boolean newestFirst) {}

    public record Page(List<StoredFile> files, boolean hasMore) {
        public Page {
            files = List.copyOf(files);
        }
    }

    /// Files in the order of their creation.
    ///
    /// @throws Problem `INVALID` if `after` is no id of a file
    public Page list(String project, Query query) {
        if (!query.after().isEmpty() && !ids.made(query.after())) {
            throw Problem.invalid("there is no file of this id", "after")
                    .fix("use last_id of the page before");
        }
        List<String> found = new ArrayList<>();
        for (ObjectStore.Listed object : listed(metaPrefix(project))) {
            found.add(lastPart(object.key()).replace(JSON, ""));
        }
        List<String> ordered = query.newestFirst() ? found.reversed() : found;
        Comparator<String> order =
                query.newestFirst() ? Comparator.reverseOrder() : Comparator.naturalOrder();
        List<String> rest =
                query.after().isEmpty()
                        ? ordered
                        : ordered.stream()
                                .filter(id -> order.compare(id, query.after()) > 0)
                                .toList();
        List<StoredFile> page =
                descriptions.first(
                        project,
                        rest,
                        file ->
                                file.isThere(now())
                                        && query.purpose().map(file.purpose()::equals).orElse(true),
                        query.limit() + 1);
        boolean hasMore = page.size() > query.limit();
        return new Page(hasMore ? page.subList(0, query.limit()) : page, hasMore);
    }

    /// @return whether there was one
    /// @throws Problem `CONFLICT` if somebody needs it, see [#hold]
    public boolean delete(String project, String id) {
        if (find(project, id).isEmpty()) {
            return false;
        }
        if (!holds.take(id)) {
            throw Problem.conflict("file is the input of a batch that is not finished", "id")
                    .fix("wait for the batch, or cancel it");
        }
        try {
            // Somebody may have removed it before it was taken.
            Optional<StoredFile> file = describe(project, id);
            if (file.isPresent()) {
                remove(project, id);
                file.get().expires().ifPresent(at -> delete(expiryKey(at, project, id)));
            }
            return file.isPresent();
        } finally {
            holds.giveBack(id);
        }
    }

    private void remove(String project, String id) {
        AtomicLong bytes = used(project);
        String data = dataKey(project, id);
        long size = listed(data).stream().mapToLong(ObjectStore.Listed::size).sum();
        delete(metaKey(project, id));
        delete(data);
        bytes.addAndGet(-size);
    }

    /// Keeps a file from being deleted or from expiring until as many calls of [#release]. Holds as
    /// long as this process.
    ///
    /// @return empty if it is not there; then nothing is held. A file that has expired may be
    public Optional<StoredFile> hold(String project, String id) {
        if (!ids.made(id) || !holds.hold(id)) {
            return Optional.empty();
        }
        Optional<StoredFile> file = Optional.empty();
        try {
            file = describe(project, id);
        } finally {
            if (file.isEmpty()) {
                holds.release(id);
            }
        }
        return file;
    }

    public void release(String id) {
        holds.release(id);
    }

    /// Bytes of a project's files. Asks the store once, then counts.
    public long usedBytes(String project) {
        return used(project).get();
    }

    private AtomicLong used(String project) {
        return used.computeIfAbsent(
                project,
                _ -> {
                    long sum = 0;
                    for (ObjectStore.Listed object : listed(dataPrefix(project))) {
                        sum += object.size();
                    }
                    return new AtomicLong(sum);
                });
    }

    /// Forgets all of a project's files.
    public void deleteProject(String project) {
        try {
            for (ObjectStore.Listed object : listed(metaPrefix(project))) {
                objects.delete(object.key());
            }
            for (ObjectStore.Listed object : listed(FILES + project + "/")) {
                objects.delete(object.key());
            }
            used.remove(project);
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    /// Removes what has expired and, once in [#ORPHAN_SECONDS], what was never described. To be
    /// called now and then: nobody sees an expired file anyway.
    public void sweep() {
        expire();
        long now = now();
        long next = orphansNext.get();
        if (now >= next && orphansNext.compareAndSet(next, now + ORPHAN_SECONDS)) {
            removeOrphans(now - ORPHAN_SECONDS);
        }
    }

    private void expire() {
        for (ObjectStore.Listed marker : listed(EXPIRY)) {
            String[] parts = marker.key().split("/");
            if (Long.parseLong(parts[1], 16) > now()) {
                return;
            }
            String project = parts[2];
            String id = parts[3];
            if (holds.take(id)) {
                try {
                    remove(project, id);
                    delete(marker.key());
                } finally {
                    holds.giveBack(id);
                }
            }
        }
    }

    /// @param oldest of those that may still be described, in seconds since 1970
    private void removeOrphans(long oldest) {
        Set<String> described = new HashSet<>();
        List<ObjectStore.Listed> all = listed(FILES);
        for (ObjectStore.Listed object : all) {
            if (object.key().endsWith(JSON)) {
                described.add(lastPart(object.key()).replace(JSON, ""));
            }
        }
        for (ObjectStore.Listed object : all) {
            String id = lastPart(object.key());
            String project = object.key().split("/")[1];
            if (ids.made(id)
                    && !described.contains(id)
                    && ids.seconds(id) < oldest
                    && holds.take(id)) {
                try {
                    if (describe(project, id).isEmpty()) {
                        remove(project, id);
                    }
                } finally {
                    holds.giveBack(id);
                }
            }
        }
    }

    private void delete(String key) {
        try {
            objects.delete(key);
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private List<ObjectStore.Listed> listed(String prefix) {
        try {
            return objects.list(prefix);
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private long now() {
        return clock.instant().getEpochSecond();
    }

    private static String metaPrefix(String project) {
        return FILES + project + "/meta/";
    }

    private static String metaKey(String project, String id) {
        return metaPrefix(project) + id + JSON;
    }

    private static String dataPrefix(String project) {
        return FILES + project + "/data/";
    }

    private static String dataKey(String project, String id) {
        return dataPrefix(project) + id;
    }

    /// In order of time.
    private static String expiryKey(long seconds, String project, String id) {
        return EXPIRY + "%016x".formatted(seconds) + "/" + project + "/" + id;
    }

    private static String lastPart(String key) {
        return key.substring(key.lastIndexOf('/') + 1);
    }

    private static Problem unavailable(IOException e) {
        return Problem.unavailable("files cannot be reached", "files")
                .fix("check the store's disk or bucket")
                .causedBy(e);
    }
}
