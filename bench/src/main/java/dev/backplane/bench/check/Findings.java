package dev.backplane.bench.check;

import java.util.ArrayList;
import java.util.List;

/// Broken promises, and how much was looked at. Thread-safe.
final class Findings {
    private static final int SHOWN_MAX = 20;

    private final List<String> shown = new ArrayList<>();
    private long count;
    private long events;
    private long reads;
    private long askedAgain;

    synchronized void add(String finding) {
        count++;
        if (shown.size() < SHOWN_MAX) {
            shown.add(finding);
        }
    }

    synchronized void event() {
        events++;
    }

    synchronized void read() {
        reads++;
    }

    synchronized void askedAgain() {
        askedAgain++;
    }

    /// The first ones.
    synchronized List<String> shown() {
        return List.copyOf(shown);
    }

    synchronized long count() {
        return count;
    }

    /// Events acknowledged.
    synchronized long events() {
        return events;
    }

    /// Spans read back and compared.
    synchronized long reads() {
        return reads;
    }

    /// Reads that were refused for now and asked again.
    synchronized long timesAskedAgain() {
        return askedAgain;
    }
}
