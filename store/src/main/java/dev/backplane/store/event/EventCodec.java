package dev.backplane.store.event;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent.Deletion;
import dev.backplane.core.SpanEvent.MergeRules;
import dev.backplane.core.SpanEvent.Op;
import dev.backplane.core.Value;
import dev.backplane.store.content.ContentSource;
import dev.backplane.store.content.StoredContent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;

/// The bytes of an event.
///
/// ```
/// event  := op:u8 version:i64 rules absorbed field* 0:u8
/// rules  := n:var { path }* m:var { path texts }*      path, texts := n:var { text }*
/// absorbed := n:var print:i64*n                        see [StoredEvent#absorbed]
/// field  := code:u8 length:i32 value                   (length lets a reader skip)
/// value  := tag:u8 …                                   see the TAG_ constants
/// attrs  := n:var { 0:u8 name:text value | 1:u8 ref:i32 }*
/// event  := name:text nanos:varlong attrs              (a timed event inside a span)
/// ```
///
/// A ref (fixed four bytes, so that it can be filled in later) stands where a value is at least
/// [#INLINE_SIZE_MAX] bytes, or belongs to a conversation. In attributes a ref of kind 1 is a
/// *run*: neighbours whose names share a prefix up to a number (`llm.input_messages.0.…`), encoded
/// together per number. Senders that flatten conversations into attributes would otherwise repeat
/// all of them in every span.
public final class EventCodec {
    /// Values of this size and above are contents of their own.
    public static final int INLINE_SIZE_MAX = 256;

    /// Deeper attributes are damage.
    private static final int DEPTH_MAX = 64;

    private static final int VERSION_AT = 1;

    private static final int TAG_TEXT = 0;
    private static final int TAG_JSON = 1;
    private static final int TAG_BINARY = 2;
    private static final int TAG_TEXT_REF = 3;
    private static final int TAG_JSON_REF = 4;
    private static final int TAG_BINARY_REF = 5;
    private static final int TAG_INT = 6;
    private static final int TAG_REAL = 7;
    private static final int TAG_TRUE = 8;
    private static final int TAG_FALSE = 9;
    private static final int TAG_ATTRIBUTES = 10;
    private static final int TAG_EVENTS = 11;

    /// The parts of a conversation are contents whatever their size, so that the next turn finds
    /// them.
    private static final Set<Field> ALWAYS_CONTENT =
            EnumSet.of(Field.INPUT, Field.OUTPUT, Field.TOOLS);

    private EventCodec() {}

    /// Whether a value of the field is stored as a content of its own.
    static boolean isContent(Field field, Content content) {
        return content.size() >= (ALWAYS_CONTENT.contains(field) ? 1 : INLINE_SIZE_MAX);
    }

    /// An event's bytes with holes for refs.
    ///
    /// @param holes positions of the four bytes of each ref, ascending
    /// @param contents what each hole will refer to
    /// @param fields the field that each hole lies in
    public record Encoded(byte[] bytes, int[] holes, List<Content> contents, List<Field> fields) {
        /// Appends the bytes with the holes filled, under the version given now.
        public void write(ByteWriter out, long version, ToIntFunction<Content> refs) {
            int start = out.size();
            out.put(bytes, 0, bytes.length);
            out.setLong(start + VERSION_AT, version);
            for (int i = 0; i < holes.length; i++) {
                out.setInt(start + holes[i], refs.applyAsInt(contents.get(i)));
            }
        }
    }

    public static Encoded encode(StoredEvent event) {
        Encoder encoder = new Encoder();
        encoder.event(event);
        return new Encoded(
                encoder.out.toBytes(),
                Arrays.copyOf(encoder.holes, encoder.contents.size()),
                encoder.contents,
                encoder.fields);
    }

    private static final class Encoder {
        final ByteWriter out = new ByteWriter(1 << 10);
        final List<Content> contents = new ArrayList<>();
        final List<Field> fields = new ArrayList<>();
        int[] holes = new int[16];
        Field current = Field.NAME;

        void event(StoredEvent event) {
            out.put(event.op().code()).putLong(event.version());
            rules(event.rules());
            out.putVar(event.absorbed().size());
            event.absorbed().forEach(out::putLong);
            event.data().forEach(this::field);
            out.put(0);
        }

        private void rules(MergeRules rules) {
            out.putVar(rules.replaceAt().size());
            rules.replaceAt().forEach(this::texts);
            out.putVar(rules.deletions().size());
            for (Deletion deletion : rules.deletions()) {
                texts(deletion.path());
                texts(deletion.elements());
            }
        }

