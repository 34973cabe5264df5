package dev.backplane.store;

import java.util.List;

/// The first span in which a query holds, with the text that made it hold.
///
/// @param field the field in which the text occurs (`input`, `output`…)
/// @param highlights `[start, end)` in UTF-16 code units of the snippet
public record SearchHit(SpanRow span, String field, String snippet, List<int[]> highlights) {
    public SearchHit {
        highlights = List.copyOf(highlights);
    }
}
