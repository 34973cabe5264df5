package dev.backplane.local.provider;

import java.util.List;
import java.util.Optional;

/// Finds texts that end an answer, wherever tokens cut them. Of what has come it gives out all but
/// what may still become one. For one answer.
final class StopTexts {
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private Optional<String> found = Optional.empty();

    StopTexts(List<String> stops) {
        this.stops = stops.stream().filter(stop -> !stop.isEmpty()).toList();
    }

    /// What of the text so far is certain to be in the answer and was not given out before. Once a
    /// stop is found, nothing more comes.
    String next(String piece) {
        if (stops.isEmpty() || found.isPresent()) {
            return found.isPresent() ? "" : piece;
        }
        held.append(piece);
        int end = held.length();
        for (String stop : stops) {
            int at = held.indexOf(stop);
            if (at >= 0 && at < end) {
                end = at;
                found = Optional.of(stop);
            }
        }
        if (found.isEmpty()) {
            end = certain();
        }
        String out = held.substring(0, end);
        held.delete(0, end);
        return out;
    }

    /// Where the longest beginning of a stop begins that the text ends with.
    private int certain() {
        int certain = held.length();
        for (String stop : stops) {
            for (int from = Math.max(0, held.length() - stop.length() + 1);
                    from < certain;
                    from++) {
                if (stop.startsWith(held.substring(from))) {
                    certain = from;
                }
            }
        }
        return certain;
    }

    /// The rest, when no more text comes.
    String finish() {
        String rest = found.isPresent() ? "" : held.toString();
        held.setLength(0);
        return rest;
    }

    /// The stop that came.
    Optional<String> found() {
        return found;
    }
}
