package dev.backplane.server.dataset;

import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import dev.backplane.core.SharedObject;
import dev.backplane.core.Slice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/// The datasets of all projects. Thread-safe; what a method did is durable when it returns.
///
/// A few rows that are added go into the last object while that is short, which is then written
/// anew; so there is an object for about each MiB, however few rows come at a time. A change that
/// somebody else's got in front of is made again from the new state.
public final class DatasetStore {
    public static final int DATASETS_MAX = 100;
    public static final int ROWS_MAX = 50_000;

    private static final System.Logger LOG = System.getLogger(DatasetStore.class.getName());
    private static final int CHUNK_BYTES = 1 << 20;
    private static final int CHUNK_ROWS = 1_000;
    private static final int ATTEMPTS_MAX = 20;
    private static final int DESCRIPTION_MAX = 2_000;
    private static final String INDEXES = "datasets/";
    private static final String ROWS = "dataset-rows/";
    private static final String JSON = ".json";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,59}");

    private final ObjectStore objects;
    private final InstantSource clock;

    /// Bytes of projects, as they were listed since the last change.
    private final Map<String, Long> used = new ConcurrentHashMap<>();

    public DatasetStore(ObjectStore objects, InstantSource clock) {
        this.objects = objects;
        this.clock = clock;
    }

    /// What a list tells of a dataset.
    public record Summary(
            String name,
            String description,
            int rows,
            long bytes,
            long createdMillis,
            long changedMillis) {}

    /// @param known rows that were there already
    public record Added(int added, int known) {}

    /// Told rows one by one; returns false to stop.
    public interface RowSink {
        boolean accept(DatasetRow row) throws IOException;
    }

    /// Bytes that the project's datasets take, indexes included; listed once after a change of this
    /// process's.
    ///
    /// @throws Problem `UNAVAILABLE` when the objects cannot be listed
    public long usedBytes(String project) {
        return used.computeIfAbsent(project, this::listedBytes);
    }

    private long listedBytes(String project) {
        try {
            return bytesBelow(INDEXES + project + "/") + bytesBelow(ROWS + project + "/");
        } catch (IOException e) {
            throw Problem.unavailable("datasets cannot be listed", project)
                    .fix("try again; the server's log says what is wrong with its storage")
                    .causedBy(e);
        }
    }

    private long bytesBelow(String prefix) throws IOException {
        return objects.list(prefix).stream().mapToLong(ObjectStore.Listed::size).sum();
    }

    /// The project's datasets, by name.
    public List<Summary> list(String project) throws IOException {
        List<Summary> all = new ArrayList<>();
        for (String name : names(project)) {
            read(project, name).ifPresent(dataset -> all.add(summary(name, dataset)));
        }
        return all;
    }

    private List<String> names(String project) throws IOException {
        String prefix = INDEXES + project + "/";
        return objects.list(prefix).stream()
                .map(ObjectStore.Listed::key)
                .filter(key -> key.endsWith(JSON))
                .map(key -> key.substring(prefix.length(), key.length() - JSON.length()))
                .toList();
    }

    private static Summary summary(String name, Dataset dataset) {
        return new Summary(
                name,
                dataset.description(),
                dataset.rows(),
                dataset.bytes(),
                dataset.createdMillis(),
                dataset.changedMillis());
    }

    /// @throws Problem `NOT_FOUND`
    public Summary find(String project, String name) throws IOException {
        return summary(name, existing(project, name));
    }

    /// Makes it, or changes its description.
    public Summary describe(String project, String name, String description) throws IOException {
        if (description.length() > DESCRIPTION_MAX) {
            throw Problem.invalid("description is too long", name)
                    .fix("use up to " + DESCRIPTION_MAX + " characters");
        }
        return summary(
                name,
                change(project, name, true, now -> now.described(description, clock.millis())));
    }

    /// Removes it and its rows. A reader of its rows is cut off.
    public void delete(String project, String name) throws IOException {
        Dataset dataset = existing(project, name);
        objects.delete(indexKey(project, name));
        objects.deleteAll(rowPrefix(project, dataset.id()));
        used.remove(project);
    }

    /// Removes all of a project's datasets.
    public void deleteProject(String project) throws IOException {
        for (String name : names(project)) {
            objects.delete(indexKey(project, name));
        }
        objects.deleteAll(ROWS + project + "/");
        used.remove(project);
    }

    /// Adds rows at the end; makes the dataset if there is none. All of them, or none.
    public Added add(String project, String name, List<DatasetRow> rows) throws IOException {
        int[] added = {0};
        replaceChunks(
                project,
                name,
                true,
                dataset -> {
                    Set<String> known = new HashSet<>(dataset.ids());
                    List<DatasetRow> fresh =
                            rows.stream().filter(row -> known.add(row.id())).toList();
                    added[0] = fresh.size();
                    if (dataset.rows() + fresh.size() > ROWS_MAX) {
                        throw Problem.tooLarge("dataset has too many rows", name)
                                .fix("make another one; " + ROWS_MAX + " are allowed");
                    }
                    List<Dataset.Chunk> chunks = new ArrayList<>(dataset.chunks());
                    List<String> lines = new ArrayList<>();
                    if (!fresh.isEmpty() && !chunks.isEmpty() && isShort(chunks.getLast())) {
                        lines.addAll(lines(project, dataset, chunks.removeLast()));
                    }
                    fresh.forEach(row -> lines.add(row.line()));
                    chunks.addAll(write(project, dataset, lines));
                    return chunks;
                });
        return new Added(added[0], rows.size() - added[0]);
    }

    private static boolean isShort(Dataset.Chunk chunk) {
        return chunk.bytes() < CHUNK_BYTES / 2 && chunk.ids().size() < CHUNK_ROWS / 2;
    }

    /// Writes lines as new objects.
    private List<Dataset.Chunk> write(String project, Dataset dataset, List<String> lines)
            throws IOException {
        List<Dataset.Chunk> chunks = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            text.append(lines.get(i)).append('\n');
            ids.add(DatasetRow.read(lines.get(i)).id());
            boolean last = i == lines.size() - 1;
            if (last || text.length() > CHUNK_BYTES || ids.size() == CHUNK_ROWS) {
                byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
                String object = "%06d-%s".formatted(dataset.change(), UUID.randomUUID());
                objects.putIfAbsent(rowPrefix(project, dataset.id()) + object, bytes);
                chunks.add(new Dataset.Chunk(object, bytes.length, ids));
                text.setLength(0);
                ids.clear();
            }
        }
        return chunks;
    }

    /// Rows in their order, from an offset, until the sink has enough.
    ///
    /// @return the offset of the next row, or that of the end
    public int rows(String project, String name, int offset, RowSink sink) throws IOException {
        Dataset dataset = existing(project, name);
        List<String> ids = dataset.ids();
        int at = Math.min(offset, ids.size());
        Map<String, String> chunk = Map.of();
        while (at < ids.size()) {
            String id = ids.get(at);
            if (!chunk.containsKey(id)) {
                Optional<Dataset.Chunk> place = dataset.chunkOf(id);
                Optional<Map<String, String>> found =
                        place.isPresent() ? load(project, dataset, place.get()) : Optional.empty();
                if (place.isPresent() && found.isEmpty()) {
                    // Somebody changed the dataset; the new index says where the row is, if it is.
                    dataset = existing(project, name);
                    found =
                            dataset.chunkOf(id).isPresent()
                                    ? load(project, dataset, dataset.chunkOf(id).get())
                                    : Optional.empty();
                }
                chunk = found.orElse(chunk);
            }
            at++;
            String line = chunk.get(id);
            if (line != null && !sink.accept(DatasetRow.read(line))) {
                break;
            }
        }
        return at;
    }

    /// @throws Problem `NOT_FOUND`
    public DatasetRow row(String project, String name, String id) throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            Dataset dataset = existing(project, name);
            Dataset.Chunk chunk = dataset.chunkOf(id).orElseThrow(() -> noRow(name, id));
            Optional<Map<String, String>> lines = load(project, dataset, chunk);
            if (lines.isPresent()) {
                return DatasetRow.read(lines.get().getOrDefault(id, "{}"));
            }
        }
        throw Problem.unavailable("dataset is being changed all the time", name).fix("try again");
    }

    private static Problem noRow(String name, String id) {
        return Problem.notFound("no such row", name + "/" + id)
                .fix("see GET /api/v1/datasets/" + name + "/rows");
    }

    /// Changes members of a row.
    ///
    /// @param changes an object of members and their new values
    public DatasetRow changeRow(String project, String name, String id, JsonNode changes)
            throws IOException {
        DatasetRow[] changed = new DatasetRow[1];
        replaceLine(
                project,
                name,
                id,
                line -> {
                    changed[0] = DatasetRow.read(line).changed(changes);
                    if (changed[0].line().length() > DatasetRow.BYTES_MAX) {
                        throw Problem.tooLarge("row is too long", name + "/" + id)
                                .fix("an example may have " + DatasetRow.BYTES_MAX + " bytes");
                    }
                    return changed[0].line();
                });
        return changed[0];
    }

    public void removeRow(String project, String name, String id) throws IOException {
        replaceLine(project, name, id, _ -> "");
    }

    /// @param change of a line; an empty one goes
    private void replaceLine(String project, String name, String id, UnaryOperator<String> change)
            throws IOException {
        replaceChunks(
                project,
                name,
                false,
                dataset -> {
                    Dataset.Chunk chunk = dataset.chunkOf(id).orElseThrow(() -> noRow(name, id));
                    List<String> lines = new ArrayList<>();
                    load(project, dataset, chunk)
                            .orElseThrow(Overtaken::new)
                            .forEach((row, line) ->
                                    lines.add(row.equals(id) ? change.apply(line) : line));
                    lines.removeIf(String::isEmpty);
                    List<Dataset.Chunk> chunks = new ArrayList<>(dataset.chunks());
                    int place = chunks.indexOf(chunk);
                    chunks.remove(place);
                    chunks.addAll(place, write(project, dataset, lines));
                    return chunks;
                });
    }

    /// Somebody else changed the dataset while a change was prepared.
    private static final class Overtaken extends RuntimeException {
        private static final long serialVersionUID = 1;

        Overtaken() {
            super(null, null, false, false);
        }
    }

    private interface Rewriting {
        List<Dataset.Chunk> chunks(Dataset dataset) throws IOException;
    }

    /// Objects that a change made and that nobody names are removed, whether it came to be or not.
    private void replaceChunks(String project, String name, boolean make, Rewriting rewriting)
            throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            Dataset before = make ? describeIfAbsent(project, name) : existing(project, name);
            List<Dataset.Chunk> after = List.of();
            try {
                after = rewriting.chunks(before);
                List<Dataset.Chunk> wanted = after;
                change(
                        project,
                        name,
                        false,
                        now -> {
                            if (!now.id().equals(before.id()) || now.change() != before.change()) {
                                throw new Overtaken();
                            }
                            return now.with(wanted, clock.millis());
                        });
                removeUnnamed(project, before, before.chunks(), after);
                return;
            } catch (Overtaken again) {
                removeUnnamed(project, before, after, before.chunks());
            }
        }
        throw Problem.unavailable("dataset is being changed by many at once", name)
                .fix("try again");
    }

    /// What cannot be removed stays, unnamed, until the dataset goes: the change itself is done.
    private void removeUnnamed(
            String project, Dataset dataset, List<Dataset.Chunk> old, List<Dataset.Chunk> named) {
        Set<String> kept = new HashSet<>();
        named.forEach(chunk -> kept.add(chunk.object()));
        for (Dataset.Chunk chunk : old) {
            if (!kept.contains(chunk.object())) {
                try {
                    objects.delete(rowPrefix(project, dataset.id()) + chunk.object());
                } catch (IOException e) {
                    LOG.log(System.Logger.Level.WARNING, "object of a dataset stays unused", e);
                }
            }
        }
        used.remove(project);
    }

    private Dataset describeIfAbsent(String project, String name) throws IOException {
        Optional<Dataset> known = read(project, name);
        return known.isPresent() ? known.get() : change(project, name, true, now -> now);
    }

    private Dataset change(String project, String name, boolean make, UnaryOperator<Dataset> change)
            throws IOException {
        if (make && read(project, name).isEmpty() && names(project).size() >= DATASETS_MAX) {
            throw Problem.tooLarge("project has too many datasets", project)
                    .fix("delete some; " + DATASETS_MAX + " are allowed");
        }
        String key = indexKey(project, name);
        Slice written =
                new SharedObject(objects, key)
                        .update(bytes -> {
                            if (bytes.isEmpty() && !make) {
                                throw missing(name);
                            }
                            Dataset before =
                                    bytes.map(known -> Dataset.read(known, key))
                                            .orElseGet(this::empty);
                            return change.apply(before).json();
                        });
        used.remove(project);
        return Dataset.read(written, key);
    }

    private Dataset empty() {
        String id = UUID.randomUUID().toString().replace("-", "");
        return new Dataset(id, "", clock.millis(), clock.millis(), 0, List.of());
    }

    private Dataset existing(String project, String name) throws IOException {
        return read(project, name).orElseThrow(() -> missing(name));
    }

    private static Problem missing(String name) {
        return Problem.notFound("no such dataset", name).fix("see GET /api/v1/datasets");
    }

    private Optional<Dataset> read(String project, String name) throws IOException {
        String key = indexKey(project, name);
        return objects.get(key).map(object -> Dataset.read(Slice.of(object.bytes()), key));
    }

    /// Lines of an object by the ids of their rows; nothing if it is gone.
    private Optional<Map<String, String>> load(String project, Dataset dataset, Dataset.Chunk chunk)
            throws IOException {
        Optional<ObjectStore.Tagged> object =
                objects.get(rowPrefix(project, dataset.id()) + chunk.object());
        if (object.isEmpty()) {
            return Optional.empty();
        }
        List<String> lines =
                new String(object.get().bytes(), StandardCharsets.UTF_8).lines().toList();
        if (lines.size() != chunk.ids().size()) {
            throw Problem.of(Problem.Kind.CONFIG, "rows of a dataset are damaged", chunk.object())
                    .fix("restore the object from a backup");
        }
        Map<String, String> rows = new LinkedHashMap<>();
        for (int i = 0; i < lines.size(); i++) {
            rows.put(chunk.ids().get(i), lines.get(i));
        }
        return Optional.of(rows);
    }

    private List<String> lines(String project, Dataset dataset, Dataset.Chunk chunk)
            throws IOException {
        return List.copyOf(load(project, dataset, chunk).orElseThrow(Overtaken::new).values());
    }

    /// @throws Problem `INVALID` for a name that cannot be one
    private static String indexKey(String project, String name) {
        if (!NAME.matcher(name).matches()) {
            throw Problem.invalid("name of a dataset is not allowed", name)
                    .fix("use 1 to 60 letters, digits, '.', '_' or '-', a letter or digit first");
        }
        return INDEXES + project + "/" + name + JSON;
    }

    private static String rowPrefix(String project, String id) {
        return ROWS + project + "/" + id + "/";
    }
}
