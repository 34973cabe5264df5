package dev.backplane.ingest.braintrust;

import dev.backplane.core.Slice;
import dev.backplane.ingest.json.JsonBytes;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/// What makes two writes writes of the same row, whatever span ids they name.
///
/// @param project of ours that the row is in
/// @param container the experiment, dataset, prompt session or log that the row belongs to; empty
///   for the project's own log, which rows need not name
public record RowKey(String project, String container, String id) {
    private static final List<String> CONTAINERS =
            List.of("experiment_id", "dataset_id", "prompt_session_id", "log_id");
    private static final String OWN_LOG = "g";

    /// The id of a row's span when the row names none.
    public String spanId() {
        return container.isEmpty() ? id : container + ":" + id;
    }

    /// The `id` of a row, unless it has none.
    public static Optional<String> id(Slice row) {
        return text(row, "id");
    }

    /// The container that a row names, or what was kept of one.
    ///
    /// @param member the text of a member of the row
    public static String container(Function<String, Optional<String>> member) {
        return CONTAINERS.stream()
                .flatMap(name -> member.apply(name).stream())
                .filter(id -> !id.isEmpty() && !id.equals(OWN_LOG))
                .findFirst()
                .orElse("");
    }

    /// A member that is a text and not empty.
    public static Optional<String> text(Slice object, String name) {
        if (!JsonBytes.isObject(object)) {
            return Optional.empty();
        }
        return JsonBytes.member(object, name)
                .filter(JsonBytes::isString)
                .map(JsonBytes::string)
                .filter(Predicate.not(String::isEmpty));
    }
}
