package dev.backplane.store.sql;

import dev.backplane.core.Field;
import dev.backplane.core.Value;
import dev.backplane.store.SpanRow;
import dev.backplane.store.TraceRow;
import dev.backplane.store.text.TextQuery;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// One consistent state of a project, as the SQL engine reads it: sealed parts (one Parquet file
/// each, written by [ColumnFile]) and the fresh rows that are only in the log. No span is in two
/// places: a part's masked rows are superseded and must be skipped. Open until closed.
///
/// A row's *locator* is `part << 32 | row`; part 0 is the fresh rows.
public interface TableView extends AutoCloseable {
    /// @param id from 1, unique in this view
    /// @param columns the Parquet file; row numbers are positions in it
    record Part(
            int id,
            Path columns,
            long rows,
            long minStartNanos,
            long maxStartNanos,
            BitSet masked) {}

    String project();

    List<Part> parts();

    /// Whether the part can hold spans of the trace; true when that is not known. Asked for each
    /// trace that a query names, so that it opens few parts.
    default boolean mayHold(Part part, String trace) {
        return true;
    }

    SpanRow row(long locator);

    /// Rows of one trace that stand together in a part.
    ///
    /// @param to one past the last of them
    record TraceRows(String trace, int to) {}

    /// The trace that a row of a part belongs to, and how far its rows go on.
    TraceRows rowsAround(long locator);

    /// A trace's place in lists of traces.
    ///
    /// @param nanos where it began, see [dev.backplane.store.event.Beginning#nanos]
    record TraceStart(String trace, long nanos) {
        public static final Comparator<TraceStart> NEWEST_FIRST =
                Comparator.comparingLong(TraceStart::nanos)
                        .thenComparing(TraceStart::trace)
                        .reversed();
    }

    /// Where a trace stands; empty when it has no spans.
    Optional<TraceStart> start(String trace);

    /// The traces after a place in the order, newest first, each once.
    Iterator<TraceStart> tracesBefore(TraceStart place);

    /// The roll-up of a trace, equal to its row in the SQL table `traces`.
    Optional<TraceRow> trace(String trace);

    /// All fresh rows; the position in the list is the row number.
    List<SpanRow> fresh();

    /// A field of the row at the locator, payloads unread.
    Optional<Value> value(long locator, Field field);

    /// Rows (per part id, 0 included) whose `field` holds the query; any field when empty.
    Map<Integer, BitSet> match(Optional<Field> field, TextQuery query);

    /// Visits each distinct message of the project's conversations once.
    void messages(Consumer<Message> visitor);

    /// @param id hex of the content's hash
    /// @param locator of the first span that holds it
    /// @param field `input` or `output`
    record Message(
            String id,
            String role,
            dev.backplane.core.Content content,
            long locator,
            Field field) {}

    @Override
    void close();
}
