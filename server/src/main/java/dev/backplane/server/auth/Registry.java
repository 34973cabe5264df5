package dev.backplane.server.auth;

import dev.backplane.core.Json;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import dev.backplane.core.SharedObject;
import dev.backplane.core.Slice;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.StreamReadException;

/// Projects and keys, in the object `meta/registry.json`:
///
/// ```
/// {"version":1,
///  "projects":[{"name":"default","retention_days":0,"quota_bytes":0}],
///  "keys":[{"id":"key_…","name":"…","hash":"…","scopes":["ingest"],"project":"default",
///           "created_millis":0,"models":["…"],"budgets":["5/day"],"rpm":60,"tpm":100000,
///           "concurrency":4}]}
/// ```
///
/// Of a key, what is not limited is left out. Validity: version is 1; names of projects and ids of
/// keys are unique; unknown members are ignored. The object is replaced as a whole by conditional
/// write and read again after [#REFRESH], so a key revoked elsewhere is refused here within that
/// time. Thread-safe.
public final class Registry {
    static final String KEY = "meta/registry.json";
    static final Duration REFRESH = Duration.ofSeconds(5);

    /// A consistent state. Immutable.
    public record State(Map<String, Project> projects, List<ApiKey> keys) {
        static final State EMPTY = new State(Map.of(), List.of());

        public State {
            projects = Map.copyOf(projects);
            keys = List.copyOf(keys);
        }

        public State with(Project project) {
            Map<String, Project> changed = new LinkedHashMap<>(projects);
            changed.put(project.name(), project);
            return new State(changed, keys);
        }

        public State without(String project) {
            Map<String, Project> changed = new LinkedHashMap<>(projects);
            changed.remove(project);
            return new State(
                    changed, keys.stream().filter(key -> !key.project().equals(project)).toList());
        }

        public State with(ApiKey key) {
            List<ApiKey> changed = new ArrayList<>(keys);
            changed.add(key);
            return new State(projects, changed);
        }

        public State withoutKey(String id) {
            return new State(projects, keys.stream().filter(key -> !key.id().equals(id)).toList());
        }
    }

    private record Loaded(State state, long nanos) {
        Loaded(State state) {
            this(state, System.nanoTime());
        }
    }

    private final SharedObject object;
    private volatile Loaded loaded;

    private Registry(SharedObject object) {
        this.object = object;
        this.loaded = load(object);
    }

    /// @throws Problem `UNAVAILABLE` when the store cannot be read, `CONFIG` when the object there
    ///   is not a registry
    public static Registry open(ObjectStore store) {
        return new Registry(new SharedObject(store, KEY));
    }

    /// The state, at most [#REFRESH] old.
    public State state() {
        Loaded current = loaded;
        if (System.nanoTime() - current.nanos() < REFRESH.toNanos()) {
            return current.state();
        }
        return refresh(current);
    }

    /// One thread asks the store; a store that cannot be read leaves the known state in force.
    private synchronized State refresh(Loaded seen) {
        if (loaded.nanos() != seen.nanos()) {
            return loaded.state();
        }
        try {
            loaded = load(object);
        } catch (Problem unavailable) {
            loaded = new Loaded(seen.state());
        }
        return loaded.state();
    }

