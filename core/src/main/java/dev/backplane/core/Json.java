package dev.backplane.core;

import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;

/// The one way to read and write JSON: Jackson's streaming cursors with our limits. Input is never
/// parsed into a tree.
public final class Json {
    /// Nesting above this is refused; no sender in the field comes near.
    public static final int DEPTH_MAX = 1_000;

    private static final JsonFactory FACTORY =
            JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(DEPTH_MAX)
                                    .maxStringLength(Integer.MAX_VALUE)
                                    .maxNameLength(64 << 10)
                                    .maxNumberLength(1_000)
                                    .build())
                    .build();

    private Json() {}

    /// The factory itself, for a mapper where a small document must be held whole.
    public static JsonFactory factory() {
        return FACTORY;
    }

    /// A cursor over the slice; byte offsets that it reports are relative to the slice's start.
    public static JsonParser parser(Slice json) {
        return FACTORY.createParser(
                ObjectReadContext.empty(), json.array(), json.offset(), json.length());
    }

    public static JsonParser parser(String json) {
        return FACTORY.createParser(ObjectReadContext.empty(), json);
    }

    public static JsonParser parser(java.io.InputStream json) {
        return FACTORY.createParser(ObjectReadContext.empty(), json);
    }

    /// A writer of UTF-8; closing it flushes `out` and closes it.
    public static JsonGenerator generator(OutputStream out) {
        return FACTORY.createGenerator(ObjectWriteContext.empty(), out);
    }

    /// Small JSON as a string.
    public static String write(Consumer<JsonGenerator> body) {
        StringWriter text = new StringWriter();
        try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
            body.accept(generator);
        }
        return text.toString();
    }

    /// Writes text of any length as a JSON string, quotes included. Lone surrogates come out as
    /// escapes, bytes that are no character as U+FFFD.
    public static void writeText(Content text, OutputStream out) throws IOException {
        JsonText.write(text, out);
    }

    /// The problem for malformed JSON, with line, column and no excerpt of the payload.
    public static Problem malformed(StreamReadException e, String where) {
        String what = e.getOriginalMessage();
        int cut = what.indexOf('\n');
        return Problem.invalid(
                        "malformed JSON at line %d, column %d: %s"
                                .formatted(
                                        e.getLocation().getLineNr(),
                                        e.getLocation().getColumnNr(),
                                        cut < 0 ? what : what.substring(0, cut)),
                        where)
                .fix("send valid JSON (RFC 8259), at most " + DEPTH_MAX + " levels deep")
                .causedBy(e);
    }
}