        private void texts(List<String> texts) {
            out.putVar(texts.size());
            texts.forEach(out::putText);
        }

        private void field(Field field, Value value) {
            current = field;
            out.put(field.code());
            int start = out.size();
            out.putInt(0);
            value(value, ALWAYS_CONTENT.contains(field));
            out.setInt(start, out.size() - start - 4);
        }

        private void value(Value value, boolean always) {
            switch (value) {
                case Value.Text(Content content) -> content(content, TAG_TEXT, always);
                case Value.Json(Content content) -> content(content, TAG_JSON, always);
                case Value.Binary(Content content) -> content(content, TAG_BINARY, always);
                case Value.Int(long number) -> out.put(TAG_INT).putZigZag(number);
                case Value.Real(double number) ->
                        out.put(TAG_REAL).putLong(Double.doubleToRawLongBits(number));
                case Value.Flag(boolean flag) -> out.put(flag ? TAG_TRUE : TAG_FALSE);
                case Value.Attributes(List<Value.Attribute> list) -> {
                    out.put(TAG_ATTRIBUTES);
                    attributes(list);
                }
                case Value.Events(List<Value.Event> list) -> {
                    out.put(TAG_EVENTS).putVar(list.size());
                    for (Value.Event event : list) {
                        out.putText(event.name()).putVar(event.timeNanos());
                        attributes(event.attributes());
                    }
                }
            }
        }

        private void content(Content content, int tag, boolean always) {
            if (content.size() < (always ? 1 : INLINE_SIZE_MAX)) {
                Slice slice = content.read(INLINE_SIZE_MAX);
                out.put(tag).putBytes(slice.array(), slice.offset(), slice.length());
            } else {
                out.put(tag + TAG_TEXT_REF);
                hole(content);
            }
        }

        private void hole(Content content) {
            if (contents.size() == holes.length) {
                holes = Arrays.copyOf(holes, holes.length * 2);
            }
            holes[contents.size()] = out.size();
            contents.add(content);
            fields.add(current);
            out.putInt(0);
        }

        private void attributes(List<Value.Attribute> list) {
            List<AttributeRuns.Item> items = AttributeRuns.find(list);
            out.putVar(items.size());
            for (AttributeRuns.Item item : items) {
                switch (item) {
                    case AttributeRuns.Single(Value.Attribute(String name, Value value)) -> {
                        out.put(0).putText(name);
                        value(value, false);
                    }
                    case AttributeRuns.Run(Pieces pieces) -> {
                        out.put(1);
                        hole(pieces);
                    }
                }
            }
        }
    }

    /// Reads the event that `Encoded.write` wrote.
    public static StoredEvent decode(ByteReader in, RefReader refs) {
        return decode(in, refs, EnumSet.allOf(Field.class));
    }

    /// As [#decode(ByteReader, RefReader)], leaving out fields that are not wanted.
    public static StoredEvent decode(ByteReader in, RefReader refs, Set<Field> wanted) {
        Op op = Op.byCode(in.get());
        long version = in.getLong();
        MergeRules rules = rules(in);
        Set<Long> absorbed = absorbed(in);
        SpanData.Builder data = SpanData.builder();
        for (int code = in.get(); code != 0; code = in.get()) {
            int length = in.getInt();
            Optional<Field> field = Field.byCode(code);
            if (field.isPresent() && wanted.contains(field.get())) {
                data.put(field.get(), value(in, refs, 0));
            } else {
                in.skip(length);
            }
        }
        return new StoredEvent(version, op, data.build(), rules, 0, absorbed);
    }

    /// The version of an encoded event.
    public static long version(Slice event) {
        ByteReader in = new ByteReader(event);
        in.skip(VERSION_AT);
        return in.getLong();
    }

    /// Turns the four bytes of a ref into a content.
    public record RefReader(ContentSource source, java.util.function.IntUnaryOperator toRef) {
        public static RefReader absolute(ContentSource source) {
            return new RefReader(source, java.util.function.IntUnaryOperator.identity());
        }

        StoredContent content(int stored) {
            return new StoredContent(source, toRef.applyAsInt(stored));
        }
    }

    /// The bytes of the contents that an encoded event refers to, each once: a value that stands in
    /// an attribute and in the field made of it arrived once.
    public static long referredBytes(Slice event, ContentSource source) {
        Set<Integer> seen = new HashSet<>();
        long[] sum = {0};
        RefReader refs =
                new RefReader(
                        source,
                        ref -> {
                            sum[0] += seen.add(ref) ? new StoredContent(source, ref).size() : 0;
                            return ref;
                        });
        decode(new ByteReader(event), refs);
        return sum[0];
    }

