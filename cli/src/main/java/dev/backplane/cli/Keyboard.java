package dev.backplane.cli;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/// Reads keys all the time, so that Ctrl-C is noticed while something else goes on; what is typed
/// meanwhile waits until it is asked for.
///
/// Its thread ends with the input or the process: nothing can wake it from a read.
final class Keyboard {
    /// What is typed ahead and not asked for; a terminal that sends more is held up.
    private static final int AHEAD_MAX = 10_000;

    private final BlockingQueue<Optional<Key>> keys = new LinkedBlockingQueue<>(AHEAD_MAX);
    private volatile Optional<Runnable> onInterrupt = Optional.empty();

    private Keyboard() {}

    static Keyboard start(KeyReader reader) {
        Keyboard keyboard = new Keyboard();
        Thread.ofPlatform().daemon().name("keyboard").start(() -> keyboard.run(reader));
        return keyboard;
    }

    private void run(KeyReader reader) {
        try {
            Optional<Key> key;
            do {
                key = end(reader);
                Optional<Runnable> listener = onInterrupt;
                if (listener.isPresent() && key.filter(Key.Action.INTERRUPT::equals).isPresent()) {
                    listener.get().run();
                } else {
                    keys.put(key);
                }
            } while (key.isPresent());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// A terminal that is gone is the end of the input.
    private static Optional<Key> end(KeyReader reader) {
        try {
            return reader.next();
        } catch (IOException gone) {
            return Optional.empty();
        }
    }

    /// The next key, or empty at the end of the input.
    Optional<Key> take() {
        try {
            return keys.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /// Whether another key is there already.
    boolean isAhead() {
        return !keys.isEmpty();
    }

    /// Does the work; Ctrl-C meanwhile runs `onInterrupt` and is no key.
    void watch(Runnable onInterrupt, Runnable work) {
        this.onInterrupt = Optional.of(onInterrupt);
        try {
            work.run();
        } finally {
            this.onInterrupt = Optional.empty();
        }
    }
}
