package dev.backplane.cli;

/// Something that is done once: when this is closed, or before that when the process is told to
/// stop (SIGINT, SIGTERM, SIGHUP), which waits for it. Thread-safe.
final class AtExit implements AutoCloseable {
    private final Runnable action;
    private final Thread hook;

    private AtExit(Runnable action) {
        this.action = action;
        this.hook = new Thread(this::stop, "at-exit");
    }

    static AtExit runs(Runnable action) {
        AtExit end = new AtExit(action);
        Runtime.getRuntime().addShutdownHook(end.hook);
        return end;
    }

    private void stop() {
        try {
            action.run();
        } catch (Failure nobodyHears) {
            // The process ends, with the signal's code.
        }
    }

    @Override
    public void close() {
        if (drop()) {
            action.run();
        }
    }

    /// Forgets it. Returns whether it was still to be done.
    boolean drop() {
        try {
            return Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException stopping) {
            return false;
        }
    }
}
