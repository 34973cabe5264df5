package dev.backplane.gateway.file;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// Who needs which file, so that none goes while it is read, nor is needed while it goes.
/// Thread-safe.
final class Holds {
    private final Map<String, Integer> held = new HashMap<>();
    private final Set<String> taken = new HashSet<>();

    /// Needs a file.
    ///
    /// @return false while it is being removed
    synchronized boolean hold(String id) {
        if (taken.contains(id)) {
            return false;
        }
        held.merge(id, 1, Integer::sum);
        return true;
    }

    synchronized void release(String id) {
        held.computeIfPresent(id, (_, count) -> count == 1 ? null : count - 1);
    }

    /// Begins to remove a file.
    ///
    /// @return false while somebody needs it, or removes it already
    synchronized boolean take(String id) {
        return !held.containsKey(id) && taken.add(id);
    }

    synchronized void giveBack(String id) {
        taken.remove(id);
    }
}
