package dev.backplane.engine.schedule;

import java.util.LinkedHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;

/// Sequences that wait, a line for each user, in which a lower priority number stands before a
/// higher one, and equals stand as they came. Priorities order what is one user's own: nobody gets
/// before others by them. Next is the first in the line of the user who was given the fewest tokens
/// (Sheng et al., "Fairness in serving large language models", arXiv 2401.00588): who sends a
/// thousand requests waits for himself, not the others for him.
///
/// A user who comes back after having had nothing here starts at the least of those who are here,
/// so that a pause earns no credit. For one thread.
final class FairQueue {
    private static final class Line {
        final List<Sequence> sequences = new LinkedList<>();
        long tokens;
        int running;
    }

    private final Map<String, Line> lines = new LinkedHashMap<>();
    private int size;

    int size() {
        return size;
    }

    void add(Sequence sequence) {
        List<Sequence> sequences = line(sequence).sequences;
        int place = sequences.size();
        while (place > 0 && sequences.get(place - 1).priority() > sequence.priority()) {
            place--;
        }
        sequences.add(place, sequence);
        size++;
    }

    /// For one that was begun and set back: it is the next of its user's with its priority.
    void addFirst(Sequence sequence) {
        Line line = line(sequence);
        int place = 0;
        while (place < line.sequences.size()
                && line.sequences.get(place).priority() < sequence.priority()) {
            place++;
        }
        line.sequences.add(place, sequence);
        line.running--;
        size++;
    }

    private Line line(Sequence sequence) {
        Line line = lines.get(sequence.user());
        if (line == null) {
            line = new Line();
            line.tokens = lines.values().stream().mapToLong(each -> each.tokens).min().orElse(0);
            lines.put(sequence.user(), line);
        }
        return line;
    }

    /// Who is next; it stays.
    Optional<Sequence> peek() {
        Line best = null;
        for (Line line : lines.values()) {
            if (!line.sequences.isEmpty() && (best == null || line.tokens < best.tokens)) {
                best = line;
            }
        }
        return best == null ? Optional.empty() : Optional.of(best.sequences.getFirst());
    }

    /// Takes out the one that [#peek] gave, which now runs.
    void begin(Sequence sequence) {
        Line line = existing(sequence);
        line.sequences.removeFirst();
        line.running++;
        size--;
    }

    /// Takes out one that waits.
    boolean remove(Sequence sequence) {
        Line line = lines.get(sequence.user());
        if (line == null || !line.sequences.remove(sequence)) {
            return false;
        }
        size--;
        forget(sequence.user(), line);
        return true;
    }

    /// Counts tokens that were computed for a sequence's user.
    void charge(Sequence sequence, int tokens) {
        existing(sequence).tokens += tokens;
    }

    /// A sequence that ran is done.
    void end(Sequence sequence) {
        Line line = existing(sequence);
        line.running--;
        forget(sequence.user(), line);
    }

    private Line existing(Sequence sequence) {
        Line line = lines.get(sequence.user());
        if (line == null) {
            throw new NoSuchElementException("nothing of " + sequence.user() + " is here");
        }
        return line;
    }

    private void forget(String user, Line line) {
        if (line.sequences.isEmpty() && line.running == 0) {
            lines.remove(user);
        }
    }
}
