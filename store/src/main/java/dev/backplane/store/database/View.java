package dev.backplane.store.database;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.Json;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.store.SpanRow;
import dev.backplane.store.TraceRow;
import dev.backplane.store.content.ContentId;
import dev.backplane.store.content.StoredContent;
import dev.backplane.store.database.State.Living;
import dev.backplane.store.event.Fold;
import dev.backplane.store.event.StoredEvent;
import dev.backplane.store.segment.Pack.RowRange;
import dev.backplane.store.segment.Segment;
import dev.backplane.store.segment.SegmentSearch;
import dev.backplane.store.sql.TableView;
import dev.backplane.store.text.TextQuery;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// A project at one moment, as SQL reads it.
final class View implements TableView {
    private static final long ROLE_SIZE_MAX = 1 << 20;

    private final String project;
    private final State state;
    private final Fresh fresh;
    private final List<Living> living;
    private final List<Part> parts;
    private final SpanTexts texts;
    private final RollUps rollUps;
    private final Runnable release;

    /// @param release gives the state back; called once
    View(
            String project,
            State state,
            Fresh fresh,
            SpanTexts texts,
            RollUps rollUps,
            Runnable release) {
        this.project = project;
        this.state = state;
        this.fresh = fresh;
        this.texts = texts;
        this.rollUps = rollUps;
        this.release = release;
        this.living = state.segments(project);
        this.parts = new ArrayList<>(living.size());
        for (Living segment : living) {
            parts.add(
                    new Part(
                            parts.size() + 1,
                            segment.segment().columns(),
                            segment.info().rows(),
                            segment.info().minStartNanos(),
                            segment.info().maxStartNanos(),
                            masked(segment)));
        }
    }

    private BitSet masked(Living segment) {
        BitSet shadowed = fresh.shadowed().get(segment.info().id());
        if (shadowed == null) {
            return segment.info().dead();
        }
        BitSet masked = (BitSet) segment.info().dead().clone();
        masked.or(shadowed);
        return masked;
    }

    @Override
    public String project() {
        return project;
    }

    @Override
    public List<Part> parts() {
        return parts;
    }

    @Override
    public boolean mayHold(Part part, String trace) {
        return living.get(part.id() - 1).segment().trace(trace).isPresent();
    }

    @Override
    public List<SpanRow> fresh() {
        return fresh.rows();
    }

    @Override
    public Optional<Value> value(long locator, Field field) {
        int part = (int) (locator >>> 32);
        int row = (int) locator;
        Set<Field> wanted = EnumSet.of(field);
        List<StoredEvent> events =
                part == 0
                        ? new Spans(state).events(fresh.rows().get(row).key(), wanted)
                        : living.get(part - 1).segment().events(row, wanted);
        return Fold.fold(events).flatMap(folded -> folded.data().get(field));
    }

    @Override
    public Map<Integer, BitSet> match(Optional<Field> field, TextQuery query) {
        List<SegmentSearch> searches = searches(query);
        Map<Integer, BitSet> found = new HashMap<>();
        for (int i = 0; i < searches.size(); i++) {
            found.put(i + 1, searches.get(i).holding(field));
        }
        found.put(0, freshSearch(query, searches).holding(field));
        return found;
    }

    /// The query over each segment, in the order of the parts.
    List<SegmentSearch> searches(TextQuery query) {
        List<SegmentSearch> searches = new ArrayList<>(living.size());
        for (int i = 0; i < living.size(); i++) {
            searches.add(living.get(i).segment().search(query, parts.get(i).masked()));
        }
        return searches;
    }

    /// @param segments what [#searches] gave for the query
    FreshSearch freshSearch(TextQuery query, List<SegmentSearch> segments) {
        return new FreshSearch(state, fresh, texts, query, segments);
    }

    /// Whether a trace of a segment is somewhere else too: in the log, or in another segment.
    boolean isScattered(String trace) {
        return state.generations().stream()
                        .anyMatch(generation -> generation.spans().hasTrace(project, trace))
                || living.stream()
                        .filter(segment -> segment.segment().trace(trace).isPresent())
                        .skip(1)
                        .findAny()
                        .isPresent();
    }

    Optional<RowRange> range(int part, String trace) {
        return living.get(part - 1).segment().trace(trace);
    }

    @Override
    public SpanRow row(long locator) {
        return row((int) (locator >>> 32), (int) locator);
    }

    @Override
    public TraceRows rowsAround(long locator) {
        Segment.Trace trace =
                living.get((int) (locator >>> 32) - 1).segment().traceOf((int) locator);
        return new TraceRows(trace.id(), trace.to());
    }

    @Override
    public Optional<TraceStart> start(String trace) {
        return traces().start(trace);
    }

    @Override
    public Iterator<TraceStart> tracesBefore(TraceStart place) {
        return traces().before(place);
    }

    @Override
    public Optional<TraceRow> trace(String trace) {
        return traces().row(trace);
    }

