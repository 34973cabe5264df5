package dev.backplane.gateway.response;

import dev.backplane.core.JsonOut;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import dev.backplane.core.SharedObject;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.responses.ResponseId;
import dev.backplane.gateway.dialect.responses.StoredItems;
import dev.backplane.gateway.file.OrderedIds;
import dev.backplane.gateway.json.Members;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// The conversations of all projects. What changes is durable on return. Thread-safe.
///
/// Every method throws a `Problem` of kind `UNAVAILABLE` when the object store cannot be reached.
public final class Conversations {
    private static final System.Logger LOG = System.getLogger(Conversations.class.getName());
    private static final String CONVERSATIONS = "conversations/";

    private final ObjectStore objects;
    private final boolean keeps;
    private final long bytesMax;
    private final OrderedIds ids;

    private final ConversationDays days;

    /// Bytes of each project's, once somebody has asked.
    private final UsedBytes used;

    /// Those that somebody changes, by project and id.
    private final Set<String> busy = ConcurrentHashMap.newKeySet();

    /// @param keeps whether what was said may be kept at all
    /// @param bytesMax of a conversation that a response can go on with
    public Conversations(ObjectStore objects, boolean keeps, long bytesMax, InstantSource clock) {
        this.objects = objects;
        this.used = new UsedBytes(objects, CONVERSATIONS);
        this.keeps = keeps;
        this.bytesMax = bytesMax;
        this.ids = new OrderedIds("conv_", clock);
        this.days = new ConversationDays(objects, clock);
    }

