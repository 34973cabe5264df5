package dev.backplane.core;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// The fields of a span. The constant's lower-case name is its name in JSON and, where it is a
/// column, in SQL; its [Type] says which [Value]s it takes; its [Merge] how a later value meets an
/// earlier one.
///
/// The [#code] is what logs and segments store: never reuse or change one.
public enum Field {
    PARENT_ID(1, Type.TEXT, Merge.KEEP),
    NAME(2, Type.TEXT, Merge.REPLACE),
    /// One of [SpanKind]'s ids.
    KIND(3, Type.TEXT, Merge.REPLACE),
    /// Nanoseconds since 1970.
    START_TIME(4, Type.INT, Merge.KEEP),
    /// Nanoseconds since 1970; absent while the span is open.
    END_TIME(5, Type.INT, Merge.REPLACE),
    /// `ok`, `error` or absent.
    STATUS(6, Type.TEXT, Merge.REPLACE),
    /// What went wrong, as text or JSON.
    ERROR(7, Type.PAYLOAD, Merge.DEEP),
    MODEL(8, Type.TEXT, Merge.REPLACE),
    PROVIDER(9, Type.TEXT, Merge.REPLACE),
    /// Messages (a JSON array) or whatever went in.
    INPUT(10, Type.PAYLOAD, Merge.DEEP),
    OUTPUT(11, Type.PAYLOAD, Merge.DEEP),
    EXPECTED(12, Type.PAYLOAD, Merge.DEEP),
    /// Tool definitions that the model was offered, a JSON array.
    TOOLS(13, Type.PAYLOAD, Merge.REPLACE),
    /// All input tokens, those read from and written to a cache included.
    INPUT_TOKENS(14, Type.INT, Merge.REPLACE),
    /// All output tokens, reasoning included.
    OUTPUT_TOKENS(15, Type.INT, Merge.REPLACE),
    /// The part of the input tokens that was read from a cache.
    CACHED_TOKENS(16, Type.INT, Merge.REPLACE),
    /// The part of the input tokens that was written to a cache.
    CACHE_WRITE_TOKENS(17, Type.INT, Merge.REPLACE),
    /// The part of the output tokens that was reasoning.
    REASONING_TOKENS(18, Type.INT, Merge.REPLACE),
    /// US dollars.
    COST(19, Type.REAL, Merge.REPLACE),
    SESSION_ID(20, Type.TEXT, Merge.REPLACE),
    USER_ID(21, Type.TEXT, Merge.REPLACE),
    AGENT(22, Type.TEXT, Merge.REPLACE),
    /// A JSON array of strings.
    TAGS(23, Type.JSON, Merge.UNION),
    /// A JSON object of name to number (0 to 1 by habit) or null.
    SCORES(24, Type.JSON, Merge.DEEP),
    /// A JSON object, the user's own.
    METADATA(25, Type.PAYLOAD, Merge.DEEP),
    /// A JSON object of name to number.
    METRICS(26, Type.JSON, Merge.DEEP),
    /// Attributes as they arrived.
    ATTRIBUTES(27, Type.ATTRIBUTES, Merge.REPLACE),
    /// Attributes of the resource that sent the span.
    RESOURCE(28, Type.ATTRIBUTES, Merge.REPLACE),
    EVENTS(29, Type.EVENTS, Merge.REPLACE),
    /// A JSON array of `{trace_id, span_id, attributes}`.
    LINKS(30, Type.PAYLOAD, Merge.REPLACE),
    /// A JSON object: name and version of the instrumentation.
    SCOPE(31, Type.PAYLOAD, Merge.REPLACE),
    /// A JSON array of `{text, author, time}`; later ones are appended.
    COMMENTS(32, Type.PAYLOAD, Merge.APPEND),
    /// Milliseconds from start to the first token.
    TIME_TO_FIRST_TOKEN_MS(33, Type.REAL, Merge.REPLACE),
    /// Who wrote the attributes: `gen_ai`, `gen_ai_legacy`, `openinference`, `openllmetry`,
    /// `vercel`, `braintrust`, `langfuse`, `native`, `other`.
    DIALECT(34, Type.TEXT, Merge.REPLACE),
    /// A JSON object of what else a Braintrust row carries (context, origin, span_attributes…).
    EXTRA(35, Type.PAYLOAD, Merge.DEEP);

    /// Which values a field takes. TEXT is short (cut nowhere, but refused above 64 KiB); PAYLOAD
    /// is text or JSON of any size.
    public enum Type {
        TEXT,
        INT,
        REAL,
        JSON,
        PAYLOAD,
        ATTRIBUTES,
        EVENTS
    }

    /// How a later value meets an earlier one when an event merges.
    public enum Merge {
        /// The first value stays.
        KEEP,
        /// The later value wins.
        REPLACE,
        /// JSON objects merge key by key, everything else is replaced.
        DEEP,
        /// JSON arrays become a set, in order of first appearance.
        UNION,
        /// JSON arrays are joined.
        APPEND
    }

    private static final Map<String, Field> BY_ID = new HashMap<>();
    private static final Field[] BY_CODE = new Field[64];

    static {
        for (Field field : values()) {
            BY_ID.put(field.id(), field);
            BY_CODE[field.code] = field;
        }
    }

    private final int code;
    private final Type type;
    private final Merge merge;
    private final String id = name().toLowerCase(Locale.ROOT);

    Field(int code, Type type, Merge merge) {
        this.code = code;
        this.type = type;
        this.merge = merge;
    }

    /// The stored number of this field, 1 to 63.
    public int code() {
        return code;
    }

    public Type type() {
        return type;
    }

    public Merge merge() {
        return merge;
    }

    /// The name in JSON and SQL.
    public String id() {
        return id;
    }

    public static Optional<Field> byId(String id) {
        return Optional.ofNullable(BY_ID.get(id));
    }

    /// The field stored as `code`, or empty when it is from a newer version.
    public static Optional<Field> byCode(int code) {
        return code > 0 && code < BY_CODE.length
                ? Optional.ofNullable(BY_CODE[code])
                : Optional.empty();
    }
}
