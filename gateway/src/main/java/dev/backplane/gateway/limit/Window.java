package dev.backplane.gateway.limit;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;

/// A sum over the last 60 seconds, in slots of one second. A slot counts until all of it is older
/// than that, so no 60 seconds, wherever they begin, hold more than was admitted (B-3); in return
/// something is forgotten up to a second late. Not thread-safe.
final class Window {
    private static final long SECONDS = 60;

    private static final class Slot {
        final long second;
        long amount;

        Slot(long second) {
            this.second = second;
        }
    }

    private final ArrayDeque<Slot> slots = new ArrayDeque<>();
    private long sum;

    /// What counts now.
    long sum(Instant now) {
        long oldest = now.getEpochSecond() - SECONDS;
        while (!slots.isEmpty() && slots.peekFirst().second < oldest) {
            sum -= slots.removeFirst().amount;
        }
        return sum;
    }

    /// @return the slot's second, for [#takeBack]
    long add(long amount, Instant now) {
        sum(now);
        long second = now.getEpochSecond();
        Slot last = slots.peekLast();
        if (last == null || last.second < second) {
            last = new Slot(second);
            slots.addLast(last);
        }
        last.amount += amount;
        sum += amount;
        return last.second;
    }

    /// Some of what was added in a second, unless that is forgotten.
    void takeBack(long amount, long second) {
        for (Slot slot : slots) {
            if (slot.second == second) {
                slot.amount -= amount;
                sum -= amount;
                return;
            }
        }
    }

    /// How long until no more than `most` counts, if nothing is added.
    Duration until(long most, Instant now) {
        long left = sum(now);
        for (Slot slot : slots) {
            if (left <= most) {
                break;
            }
            left -= slot.amount;
            if (left <= most) {
                return Duration.between(now, Instant.ofEpochSecond(slot.second + SECONDS + 1));
            }
        }
        return Duration.ZERO;
    }
}
