package dev.backplane.gateway.response;

import dev.backplane.core.ObjectStore;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// On which days conversations were changed: an empty object for each, whose name says it all, so
/// that finding those that nobody has changed for long is one listing.
///
/// ```
/// conversation-days/PROJECT/2026-03-01-conv_…
/// ```
///
/// Days are UTC's. Of a conversation only the latest counts; earlier ones go when somebody looks.
/// Thread-safe.
final class ConversationDays {
    private static final String DAYS = "conversation-days/";
    private static final int DAY_CHARS = 10;

    private final ObjectStore objects;
    private final InstantSource clock;

    /// Guarded by this, as what is known of it: project and id of those marked on that day.
    private LocalDate today = LocalDate.MIN;

    private final Set<String> marked = new HashSet<>();

    ConversationDays(ObjectStore objects, InstantSource clock) {
        this.objects = objects;
        this.clock = clock;
    }

    private static LocalDate day(Instant time) {
        return LocalDate.ofInstant(time, ZoneOffset.UTC);
    }

    /// A conversation is about to be changed: durable on return.
    void mark(String project, String id) throws IOException {
        LocalDate now = day(clock.instant());
        if (!isMarked(now, project, id)) {
            objects.putIfAbsent(DAYS + project + "/" + now + "-" + id, new byte[0]);
            synchronized (this) {
                if (now.equals(today)) {
                    marked.add(project + "/" + id);
                }
            }
        }
    }

    /// Whether it was changed today, as far as this process knows.
    boolean isMarked(String project, String id) {
        return isMarked(day(clock.instant()), project, id);
    }

    private synchronized boolean isMarked(LocalDate now, String project, String id) {
        if (!now.equals(today)) {
            today = now;
            marked.clear();
        }
        return marked.contains(project + "/" + id);
    }

    /// Those with a conversation that has a day.
    Set<String> projects() throws IOException {
        Set<String> projects = new TreeSet<>();
        for (ObjectStore.Listed day : objects.list(DAYS)) {
            projects.add(day.key().substring(DAYS.length(), day.key().lastIndexOf('/')));
        }
        return projects;
    }

    /// The conversations of a project that were changed last before the day of a time.
    List<String> before(String project, Instant time) throws IOException {
        String prefix = DAYS + project + "/";
        Map<String, String> latest = new HashMap<>();
        for (ObjectStore.Listed object : objects.list(prefix)) {
            String name = object.key().substring(prefix.length());
            String earlier = latest.put(name.substring(DAY_CHARS + 1), name);
            if (earlier != null) {
                objects.delete(prefix + earlier);
            }
        }
        String limit = day(time).toString();
        List<String> ids = new ArrayList<>();
        latest.forEach((id, name) -> {
            if (name.substring(0, DAY_CHARS).compareTo(limit) < 0) {
                ids.add(id);
            }
        });
        return ids;
    }

    /// Forgets the days of a conversation that is gone.
    void forget(String project, String id) throws IOException {
        for (ObjectStore.Listed object : objects.list(DAYS + project + "/")) {
            if (object.key().endsWith("-" + id)) {
                objects.delete(object.key());
            }
        }
    }

    void forgetProject(String project) throws IOException {
        for (ObjectStore.Listed object : objects.list(DAYS + project + "/")) {
            objects.delete(object.key());
        }
    }
}
