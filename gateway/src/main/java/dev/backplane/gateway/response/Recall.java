package dev.backplane.gateway.response;

import dev.backplane.http.Presence;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Who waits for a response that no connection waits for: everybody, until it is called off, once.
/// Thread-safe.
final class Recall implements Presence {
    enum Reason {
        CANCELLED,
        /// The process ends.
        STOPPED
    }

    private final List<Runnable> actions = new ArrayList<>(1);
    private Optional<Reason> reason = Optional.empty();

    void call(Reason why) {
        List<Runnable> due;
        synchronized (this) {
            if (reason.isPresent()) {
                return;
            }
            reason = Optional.of(why);
            due = List.copyOf(actions);
            actions.clear();
        }
        due.forEach(Runnable::run);
    }

    synchronized Optional<Reason> reason() {
        return reason;
    }

    @Override
    public boolean gone() {
        return reason().isPresent();
    }

    @Override
    public Watch whenGone(Runnable action) {
        synchronized (this) {
            if (reason.isEmpty()) {
                actions.add(action);
                return () -> remove(action);
            }
        }
        action.run();
        return () -> {};
    }

    private synchronized void remove(Runnable action) {
        actions.remove(action);
    }
}