    private static MergeRules rules(ByteReader in) {
        int replaceAt = in.getVarInt(in.remaining());
        List<List<String>> paths = new ArrayList<>();
        for (int i = 0; i < replaceAt; i++) {
            paths.add(texts(in));
        }
        int count = in.getVarInt(in.remaining());
        List<Deletion> deletions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Deletion deletion = new Deletion(texts(in), texts(in));
            if (deletion.path().isEmpty()) {
                throw Problem.internal("damaged record: a deletion without a path", "store")
                        .fix("run backplane store verify");
            }
            deletions.add(deletion);
        }
        return paths.isEmpty() && deletions.isEmpty()
                ? MergeRules.NONE
                : new MergeRules(paths, deletions);
    }

    private static Set<Long> absorbed(ByteReader in) {
        int count = in.getVarInt(in.remaining() / Long.BYTES);
        Set<Long> prints = count == 0 ? Set.of() : new LinkedHashSet<>();
        for (int i = 0; i < count; i++) {
            prints.add(in.getLong());
        }
        return prints;
    }

    private static List<String> texts(ByteReader in) {
        int count = in.getVarInt(in.remaining());
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(in.getText());
        }
        return texts;
    }

    private static Value value(ByteReader in, RefReader refs, int depth) {
        int tag = in.get();
        return switch (tag) {
            case TAG_TEXT -> new Value.Text(in.getBytes());
            case TAG_JSON -> new Value.Json(in.getBytes());
            case TAG_BINARY -> new Value.Binary(in.getBytes());
            case TAG_TEXT_REF -> new Value.Text(refs.content(in.getInt()));
            case TAG_JSON_REF -> new Value.Json(refs.content(in.getInt()));
            case TAG_BINARY_REF -> new Value.Binary(refs.content(in.getInt()));
            case TAG_INT -> new Value.Int(in.getZigZag());
            case TAG_REAL -> new Value.Real(Double.longBitsToDouble(in.getLong()));
            case TAG_TRUE -> new Value.Flag(true);
            case TAG_FALSE -> new Value.Flag(false);
            case TAG_ATTRIBUTES -> new Value.Attributes(attributes(in, refs, depth + 1));
            case TAG_EVENTS -> {
                int count = in.getVarInt(in.remaining());
                List<Value.Event> events = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    events.add(
                            new Value.Event(
                                    in.getText(), in.getVar(), attributes(in, refs, depth + 1)));
                }
                yield new Value.Events(events);
            }
            default ->
                    throw Problem.internal("damaged record: value tag " + tag, "store")
                            .fix("run backplane store verify");
        };
    }

    private static List<Value.Attribute> attributes(ByteReader in, RefReader refs, int depth) {
        if (depth > DEPTH_MAX) {
            throw Problem.internal("damaged record: attributes in attributes", "store")
                    .fix("run backplane store verify");
        }
        int count = in.getVarInt(in.remaining());
        List<Value.Attribute> list = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (in.get() == 0) {
                list.add(new Value.Attribute(in.getText(), value(in, refs, depth)));
            } else {
                ByteReader run = new ByteReader(refs.content(in.getInt()).read(Integer.MAX_VALUE));
                while (run.remaining() > 0) {
                    list.add(new Value.Attribute(run.getText(), value(run, refs, depth)));
                }
            }
        }
        return list;
    }

    /// Encodes one attribute whole, nothing referred to: for the pieces of a run.
    static void inline(ByteWriter out, Value.Attribute attribute) {
        out.putText(attribute.name());
        switch (attribute.value()) {
            case Value.Text(Content content) -> bytes(out, TAG_TEXT, content);
            case Value.Json(Content content) -> bytes(out, TAG_JSON, content);
            case Value.Binary(Content content) -> bytes(out, TAG_BINARY, content);
            case Value.Int(long number) -> out.put(TAG_INT).putZigZag(number);
            case Value.Real(double number) ->
                    out.put(TAG_REAL).putLong(Double.doubleToRawLongBits(number));
            case Value.Flag(boolean flag) -> out.put(flag ? TAG_TRUE : TAG_FALSE);
            case Value.Attributes _, Value.Events _ ->
                    throw Problem.internal("attributes inside an attribute", "event codec");
        }
    }

    private static void bytes(ByteWriter out, int tag, Content content) {
        Slice slice = content.read(Integer.MAX_VALUE);
        out.put(tag).putBytes(slice.array(), slice.offset(), slice.length());
    }
}
