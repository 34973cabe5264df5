package dev.backplane.bench.check;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// A wish that a check ends early and reports what it has. Thread-safe.
public final class Stop {
    /// Ctrl-C reaches the server under test as well, and its end may be noticed before the wish.
    private static final long NOTICE_MILLIS = 500;

    private final CountDownLatch wish = new CountDownLatch(1);
    private final List<Runnable> actions = new ArrayList<>();

    /// May be called more than once.
    public void ask() {
        List<Runnable> now;
        synchronized (actions) {
            wish.countDown();
            now = List.copyOf(actions);
            actions.clear();
        }
        now.forEach(Runnable::run);
    }

    /// What makes work end that only looks at [#isAsked] now and then; run by whoever asks, or at
    /// once when somebody has.
    public void onAsk(Runnable action) {
        synchronized (actions) {
            if (!isAsked()) {
                actions.add(action);
                return;
            }
        }
        action.run();
    }

    boolean isAsked() {
        return wish.getCount() == 0;
    }

    /// Whether a failure that just happened comes of the wish, which may be about to arrive.
    boolean explainsFailure() throws IOException {
        try {
            return wish.await(NOTICE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
