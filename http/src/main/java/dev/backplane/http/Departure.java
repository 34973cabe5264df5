package dev.backplane.http;

import java.util.ArrayList;
import java.util.List;

/// The presence of one exchange's client, and who wants to know when it ends.
final class Departure implements Presence {
    private final Runnable begin;
    private final List<Runnable> actions = new ArrayList<>(1);
    private boolean begun;
    private boolean gone;

    /// @param begin looking; called when somebody wants to know for the first time
    Departure(Runnable begin) {
        this.begin = begin;
    }

    @Override
    public boolean gone() {
        begin();
        synchronized (this) {
            return gone;
        }
    }

    @Override
    public Watch whenGone(Runnable action) {
        begin();
        synchronized (this) {
            if (!gone) {
                actions.add(action);
                return () -> remove(action);
            }
        }
        action.run();
        return () -> {};
    }

    private void begin() {
        synchronized (this) {
            if (begun) {
                return;
            }
            begun = true;
        }
        begin.run();
    }

    private synchronized void remove(Runnable action) {
        actions.remove(action);
    }

    void left() {
        List<Runnable> due;
        synchronized (this) {
            gone = true;
            due = List.copyOf(actions);
            actions.clear();
        }
        due.forEach(Runnable::run);
    }
}
