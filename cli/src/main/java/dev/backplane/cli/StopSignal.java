package dev.backplane.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Lets a command that is told to stop (SIGINT, SIGTERM, SIGHUP) say what it has done before the
/// process ends. Until it is closed, a signal runs the action and then waits for the close; the
/// exit code is the signal's, as always.
final class StopSignal implements AutoCloseable {
    private static final long WAIT_SECONDS_MAX = 60;

    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread hook;

    private StopSignal(Runnable action) {
        this.hook =
                new Thread(
                        () -> {
                            action.run();
                            awaitClose();
                        },
                        "stop-signal");
    }

    /// @param action makes the work end soon; runs on another thread
    static StopSignal calls(Runnable action) {
        StopSignal signal = new StopSignal(action);
        Runtime.getRuntime().addShutdownHook(signal.hook);
        return signal;
    }

    private void awaitClose() {
        try {
            closed.await(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// To be called when everything is printed and flushed.
    @Override
    public void close() {
        closed.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // The signal has come: the hook runs, and ends now.
            return;
        }
    }
}
