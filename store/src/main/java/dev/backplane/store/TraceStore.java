package dev.backplane.store;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.Span;
import dev.backplane.core.SpanKey;
import dev.backplane.core.SpanSink;
import dev.backplane.core.Value;
import dev.backplane.store.sql.SqlLimits;
import dev.backplane.store.sql.SqlSink;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/// The trace database. Everything that [#append] acknowledged is durable and is seen by the next
/// read. Thread-safe; calls block.
public interface TraceStore extends SpanSink, AutoCloseable {
    /// Sets one payload field of a span from a stream of any length, as a merge. Memory use does
    /// not depend on the length.
    ///
    /// It may come before its span: then it stays whatever the span's insert says of the field.
    ///
    /// @param json whether the bytes are JSON text (checked as they pass)
    void upload(SpanKey key, Field field, boolean json, InputStream bytes) throws IOException;

    /// Everything about one span; payloads are read when asked for. Contents stay readable for as
    /// long as the span is referenced.
    Optional<Span> span(SpanKey key);

    /// One payload of a span as bytes.
    default Optional<Content> payload(SpanKey key, Field field) {
        return span(key)
                .flatMap(span -> span.data().get(field))
                .flatMap(value ->
                        switch (value) {
                            case Value.Text(Content content) -> Optional.of(content);
                            case Value.Json(Content content) -> Optional.of(content);
                            case Value.Binary(Content content) -> Optional.of(content);
                            case Value.Int _,
                                    Value.Real _,
                                    Value.Flag _,
                                    Value.Attributes _,
                                    Value.Events _ ->
                                    Optional.empty();
                        });
    }

    Optional<TraceRow> trace(String project, String trace);

    /// A window of the trace's tree in pre-order; siblings by start time.
    ///
    /// @param query full text to mark within the trace, or empty; then only matching spans and
    ///   their ancestors count for the window
    /// @param part of the tree that is wanted, with what is above it
    Tree tree(String project, String trace, String query, TreePart part, int offset, int limit);

    /// As the other, of the whole tree.
    default Tree tree(String project, String trace, String query, int offset, int limit) {
        return tree(project, trace, query, TreePart.ALL, offset, limit);
    }

    /// A window of the trace over time. The first call for a trace reads all of its rows.
    Flame flame(String project, String trace, Flame.Window window);

    /// Where a span stands in its trace's tree ([TreeRow#position]); empty when it is not there.
    OptionalInt position(String project, String trace, String span);

    /// What stands below each span of a window of the tree. The first call for a trace reads all of
    /// its rows.
    List<Subtree> subtrees(String project, String trace, int offset, int limit);

    /// What the model calls of a trace said, each message once, in the order of the tree; `sink`
    /// returns false to stop.
    ///
    /// @param under a span, to hear only of calls below it and of itself; empty for the whole trace
    /// @param from the position to begin at; messages of earlier calls (below `under`) count as
    ///   known
    /// @return the position to go on from, empty when there are no more calls
    OptionalInt conversation(
            String project, String trace, String under, int from, Predicate<Turn> sink);

    /// @param total rows in the whole tree (of the search, if there is one)
    record Tree(List<TreeRow> rows, int total) {
        public Tree {
            rows = List.copyOf(rows);
        }
    }

    /// Spans, newest first; `sink` gets them as they are found and returns false to stop.
    ///
    /// @return the cursor of the next page, empty when there is none
    String spans(ListQuery query, Predicate<SpanRow> sink);

    /// Traces with at least one span that meets the filter, newest start first.
    String traces(ListQuery query, Predicate<TraceRow> sink);

    /// Full text, newest first: `query.filter()` is a text query here.
    String search(ListQuery query, Predicate<SearchHit> sink);

    /// Runs a query over the project's tables.
    void sql(String project, String sql, SqlLimits limits, SqlSink sink);

    /// As [#sql], into a Parquet file that appears when it is complete.
    ///
    /// @param wanted asked now and then; the query ends when it says false
    /// @return whether rows were left out because of `limits.rows()`
    boolean sqlToParquet(
            String project, String sql, SqlLimits limits, Path target, BooleanSupplier wanted);

    void deleteTrace(String project, String trace);

    /// Forgets all of a project's spans.
    void deleteProject(String project);

    /// Forgets the project's traces that nothing has been added to since a moment, by this store's
    /// clock. What counts is a trace's latest event, wherever its parts lie and whatever times its
    /// spans carry: a trace that is still written to stays whole.
    void expire(String project, Instant idleSince);

    /// Bytes on disk of a project: its segments, and what came with its spans in the log. Cheap
    /// enough to be asked at every request.
    long storedBytes(String project);

    /// Projects that have spans.
    Set<String> projects();

    StoreStats stats();

    /// Moves everything from the log into segments, merges small segments, makes deletes permanent.
    void compact(Progress progress);

    /// Reads every byte and checks it.
    ///
    /// @return what is wrong; empty when nothing is
    List<String> verify(Progress progress);

    /// Writes all spans of a project as JSON lines, trace by trace.
    ///
    /// @param filter as in [ListQuery]
    void export(String project, String filter, OutputStream out, Progress progress)
            throws IOException;

    @Override
    void close();
}