    /// Applies a change to the newest state; durable on return.
    ///
    /// @throws Problem `UNAVAILABLE` when the store cannot be written
    public synchronized State update(UnaryOperator<State> change) {
        try {
            // A change may refuse what it sees, so what it sees must be new.
            object.read();
            Slice written =
                    object.update(before ->
                            Slice.of(
                                    write(
                                            change.apply(
                                                    before.map(Registry::read)
                                                            .orElse(State.EMPTY)))));
            loaded = new Loaded(read(written));
            return loaded.state();
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private static Loaded load(SharedObject object) {
        try {
            return new Loaded(object.read().map(Registry::read).orElse(State.EMPTY));
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private static Problem unavailable(IOException e) {
        return Problem.unavailable("registry of projects and keys cannot be reached", KEY)
                .fix("check the store's disk or bucket")
                .causedBy(e);
    }

    private static String write(State state) {
        return Json.write(json -> {
            json.writeStartObject();
            json.writeNumberProperty("version", 1);
            json.writeArrayPropertyStart("projects");
            state.projects().values().stream()
                    .sorted(java.util.Comparator.comparing(Project::name))
                    .forEach(project -> write(json, project));
            json.writeEndArray();
            json.writeArrayPropertyStart("keys");
            state.keys().forEach(key -> write(json, key));
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    private static void write(JsonGenerator json, Project project) {
        json.writeStartObject();
        json.writeStringProperty("name", project.name());
        json.writeNumberProperty("retention_days", project.retentionDays());
        json.writeNumberProperty("quota_bytes", project.quotaBytes());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, ApiKey key) {
        json.writeStartObject();
        json.writeStringProperty("id", key.id());
        json.writeStringProperty("name", key.name());
        json.writeStringProperty("hash", key.hash());
        json.writeArrayPropertyStart("scopes");
        key.scopes().stream().sorted().forEach(scope -> json.writeString(scope.id()));
        json.writeEndArray();
        json.writeStringProperty("project", key.project());
        json.writeNumberProperty("created_millis", key.createdMillis());
        KeyLimitsJson.write(json, key.limits());
        json.writeEndObject();
    }

    private static State read(Slice bytes) {
        Map<String, Project> projects = new LinkedHashMap<>();
        List<ApiKey> keys = new ArrayList<>();
        try (JsonParser json = Json.parser(bytes)) {
            expect(json.nextToken() == JsonToken.START_OBJECT);
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = json.currentName();
                json.nextToken();
                switch (name) {
                    case "version" -> expect(json.getLongValue() == 1);
                    case "projects" ->
                            readAll(
                                    json,
                                    () -> {
                                        Project project = readProject(json);
                                        projects.put(project.name(), project);
                                    });
                    case "keys" -> readAll(json, () -> keys.add(readKey(json)));
                    default -> json.skipChildren();
                }
            }
            return new State(projects, keys);
        } catch (StreamReadException | ArithmeticException | IllegalStateException e) {
            throw damaged().causedBy(e);
        }
    }

    private static void readAll(JsonParser json, Runnable item) {
        expect(json.currentToken() == JsonToken.START_ARRAY);
        while (json.nextToken() == JsonToken.START_OBJECT) {
            item.run();
        }
    }

    private static Project readProject(JsonParser json) {
        String name = "";
        int retentionDays = 0;
        long quotaBytes = 0;
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String member = json.currentName();
            json.nextToken();
            switch (member) {
                case "name" -> name = json.getString();
                case "retention_days" -> retentionDays = json.getIntValue();
                case "quota_bytes" -> quotaBytes = json.getLongValue();
                default -> json.skipChildren();
            }
        }
        return new Project(name, retentionDays, quotaBytes);
    }

    private static ApiKey readKey(JsonParser json) {
        String id = "";
        String name = "";
        String hash = "";
        Set<Scope> scopes = EnumSet.noneOf(Scope.class);
        String project = "";
        long created = 0;
        KeyLimitsJson limits = new KeyLimitsJson();
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String member = json.currentName();
            json.nextToken();
            switch (member) {
                case "id" -> id = json.getString();
                case "name" -> name = json.getString();
                case "hash" -> hash = json.getString();
                case "project" -> project = json.getString();
                case "created_millis" -> created = json.getLongValue();
                case "scopes" -> {
                    while (json.nextToken() == JsonToken.VALUE_STRING) {
                        Scope.byId(json.getString()).ifPresent(scopes::add);
                    }
                }
                default -> limits.member(member, json);
            }
        }
        return new ApiKey(id, name, hash, scopes, project, created, limits.limits());
    }

    private static void expect(boolean valid) {
        if (!valid) {
            throw damaged();
        }
    }

    private static Problem damaged() {
        return Problem.of(Problem.Kind.CONFIG, "registry of projects and keys is damaged", KEY)
                .fix("restore the object from a backup, or delete it and make new keys");
    }
}
