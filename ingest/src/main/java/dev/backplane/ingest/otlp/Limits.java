package dev.backplane.ingest.otlp;

import dev.backplane.core.Problem;
import dev.backplane.ingest.Rejection;
import java.util.ArrayList;
import java.util.List;

/// What one request may make us allocate. Its bytes are limited by the caller; but a span, an
/// attribute or an array element of two bytes becomes an object of a hundred, so these are counted
/// too. No sender in the field comes near. For one request, one thread.
final class Limits {
    static final int SPANS_MAX = 100_000;
    static final int ITEMS_MAX = 2_000_000;
    static final int REJECTED_MAX = 10_000;

    /// Nested arrays and lists in a value; protobuf's own readers stop at 100 messages.
    static final int VALUE_DEPTH_MAX = 64;

    private final List<Rejection> rejected = new ArrayList<>();
    private int spans;
    private int items;

    /// Counts one more span and returns its index.
    int span() {
        if (spans == SPANS_MAX) {
            throw tooMany(SPANS_MAX, "spans");
        }
        return spans++;
    }

    /// Counts one more attribute, event, link or array element.
    void item() {
        if (++items > ITEMS_MAX) {
            throw tooMany(ITEMS_MAX, "attributes, events and values");
        }
    }

    void reject(int index, Problem problem) {
        if (rejected.size() == REJECTED_MAX) {
            throw Problem.invalid("more than " + REJECTED_MAX + " malformed spans", "OTLP request")
                    .fix("mend the sender; the first fault is: " + first().problem().what());
        }
        rejected.add(new Rejection(index, problem));
    }

    List<Rejection> rejected() {
        return rejected;
    }

    private Rejection first() {
        return rejected.getFirst();
    }

    private static Problem tooMany(int limit, String things) {
        return Problem.tooLarge("more than " + limit + " " + things, "OTLP request")
                .fix("send smaller batches");
    }
}
