package dev.backplane.store.sql;

import dev.backplane.core.Problem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// How many queries run at the same time. Thread-safe; who waits longest is next.
///
/// What may take long leaves room for what somebody waits for: users' queries leave a turn to
/// lists, and results that are written to files leave turns to both.
final class Turns {
    /// The later ones may be had by all before them as well.
    enum Kind {
        FILE,
        QUERY,
        LIST
    }

    private record Room(Semaphore free, int size) {
        static Room of(int size) {
            return new Room(new Semaphore(size, true), size);
        }
    }

    private final List<Room> rooms;
    private final Duration wait;

    /// @param most of all kinds together, at least 1
    /// @param wait for a turn
    Turns(int most, Duration wait) {
        this.wait = wait;
        rooms =
                List.of(
                        Room.of(Math.max(1, most / 2)),
                        Room.of(Math.max(1, most - 1)),
                        Room.of(most));
    }

    /// Gives the turn back; by any thread, once.
    @FunctionalInterface
    interface Turn {
        void end();
    }

    /// @throws Problem `UNAVAILABLE` if there is none in time, or if the thread is interrupted
    Turn take(Kind kind) {
        long end = System.nanoTime() + wait.toNanos();
        List<Semaphore> taken = new ArrayList<>();
        for (Room room : rooms.subList(kind.ordinal(), rooms.size())) {
            if (!take(room.free, end - System.nanoTime())) {
                taken.forEach(Semaphore::release);
                throw full(room.size);
            }
            taken.add(room.free);
        }
        return () -> taken.forEach(Semaphore::release);
    }

    private static boolean take(Semaphore free, long nanos) {
        try {
            return free.tryAcquire(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static Problem full(int running) {
        return Problem.unavailable(running + " queries are running and none ended in time", "SQL")
                .fix("try again, or run fewer queries at a time")
                .retryAfter(Duration.ofSeconds(2));
    }
}
