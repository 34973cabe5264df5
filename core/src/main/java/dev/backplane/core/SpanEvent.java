package dev.backplane.core;

import java.util.List;

/// Something learnt about one span. A span is the fold of its events in order of version:
///
/// - `INSERT` replaces what earlier inserts and merges said;
/// - `MERGE` adds to it, field by field as [Field#merge] says, within [MergeRules];
/// - `FEEDBACK` (scores, comments, tags, expected) lies on top and survives a later insert, so that
///   a score may come before its span;
/// - `DELETE` forgets all earlier events of the span.
///
/// The store gives each event its version when it accepts it.
public record SpanEvent(SpanKey key, Op op, SpanData data, MergeRules rules) {
    public enum Op {
        INSERT(0),
        MERGE(1),
        FEEDBACK(2),
        DELETE(3);

        private final int code;

        Op(int code) {
            this.code = code;
        }

        /// The stored number; never changes.
        public int code() {
            return code;
        }

        public static Op byCode(int code) {
            return switch (code) {
                case 0 -> INSERT;
                case 1 -> MERGE;
                case 2 -> FEEDBACK;
                case 3 -> DELETE;
                default -> throw Problem.internal("unknown operation " + code, "span event");
            };
        }
    }

    /// Exceptions to the field rules of a merge, as Braintrust's rows can carry them. A path is a
    /// list of keys that starts with the field's name on the wire (`metadata`, `scores`…).
    ///
    /// @param replaceAt paths at which the later value replaces instead of merging deeper
    /// @param deletions keys or array elements to take out after merging
    public record MergeRules(List<List<String>> replaceAt, List<Deletion> deletions) {
        public static final MergeRules NONE = new MergeRules(List.of(), List.of());

        public MergeRules {
            replaceAt = List.copyOf(replaceAt);
            deletions = List.copyOf(deletions);
        }
    }

    /// @param path where
    /// @param elements JSON texts: keys of an object (as JSON strings), or elements of an array
    ///   equal to one of these
    public record Deletion(List<String> path, List<String> elements) {
        public Deletion {
            path = List.copyOf(path);
            elements = List.copyOf(elements);
        }
    }

    public static SpanEvent insert(SpanKey key, SpanData data) {
        return new SpanEvent(key, Op.INSERT, data, MergeRules.NONE);
    }

    public static SpanEvent merge(SpanKey key, SpanData data, MergeRules rules) {
        return new SpanEvent(key, Op.MERGE, data, rules);
    }

    public static SpanEvent feedback(SpanKey key, SpanData data) {
        return new SpanEvent(key, Op.FEEDBACK, data, MergeRules.NONE);
    }

    public static SpanEvent delete(SpanKey key) {
        return new SpanEvent(key, Op.DELETE, SpanData.EMPTY, MergeRules.NONE);
    }
}