    /// Begins one.
    ///
    /// @param items as a request has them
    public Conversation create(String project, Slice metadata, List<Slice> items) {
        if (!keeps) {
            throw Problem.invalid("conversations are not stored here", "conversation")
                    .fix("configure gateway.content as full");
        }
        String id = ids.next();
        Conversation created = new Conversation(id, ids.seconds(id), metadata);
        try {
            AtomicLong bytes = used.of(project);
            days.mark(project, id);
            bytes.addAndGet(log(project, id).append(named(items)));
            bytes.addAndGet(head(project, id).update(_ -> json(created)).length());
            return created;
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private static List<Slice> named(List<Slice> items) {
        return StoredItems.ofRequest(ResponseId.create(), items);
    }

    private static Slice json(Conversation conversation) {
        return new JsonOut()
                .beginObject()
                .name("created_at")
                .literal("" + conversation.created())
                .name("metadata")
                .json(conversation.metadata())
                .endObject()
                .slice();
    }

    public Optional<Conversation> find(String project, String id) {
        if (!ids.made(id)) {
            return Optional.empty();
        }
        try {
            return objects.get(headKey(project, id))
                    .map(object -> Members.of(Slice.of(object.bytes()), "stored conversation"))
                    .map(members ->
                            new Conversation(
                                    id,
                                    members.integer("created_at").orElse(0),
                                    members.raw("metadata")));
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    private Conversation require(String project, String id) {
        return find(project, id).orElseThrow(Conversations::missing);
    }

    /// What is said of an id that names none.
    public static Problem missing() {
        return Problem.notFound("there is no conversation of this id", "conversation")
                .fix("use the id of one of this project, or begin another");
    }

    /// Replaces the metadata.
    public Conversation change(String project, String id, Slice metadata) {
        try (Turn _ = enter(project, id)) {
            Conversation before = require(project, id);
            Conversation changed = new Conversation(id, before.created(), metadata);
            AtomicLong bytes = used.of(project);
            days.mark(project, id);
            head(project, id).update(_ -> json(changed));
            bytes.addAndGet(json(changed).length() - json(before).length());
            return changed;
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    /// All items, the oldest first.
    public List<Slice> items(String project, String id) {
        require(project, id);
        try {
            return log(project, id).read();
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    /// Adds items to the end.
    ///
    /// @return as they are kept
    public List<Slice> add(String project, String id, List<Slice> items) {
        List<Slice> added = named(items);
        try (Turn turn = enter(project, id)) {
            turn.append(added);
            return added;
        }
    }

    /// @return whether there was such an item
    public boolean remove(String project, String id, String item) {
        try (Turn _ = enter(project, id)) {
            AtomicLong bytes = used.of(project);
            days.mark(project, id);
            OptionalLong freed = log(project, id).remove(item);
            bytes.addAndGet(-freed.orElse(0));
            return freed.isPresent();
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    /// @return whether there was one, or what was left of one
    public boolean delete(String project, String id) {
        if (!ids.made(id)) {
            return false;
        }
        try (Turn _ = take(project, id).orElseThrow(Conversations::taken)) {
            return forget(project, id);
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    /// Its head goes first, by the order of keys: without that it is gone, whatever becomes of the
    /// rest. Its days go last: what is left of it is found by them.
    ///
    /// @return whether there was anything
    private boolean forget(String project, String id) throws IOException {
        boolean found = used.removeAll(project, prefix(project, id));
        days.forget(project, id);
        return found;
    }

    /// Projects that have conversations.
    public Set<String> projects() {
        try {
            return days.projects();
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    /// Forgets those that nobody has changed since a day, and what is left of those whose creation
    /// or deletion broke off; one that is being changed stays. One that cannot be removed does not
    /// keep the others.
    public void expire(String project, Instant before) {
        List<String> idle;
        try {
            idle = days.before(project, before);
        } catch (IOException e) {
            throw unavailable(e);
        }
        for (String id : idle) {
            take(project, id).ifPresent(turn -> expire(turn, before));
        }
    }

    private void expire(Turn turn, Instant before) {
        try (turn) {
            turn.expire(before);
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "conversation " + turn.id + " will be removed later",
                    e);
        }
    }

    /// Bytes of a project's conversations.
    public long usedBytes(String project) {
        try {
            return used.of(project).get();
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    /// Forgets all of a project's.
    public void deleteProject(String project) {
        try {
            used.removeProject(project);
            days.forgetProject(project);
        } catch (IOException e) {
            throw unavailable(e);
        }
    }

    /// The right to change a conversation, which one has at a time.
    ///
    /// @throws Problem `NOT_FOUND`, or `CONFLICT` while somebody else has it
    Turn enter(String project, String id) {
        Turn turn = take(project, id).orElseThrow(Conversations::taken);
        // Looked for when nobody can delete it any more.
        try {
            require(project, id);
            return turn;
        } catch (RuntimeException e) {
            turn.close();
            throw e;
        }
    }

    /// @return empty while somebody else has it
    private Optional<Turn> take(String project, String id) {
        String key = project + "/" + id;
        return busy.add(key) ? Optional.of(new Turn(project, id, key)) : Optional.empty();
    }

    private static Problem taken() {
        return Problem.conflict("a response of the conversation is being made", "conversation")
                .fix("wait for it, or cancel it");
    }

    /// Until it is closed, nobody else changes the conversation.
    final class Turn implements AutoCloseable {
        private final String project;
        private final String id;
        private final String key;

        private Turn(String project, String id, String key) {
            this.project = project;
            this.id = id;
            this.key = key;
        }

        /// @throws Problem `TOO_LARGE` if no request could hold them
        List<Slice> items() {
            List<Slice> items = Conversations.this.items(project, id);
            if (items.stream().mapToLong(Slice::length).sum() > bytesMax) {
                throw Problem.tooLarge(
                                "conversation has more than %d bytes".formatted(bytesMax),
                                "conversation")
                        .fix("delete items that do not matter any more, or begin another");
            }
            return items;
        }

        /// @param items as they are kept
        void append(List<Slice> items) {
            try {
                AtomicLong bytes = used.of(project);
                days.mark(project, id);
                bytes.addAndGet(log(project, id).append(items));
            } catch (IOException e) {
                throw unavailable(e);
            }
        }

        /// Forgets the conversation unless somebody has changed it since, which nobody can now.
        private void expire(Instant before) throws IOException {
            if (days.isIdle(project, id, before)) {
                forget(project, id);
            }
        }

        @Override
        public void close() {
            busy.remove(key);
        }
    }

    private ItemLog log(String project, String id) {
        return new ItemLog(objects, prefix(project, id) + "items/");
    }

    private SharedObject head(String project, String id) {
        return new SharedObject(objects, headKey(project, id));
    }

    private static String prefix(String project, String id) {
        return CONVERSATIONS + project + "/" + id + "/";
    }

    private static String headKey(String project, String id) {
        return prefix(project, id) + "head.json";
    }

    private static Problem unavailable(IOException e) {
        return Problem.unavailable("conversations cannot be reached", "conversation")
                .fix("check the store's disk or bucket")
                .causedBy(e);
    }
}
