package dev.backplane.store.sql;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.Value;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBDataChunkReader;
import org.duckdb.DuckDBDataChunkWriter;
import org.duckdb.DuckDBFunctions;
import org.duckdb.DuckDBReadableVector;
import org.duckdb.DuckDBScalarFunction;
import org.duckdb.DuckDBScalarFunctionBuilder;
import org.duckdb.DuckDBTableFunction;
import org.duckdb.DuckDBTableFunctionBindInfo;
import org.duckdb.DuckDBTableFunctionBuilder;
import org.duckdb.DuckDBTableFunctionCallInfo;
import org.duckdb.DuckDBTableFunctionInitInfo;
import org.duckdb.DuckDBWritableVector;

/// Functions by which DuckDB reaches the store while a query runs. Users cannot call them.
///
/// | function | gives |
/// |---|---|
/// | `bp_in(context, set, locator)` | whether the row is in a set of [QueryContext] |
/// | `bp_json(context, locator, field code)` | a payload as JSON text |
/// | `bp_text(context, locator, field code)` | a field as plain text |
/// | `bp_message(context, index)` | a message as JSON text |
/// | `bp_messages(context)` | all messages, one row each |
///
/// DuckDB evaluates 2,048 rows at a time and keeps their strings outside its memory limit, so a
/// call gives at most [#CALL_BYTES_MAX] bytes and refuses beyond. Thread-safe.
final class DuckFunctions {
    static final int CELL_BYTES_MAX = 32 << 20;
    static final long CALL_BYTES_MAX = 256L << 20;

    private static final Field[] FIELDS = new Field[64];

    static {
        for (Field field : Field.values()) {
            FIELDS[field.code()] = field;
        }
    }

    /// The field that a call of `bp_json` or `bp_text` names by its code.
    static Field field(int code) {
        return FIELDS[code];
    }

    private final Map<Long, QueryContext> contexts = new ConcurrentHashMap<>();

    void add(QueryContext context) {
        contexts.put(context.id(), context);
    }

    void remove(QueryContext context) {
        contexts.remove(context.id());
    }

    /// Makes the functions known to the connection's database.
    void register(Connection connection) throws SQLException {
        scalar(connection, "bp_in", boolean.class, 3, this::in);
        scalar(connection, "bp_json", String.class, 3, (in, out) -> payload(in, out, true));
        scalar(connection, "bp_text", String.class, 3, (in, out) -> payload(in, out, false));
        scalar(connection, "bp_message", String.class, 2, this::message);
        try (DuckDBTableFunctionBuilder builder = DuckDBFunctions.tableFunction()) {
            builder.withName("bp_messages")
                    .withParameter(DuckDBColumnType.BIGINT)
                    .withFunction(new Messages())
                    .register(connection);
        }
    }

    private static void scalar(
            Connection connection,
            String name,
            Class<?> type,
            int parameters,
            DuckDBScalarFunction function)
            throws SQLException {
        try (DuckDBScalarFunctionBuilder builder = DuckDBFunctions.scalarFunction()) {
            builder.withName(name);
            for (int i = 0; i < parameters; i++) {
                builder.withParameter(long.class);
            }
            builder.withReturnType(type).withVectorizedFunction(function).register(connection);
        }
    }

    private QueryContext context(long id) {
        QueryContext context = contexts.get(id);
        if (context == null) {
            throw new IllegalStateException("query " + id + " has ended");
        }
        return context;
    }

    private void in(DuckDBDataChunkReader in, DuckDBWritableVector out) {
        long count = in.rowCount();
        if (count == 0) {
            return;
        }
        Map<Integer, BitSet> rows =
                context(in.vector(0).getLong(0)).rows((int) in.vector(1).getLong(0));
        DuckDBReadableVector locators = in.vector(2);
        int part = -1;
        BitSet set = new BitSet();
        for (long i = 0; i < count; i++) {
            if (locators.isNull(i)) {
                out.setNull(i);
                continue;
            }
            long locator = locators.getLong(i);
            if (QueryContext.part(locator) != part) {
                part = QueryContext.part(locator);
                set = rows.getOrDefault(part, new BitSet());
            }
            out.setBoolean(i, set.get(QueryContext.row(locator)));
        }
    }

    private void payload(DuckDBDataChunkReader in, DuckDBWritableVector out, boolean json) {
        long count = in.rowCount();
        if (count == 0) {
            return;
        }
        QueryContext context = context(in.vector(0).getLong(0));
        DuckDBReadableVector locators = in.vector(1);
        Field field = FIELDS[(int) in.vector(2).getLong(0)];
        guarded(
                context,
                () -> {
                    long bytes = 0;
                    for (long i = 0; i < count; i++) {
                        Optional<Value> value =
                                locators.isNull(i)
                                        ? Optional.empty()
                                        : context.value(locators.getLong(i), field);
                        if (value.isEmpty()) {
                            out.setNull(i);
                            continue;
                        }
                        Content content =
                                json
                                        ? PayloadText.json(value.get())
                                        : PayloadText.text(value.get());
                        bytes += set(content, out, i, json, bytes);
                    }
                });
    }

