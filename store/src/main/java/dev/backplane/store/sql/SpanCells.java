package dev.backplane.store.sql;

import dev.backplane.core.Content;
import dev.backplane.core.SpanKey;
import dev.backplane.store.SpanRow;
import dev.backplane.store.TraceRow;
import java.util.List;
import java.util.Optional;

/// Rows of lists from the cells of our own queries.
final class SpanCells {
    private static final int TEXT_BYTES_MAX = 1 << 20;

    /// What [#span] reads, in its order.
    static final String COLUMNS =
            "project, trace_id, span_id, parent_id, name, kind, epoch_ns(start_time),"
                    + " epoch_ns(end_time), status, error_preview, model, provider, input_tokens,"
                    + " output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens, cost,"
                    + " time_to_first_token_ms, session_id, user_id, agent, tags, scores,"
                    + " input_preview, output_preview, epoch_ns(order_time)";

    /// What [#trace] reads, in its order.
    static final String TRACE_COLUMNS =
            "project, trace_id, name, epoch_ns(start_time), epoch_ns(end_time), span_count,"
                    + " error_count, llm_count, input_tokens, output_tokens, cached_tokens,"
                    + " reasoning_tokens, cost, models, session_id, user_id, agent, status, tags,"
                    + " scores";

    private SpanCells() {}

    static SpanRow span(List<Optional<Object>> cells) {
        return new SpanRow(
                new SpanKey(text(cells.get(0)), text(cells.get(1)), text(cells.get(2))),
                text(cells.get(3)),
                text(cells.get(4)),
                text(cells.get(5)),
                time(cells.get(6)),
                time(cells.get(7)),
                time(cells.get(26)),
                text(cells.get(8)),
                text(cells.get(9)),
                text(cells.get(10)),
                text(cells.get(11)),
                whole(cells.get(12)),
                whole(cells.get(13)),
                whole(cells.get(14)),
                whole(cells.get(15)),
                whole(cells.get(16)),
                real(cells.get(17)),
                real(cells.get(18)),
                text(cells.get(19)),
                text(cells.get(20)),
                text(cells.get(21)),
                text(cells.get(22)),
                text(cells.get(23)),
                text(cells.get(24)),
                text(cells.get(25)));
    }

    static TraceRow trace(List<Optional<Object>> cells) {
        return new TraceRow(
                text(cells.get(0)),
                text(cells.get(1)),
                text(cells.get(2)),
                time(cells.get(3)),
                time(cells.get(4)),
                whole(cells.get(5)),
                whole(cells.get(6)),
                whole(cells.get(7)),
                whole(cells.get(8)),
                whole(cells.get(9)),
                whole(cells.get(10)),
                whole(cells.get(11)),
                real(cells.get(12)),
                list(cells.get(13)),
                text(cells.get(14)),
                text(cells.get(15)),
                text(cells.get(16)),
                text(cells.get(17)),
                text(cells.get(18)),
                text(cells.get(19)));
    }

    /// The empty string for NULL.
    static String text(Optional<Object> cell) {
        return switch (cell.orElse("")) {
            case Content content -> content.read(TEXT_BYTES_MAX).text();
            case Object value -> value.toString();
        };
    }

    /// -1 for NULL.
    static long whole(Optional<Object> cell) {
        return cell.isPresent() && cell.get() instanceof Number number ? number.longValue() : -1;
    }

    /// 0 for NULL.
    private static long time(Optional<Object> cell) {
        return cell.isPresent() ? whole(cell) : 0;
    }

    private static double real(Optional<Object> cell) {
        return cell.isPresent() && cell.get() instanceof Number number
                ? number.doubleValue()
                : Double.NaN;
    }

    private static List<String> list(Optional<Object> cell) {
        return cell.isPresent() && cell.get() instanceof List<?> list
                ? list.stream().map(each -> ((Optional<?>) each).orElseThrow().toString()).toList()
                : List.of();
    }
}
