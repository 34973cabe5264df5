package dev.backplane.gateway.batch;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// A batch at a moment. Immutable; times are seconds since 1970.
///
/// @param times when it came to be in each status
/// @param expires when what is not done by then is given up
/// @param model of all its requests, or empty if they name several
/// @param outputFile id of the file with the answers; empty while there is none
/// @param errorFile id of the file with what failed; empty while there is none
public record Batch(
        String id,
        Order order,
        Status status,
        Map<Status, Long> times,
        long expires,
        List<LineError> errors,
        Progress progress,
        String model,
        String outputFile,
        String errorFile) {
    static final long WINDOW_SECONDS = 24 * 3_600;

    public Batch {
        times = Map.copyOf(times);
        errors = List.copyOf(errors);
    }

    static Batch create(String id, Order order, long now) {
        return new Batch(
                id,
                order,
                Status.VALIDATING,
                Map.of(Status.VALIDATING, now),
                now + WINDOW_SECONDS,
                List.of(),
                Progress.NONE,
                "",
                "",
                "");
    }

    public OptionalLong time(Status reached) {
        Long seconds = times.get(reached);
        return seconds == null ? OptionalLong.empty() : OptionalLong.of(seconds);
    }

    Batch to(Status next, long now) {
        Map<Status, Long> reached = new EnumMap<>(times);
        reached.put(next, now);
        return new Batch(
                id, order, next, reached, expires, errors, progress, model, outputFile, errorFile);
    }

    Batch with(Progress next) {
        return new Batch(
                id, order, status, times, expires, errors, next, model, outputFile, errorFile);
    }

    Batch withErrors(List<LineError> found) {
        return new Batch(
                id, order, status, times, expires, found, progress, model, outputFile, errorFile);
    }

    Batch withModel(String name) {
        return new Batch(
                id, order, status, times, expires, errors, progress, name, outputFile, errorFile);
    }

    Batch withFiles(String output, String error) {
        return new Batch(id, order, status, times, expires, errors, progress, model, output, error);
    }
}
