package dev.backplane.ingest.otlp;

import dev.backplane.core.Problem;
import dev.backplane.ingest.ItemCount;
import dev.backplane.ingest.Rejection;
import java.util.ArrayList;
import java.util.List;

/// What one request may make us allocate: spans, and what is in them ([ItemCount]). For one
/// request, one thread.
final class Limits {
    static final int SPANS_MAX = 100_000;
    static final int REJECTED_MAX = 10_000;

    /// Nested arrays and lists in a value; protobuf's own readers stop at 100 messages.
    static final int VALUE_DEPTH_MAX = 64;

    private static final String WHERE = "OTLP request";

    private final List<Rejection> rejected = new ArrayList<>();
    private int spans;
    private final ItemCount items = new ItemCount(WHERE);

    /// Counts one more span and returns its index.
    int span() {
        if (spans == SPANS_MAX) {
            throw Problem.tooLarge("more than " + SPANS_MAX + " spans", WHERE)
                    .fix("send smaller batches");
        }
        return spans++;
    }

    /// Counts one more attribute, event, link or array element.
    void item() {
        items.add();
    }

    void reject(int index, Problem problem) {
        if (rejected.size() == REJECTED_MAX) {
            throw Problem.invalid("more than " + REJECTED_MAX + " malformed spans", WHERE)
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
}
