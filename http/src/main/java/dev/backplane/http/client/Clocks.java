package dev.backplane.http.client;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/// One thread that looks at the time for all flights under way, every [#TICK]: a clock may run out
/// so much late. A wait with a time of its own costs two wake-ups of a timer's thread, which is
/// more than the rest of the wait where a token comes every 50 ms. The thread rests while there is
/// no flight. Thread-safe.
final class Clocks implements AutoCloseable {
    static final Duration TICK = Duration.ofMillis(20);

    /// Ticks without anybody before the thread rests: flights follow each other closely.
    private static final int EMPTY_TICKS = 50;

    private final Set<Flight> flights = ConcurrentHashMap.newKeySet();
    private final Thread thread;
    private volatile boolean resting;
    private volatile boolean closed;

    Clocks() {
        thread = Thread.ofPlatform().daemon().name("http-client-clocks").start(this::run);
    }

    /// @param flight until it is forgotten
    void watch(Flight flight) {
        flights.add(flight);
        if (resting) {
            LockSupport.unpark(thread);
        }
    }

    void forget(Flight flight) {
        flights.remove(flight);
    }

    private void run() {
        int empty = 0;
        while (!closed) {
            empty = flights.isEmpty() ? empty + 1 : 0;
            if (empty < EMPTY_TICKS) {
                LockSupport.parkNanos(this, TICK.toNanos());
            } else {
                rest();
                empty = 0;
            }
            long now = System.nanoTime();
            flights.forEach(flight -> flight.look(now));
        }
    }

    /// Who comes after the look at who is there finds the thread resting, and wakes it.
    private void rest() {
        resting = true;
        while (flights.isEmpty() && !closed) {
            LockSupport.park(this);
        }
        resting = false;
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
