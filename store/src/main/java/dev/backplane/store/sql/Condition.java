package dev.backplane.store.sql;

import dev.backplane.store.column.RowFilter;
import java.util.Optional;

/// A checked condition over the columns of `spans`.
///
/// @param sql in a form that can be put into a query in brackets
/// @param filter the same without SQL, if [FilterCompiler] can say it
public record Condition(String sql, Optional<RowFilter> filter) {
    static final Condition NONE = new Condition("", Optional.of(RowFilter.EVERY));

    /// As it follows another condition.
    String after() {
        return sql.isEmpty() ? "" : " AND (" + sql + ")";
    }
}
