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
/// that finding those that nobody has changed for long is one listing of their project.
///
/// ```
/// conversation-days/PROJECT/conv_…/2026-03-01
/// ```
///
/// Days are UTC's. Of a conversation only the latest counts; the next one removes those before.
/// Thread-safe, but for one conversation at a time.
final class ConversationDays {
    private static final String DAYS = "conversation-days/";

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

    private static String prefix(String project, String id) {
        return DAYS + project + "/" + id + "/";
    }

    private static String lastPart(String key) {
        return key.substring(key.lastIndexOf('/') + 1);
    }

    /// A conversation is about to be changed: durable on return.
    void mark(String project, String id) throws IOException {
        LocalDate now = day(clock.instant());
        if (isMarked(now, project, id)) {
            return;
        }
        String key = prefix(project, id) + now;
        objects.putIfAbsent(key, new byte[0]);
        for (ObjectStore.Listed object : objects.list(prefix(project, id))) {
            if (object.key().compareTo(key) < 0) {
                objects.delete(object.key());
            }
        }
        synchronized (this) {
            if (now.equals(today)) {
                marked.add(project + "/" + id);
            }
        }
    }

    private synchronized boolean isMarked(LocalDate now, String project, String id) {
        if (!now.equals(today)) {
            today = now;
            marked.clear();
        }
        return marked.contains(project + "/" + id);
    }

    /// Those with a conversation that has a day. Lists all days of all projects.
    Set<String> projects() throws IOException {
        Set<String> projects = new TreeSet<>();
        for (ObjectStore.Listed day : objects.list(DAYS)) {
            projects.add(day.key().split("/")[1]);
        }
        return projects;
    }

    /// The conversations of a project that were changed last before the day of a time.
    List<String> before(String project, Instant time) throws IOException {
        String prefix = DAYS + project + "/";
        Map<String, String> latest = new HashMap<>();
        for (ObjectStore.Listed object : objects.list(prefix)) {
            // In the order of keys, which is that of days.
            int end = object.key().lastIndexOf('/');
            latest.put(object.key().substring(prefix.length(), end), lastPart(object.key()));
        }
        String limit = day(time).toString();
        List<String> ids = new ArrayList<>();
        latest.forEach((id, day) -> {
            if (day.compareTo(limit) < 0) {
                ids.add(id);
            }
        });
        return ids;
    }

    /// The same for one conversation, as it is now.
    boolean isIdle(String project, String id, Instant time) throws IOException {
        String limit = day(time).toString();
        return objects.list(prefix(project, id)).stream()
                .allMatch(object -> lastPart(object.key()).compareTo(limit) < 0);
    }

    /// Forgets the days of a conversation that is gone.
    void forget(String project, String id) throws IOException {
        objects.deleteAll(prefix(project, id));
    }

    void forgetProject(String project) throws IOException {
        objects.deleteAll(DAYS + project + "/");
    }
}
