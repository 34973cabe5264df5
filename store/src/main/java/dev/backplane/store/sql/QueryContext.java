package dev.backplane.store.sql;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.Value;
import dev.backplane.store.text.TextQuery;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;

/// What one running query reads through the callbacks of [DuckFunctions]: its view, its row sets,
/// its messages; and the first failure in a callback. Used by several DuckDB threads at a time;
/// sets and messages are added before execution starts.
final class QueryContext {
    /// Distinct messages that one query may list.
    static final int MESSAGES_MAX = 5_000_000;

    private final long id;
    private final TableView view;
    private final List<Map<Integer, BitSet>> rowSets = new CopyOnWriteArrayList<>();
    private final AtomicReference<Optional<Problem>> failure =
            new AtomicReference<>(Optional.empty());
    private List<TableView.Message> messages = List.of();

    QueryContext(long id, TableView view) {
        this.id = id;
        this.view = view;
    }

    long id() {
        return id;
    }

    TableView view() {
        return view;
    }

    /// Makes a set of rows known, per part.
    ///
    /// @return its number
    int addRows(Map<Integer, BitSet> rows) {
        rowSets.add(rows);
        return rowSets.size() - 1;
    }

    /// The rows in which the text query holds.
    ///
    /// @return the number of the set
    int addMatch(Optional<Field> field, String query) {
        return addRows(view.match(field, TextQuery.parse(query)));
    }

    Map<Integer, BitSet> rows(int set) {
        return rowSets.get(set);
    }

    static int part(long locator) {
        return (int) (locator >>> 32);
    }

    static int row(long locator) {
        return (int) locator;
    }

    static long locator(int part, int row) {
        return (long) part << 32 | row;
    }

    Optional<Value> value(long locator, Field field) {
        return view.value(locator, field);
    }

    /// Reads the project's messages, once.
    void loadMessages() {
        if (!messages.isEmpty()) {
            return;
        }
        List<TableView.Message> loaded = new ArrayList<>();
        view.messages(message -> {
            if (loaded.size() == MESSAGES_MAX) {
                throw Problem.of(
                                Problem.Kind.LIMITED,
                                "more than " + MESSAGES_MAX + " distinct messages",
                                "table messages")
                        .fix("query spans instead, or a smaller project");
            }
            loaded.add(message);
        });
        messages = loaded;
    }

    List<TableView.Message> messages() {
        return messages;
    }

    /// Remembers why a callback failed: DuckDB passes on only a text.
    void fail(Problem problem) {
        failure.compareAndSet(Optional.empty(), Optional.of(problem));
    }

    Optional<Problem> failure() {
        return failure.get();
    }

    /// The bytes of a payload inside an expression.
    static Slice bytes(Content content) {
        try {
            return content.read(DuckFunctions.CELL_BYTES_MAX);
        } catch (Problem problem) {
            if (problem.kind() != Problem.Kind.TOO_LARGE) {
                throw problem;
            }
            throw Problem.tooLarge("a payload in an expression is too large", "SQL")
                    .fix(
                            "select the column by itself to stream it, or filter such spans out;"
                                    + " expressions take at most "
                                    + DuckFunctions.CELL_BYTES_MAX
                                    + " bytes")
                    .causedBy(problem);
        }
    }
}