    private Traces traces() {
        List<Segment> segments = living.stream().map(Living::segment).toList();
        return new Traces(
                project,
                segments,
                fresh.loose(() ->
                        LooseTraces.of(
                                segments,
                                parts.stream().map(Part::masked).toList(),
                                fresh.rows(),
                                rollUps)));
    }

    /// The rows of a trace, per part id, 0 included.
    Map<Integer, BitSet> rowsOf(String trace) {
        Map<Integer, BitSet> rows = new HashMap<>();
        for (int i = 0; i < living.size(); i++) {
            Optional<RowRange> range = living.get(i).segment().trace(trace);
            if (range.isPresent()) {
                BitSet own = new BitSet();
                own.set(range.get().from(), range.get().to());
                own.andNot(parts.get(i).masked());
                rows.put(i + 1, own);
            }
        }
        BitSet freshRows = new BitSet();
        for (int i = 0; i < fresh.rows().size(); i++) {
            freshRows.set(i, fresh.rows().get(i).key().trace().equals(trace));
        }
        rows.put(0, freshRows);
        return rows;
    }

    Segment segment(int part) {
        return living.get(part - 1).segment();
    }

    /// Views with the same serial and epoch have the same rows at the same places.
    long serial() {
        return fresh.serial();
    }

    long epoch() {
        return state.epoch();
    }

    SpanRow row(int part, int row) {
        return part == 0 ? fresh.rows().get(row) : living.get(part - 1).segment().row(row);
    }

    /// The row less all that would have to be read from contents, where that saves anything.
    SpanRow shortRow(int part, int row) {
        return part == 0 ? fresh.rows().get(row) : living.get(part - 1).segment().shortRow(row);
    }

    /// The same for one thread that reads many rows of a part which lie together.
    ///
    /// @param wanted of [Rows#SHORT_FIELDS]; others may be empty
    IntFunction<SpanRow> shortRows(int part, Set<Field> wanted) {
        return part == 0 ? fresh.rows()::get : living.get(part - 1).segment().shortRows(wanted);
    }

    /// Where a span of a trace lies, among [#rowsOf].
    Optional<Place> place(String trace, String span) {
        SpanKey key = new SpanKey(project, trace, span);
        for (int row = 0; row < fresh.rows().size(); row++) {
            if (fresh.rows().get(row).key().equals(key)) {
                return Optional.of(new Place(0, row));
            }
        }
        for (int i = 0; i < living.size(); i++) {
            OptionalInt row = living.get(i).segment().find(key);
            if (row.isPresent() && !parts.get(i).masked().get(row.getAsInt())) {
                return Optional.of(new Place(i + 1, row.getAsInt()));
            }
        }
        return Optional.empty();
    }

    /// A row of a part; part 0 is the log.
    record Place(int part, int row) {}

    @Override
    public void messages(Consumer<Message> visitor) {
        Set<ContentId> seen = new HashSet<>();
        Set<StoredContent> visited = new HashSet<>();
        ContentId.Hasher hasher = new ContentId.Hasher(project);
        for (int part = 0; part <= parts.size(); part++) {
            BitSet masked = part == 0 ? new BitSet() : parts.get(part - 1).masked();
            long rows = part == 0 ? fresh.rows().size() : parts.get(part - 1).rows();
            for (int row = masked.nextClearBit(0); row < rows; row = masked.nextClearBit(row + 1)) {
                long locator = (long) part << 32 | row;
                for (Field field : List.of(Field.INPUT, Field.OUTPUT)) {
                    for (StoredContent element : elements(locator, field)) {
                        if (visited.add(element)) {
                            ContentId id = id(element, hasher);
                            if (seen.add(id)) {
                                visitor.accept(
                                        new Message(
                                                id.hex(), role(element), element, locator, field));
                            }
                        }
                    }
                }
            }
        }
    }

    private List<StoredContent> elements(long locator, Field field) {
        return value(locator, field).orElse(Value.text("")) instanceof Value.Json(Content content)
                        && content instanceof StoredContent stored
                ? stored.elements()
                : List.of();
    }

    private static ContentId id(StoredContent element, ContentId.Hasher hasher) {
        byte[] bytes = element.read(Integer.MAX_VALUE).bytes();
        return hasher.leaf(bytes, 0, bytes.length);
    }

    /// The value of `role` in a message; empty where there is none.
    private static String role(Content message) {
        if (message.size() > ROLE_SIZE_MAX) {
            return "";
        }
        try (JsonParser parser = Json.parser(message.read((int) ROLE_SIZE_MAX))) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return "";
            }
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                boolean role = parser.currentName().equals("role");
                JsonToken value = parser.nextToken();
                if (role && value == JsonToken.VALUE_STRING) {
                    return parser.getString();
                }
                parser.skipChildren();
            }
        } catch (JacksonException malformed) {
            // a message that is no JSON has no role
        }
        return "";
    }

    @Override
    public void close() {
        release.run();
    }
}
