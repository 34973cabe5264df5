package dev.backplane.gateway.file;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// Descriptions of files that a list of keys has shown to be there. They never change, so one that
/// was read is kept, up to [#KEPT_MAX]; others are read many at once, because a bucket is far away.
/// Thread-safe.
final class Descriptions {
    private static final int KEPT_MAX = 50_000;

    /// Reads one; empty if it is gone meanwhile.
    interface Source {
        Optional<StoredFile> read(String project, String id);
    }

    private final Source source;
    private final Map<String, StoredFile> kept = new LinkedHashMap<>(16, 0.75f, true);

    Descriptions(Source source) {
        this.source = source;
    }

    /// The first of these files that are wanted, in their order.
    List<StoredFile> first(
            String project, List<String> ids, Predicate<StoredFile> wanted, int limit) {
        List<StoredFile> found = new ArrayList<>();
        for (int from = 0; from < ids.size() && found.size() < limit; from += ManyReads.AT_ONCE) {
            List<String> next = ids.subList(from, Math.min(from + ManyReads.AT_ONCE, ids.size()));
            Map<String, StoredFile> known = known(project, next);
            next.stream()
                    .flatMap(id -> Optional.ofNullable(known.get(id)).stream())
                    .filter(wanted)
                    .limit(limit - found.size())
                    .forEach(found::add);
        }
        return found;
    }

    private Map<String, StoredFile> known(String project, List<String> ids) {
        Map<String, StoredFile> known = new HashMap<>();
        List<String> unknown = new ArrayList<>();
        for (String id : ids) {
            kept(id).ifPresentOrElse(file -> known.put(id, file), () -> unknown.add(id));
        }
        List<Optional<StoredFile>> read =
                ManyReads.all(unknown, id -> source.read(project, id), "files");
        for (int i = 0; i < unknown.size(); i++) {
            String id = unknown.get(i);
            read.get(i).ifPresent(file -> known.put(id, file));
            keep(known, id);
        }
        return known;
    }

    private synchronized Optional<StoredFile> kept(String id) {
        return Optional.ofNullable(kept.get(id));
    }

    private synchronized void keep(Map<String, StoredFile> read, String id) {
        Optional.ofNullable(read.get(id)).ifPresent(file -> kept.put(id, file));
        Iterator<String> oldest = kept.keySet().iterator();
        while (kept.size() > KEPT_MAX) {
            oldest.next();
            oldest.remove();
        }
    }
}