    private void message(DuckDBDataChunkReader in, DuckDBWritableVector out) {
        long count = in.rowCount();
        if (count == 0) {
            return;
        }
        QueryContext context = context(in.vector(0).getLong(0));
        DuckDBReadableVector indexes = in.vector(1);
        guarded(
                context,
                () -> {
                    long bytes = 0;
                    for (long i = 0; i < count; i++) {
                        int index = (int) indexes.getLong(i);
                        Content content = context.messages().get(index).content();
                        bytes += set(content, out, i, true, bytes);
                    }
                });
    }

    private static long set(
            Content content, DuckDBWritableVector out, long row, boolean json, long before) {
        Slice bytes = QueryContext.bytes(content);
        if (before + bytes.length() > CALL_BYTES_MAX) {
            throw Problem.of(
                            Problem.Kind.LIMITED,
                            "payloads in an expression need more than "
                                    + CALL_BYTES_MAX
                                    + " bytes at a time",
                            "SQL")
                    .fix(
                            "narrow the rows first (time, model, match), or select the column by"
                                    + " itself");
        }
        out.setString(row, json ? withoutLoneSurrogates(bytes.text()) : bytes.text());
        return bytes.length();
    }

    /// JSON may escape half a surrogate pair, which DuckDB's reader refuses: SQL sees U+FFFD there.
    static String withoutLoneSurrogates(String json) {
        int at = json.indexOf("\\ud");
        if (at < 0 && json.indexOf("\\uD") < 0) {
            return json;
        }
        StringBuilder text = new StringBuilder(json.length());
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (c != '\\') {
                text.append(c);
            } else if (surrogate(json, i, 'd', "89abAB")
                    && surrogate(json, i + 6, 'd', "cdefCDEF")) {
                text.append(json, i, i + 12);
                i += 11;
            } else if (surrogate(json, i, 'd', "89abAB") || surrogate(json, i, 'd', "cdefCDEF")) {
                text.append("\\ufffd");
                i += 5;
            } else {
                text.append(json, i, Math.min(i + 2, json.length()));
                i++;
            }
        }
        return text.toString();
    }

    private static boolean surrogate(String json, int at, char first, String second) {
        return at + 5 < json.length()
                && json.charAt(at) == '\\'
                && json.charAt(at + 1) == 'u'
                && (json.charAt(at + 2) | 0x20) == first
                && second.indexOf(json.charAt(at + 3)) >= 0;
    }

    private static void guarded(QueryContext context, Runnable body) {
        try {
            body.run();
        } catch (Problem problem) {
            context.fail(problem);
            throw problem;
        } catch (RuntimeException e) {
            context.fail(Problem.internal("a payload could not be read", "SQL").causedBy(e));
            throw e;
        }
    }

    private final class Messages implements DuckDBTableFunction<QueryContext, int[], Object> {
        @Override
        public QueryContext bind(DuckDBTableFunctionBindInfo info) {
            QueryContext context = context(info.getParameter(0).getLong());
            info.addResultColumn("id", DuckDBColumnType.VARCHAR)
                    .addResultColumn("role", DuckDBColumnType.VARCHAR)
                    .addResultColumn("field", DuckDBColumnType.VARCHAR)
                    .addResultColumn("locator", DuckDBColumnType.BIGINT)
                    .addResultColumn("index", DuckDBColumnType.BIGINT);
            info.setCardinality(context.messages().size(), true);
            return context;
        }

        @Override
        public int[] init(DuckDBTableFunctionInitInfo info) {
            info.setMaxThreads(1);
            return new int[1];
        }

        @Override
        public long apply(DuckDBTableFunctionCallInfo info, DuckDBDataChunkWriter chunk) {
            QueryContext context = info.getBindData();
            int[] next = info.getInitData();
            long count = Math.min(chunk.capacity(), context.messages().size() - next[0]);
            for (long i = 0; i < count; i++) {
                TableView.Message message = context.messages().get(next[0]);
                chunk.vector(0).setString(i, message.id());
                if (message.role().isEmpty()) {
                    chunk.vector(1).setNull(i);
                } else {
                    chunk.vector(1).setString(i, message.role());
                }
                chunk.vector(2).setString(i, message.field().id());
                chunk.vector(3).setLong(i, message.locator());
                chunk.vector(4).setLong(i, next[0]++);
            }
            return count;
        }
    }
}
