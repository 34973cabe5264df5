package dev.backplane.store.sql;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.Value;
import dev.backplane.store.SpanRow;
import dev.backplane.store.TraceRow;
import dev.backplane.store.event.RollUp;
import dev.backplane.store.text.TextQuery;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// A view over rows in memory: some written as real column files, the rest fresh. Payloads come
/// from a function of the row and are counted as they are read.
final class FakeView implements TableView {
    private final String project;
    private final BiFunction<Long, SpanRow, SpanData> payloads;
    private final Map<Integer, List<SpanRow>> rows = new HashMap<>();
    private final Map<Integer, Set<String>> traces = new HashMap<>();
    private final List<Part> parts = new ArrayList<>();
    private final List<Message> messages = new ArrayList<>();
    private final Map<String, RollUp> rollUps = new HashMap<>();
    final AtomicLong payloadReads = new AtomicLong();

    FakeView(String project, BiFunction<Long, SpanRow, SpanData> payloads) {
        this.project = project;
        this.payloads = payloads;
        rows.put(0, List.of());
    }

    FakeView part(Path folder, List<SpanRow> sealed, int... masked) throws IOException {
        int id = parts.size() + 1;
        Path file = folder.resolve("part-" + project + "-" + id + ".parquet");
        ColumnFile.write(file, sealed.iterator());
        BitSet mask = new BitSet();
        for (int row : masked) {
            mask.set(row);
        }
        long min = sealed.stream().mapToLong(SpanRow::orderNanos).min().orElse(0);
        long max = sealed.stream().mapToLong(SpanRow::orderNanos).max().orElse(0);
        parts.add(new Part(id, file, sealed.size(), min, max, mask));
        rows.put(id, sealed);
        traces.put(id, sealed.stream().map(row -> row.key().trace()).collect(Collectors.toSet()));
        return this;
    }

    FakeView fresh(List<SpanRow> fresh) {
        rows.put(0, fresh);
        return this;
    }

    FakeView message(String id, String role, String json, long locator, Field field) {
        messages.add(new Message(id, role, Slice.of(json), locator, field));
        return this;
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
        return traces.get(part.id()).contains(trace);
    }

    @Override
    public List<SpanRow> fresh() {
        return rows.getOrDefault(0, List.of());
    }

    @Override
    public SpanRow row(long locator) {
        return rows.get(QueryContext.part(locator)).get(QueryContext.row(locator));
    }

    /// Rows of parts stand in any order here, so a trace may be told more than once.
    @Override
    public TraceRows rowsAround(long locator) {
        return new TraceRows(row(locator).key().trace(), QueryContext.row(locator) + 1);
    }

    private List<SpanRow> living() {
        List<SpanRow> living = new ArrayList<>(fresh());
        for (Part part : parts) {
            for (int i = 0; i < part.rows(); i++) {
                if (!part.masked().get(i)) {
                    living.add(rows.get(part.id()).get(i));
                }
            }
        }
        return living;
    }

    private Map<String, RollUp> rollUps() {
        if (rollUps.isEmpty()) {
            living().forEach(row ->
                    rollUps.computeIfAbsent(row.key().trace(), _ -> new RollUp()).add(row));
        }
        return rollUps;
    }

    @Override
    public Optional<TraceStart> start(String trace) {
        return Optional.ofNullable(rollUps().get(trace))
                .map(sum -> new TraceStart(trace, sum.beginning().nanos()));
    }

    @Override
    public Iterator<TraceStart> tracesBefore(TraceStart place) {
        return rollUps().keySet().stream()
                .map(trace -> start(trace).orElseThrow())
                .filter(start -> TraceStart.NEWEST_FIRST.compare(start, place) > 0)
                .sorted(TraceStart.NEWEST_FIRST)
                .iterator();
    }

    @Override
    public Optional<TraceRow> trace(String trace) {
        return Optional.ofNullable(rollUps().get(trace)).map(sum -> sum.row(project, trace));
    }

    @Override
    public Optional<Value> value(long locator, Field field) {
        payloadReads.incrementAndGet();
        return data(locator).get(field);
    }

    private SpanData data(long locator) {
        return payloads.apply(locator, row(locator));
    }

    @Override
    public Map<Integer, BitSet> match(Optional<Field> field, TextQuery query) {
        String word =
                switch (query) {
                    case TextQuery.Word(String text) -> text;
                    default -> throw new IllegalArgumentException("the fake knows words only");
                };
        Map<Integer, BitSet> found = new HashMap<>();
        rows.forEach((part, list) -> {
            BitSet set = new BitSet();
            for (int i = 0; i < list.size(); i++) {
                SpanData data = data(QueryContext.locator(part, i));
                for (Field each : field.map(List::of).orElse(List.of(Field.values()))) {
                    if (data.get(each).filter(value -> text(value).contains(word)).isPresent()) {
                        set.set(i);
                    }
                }
            }
            if (!set.isEmpty()) {
                found.put(part, set);
            }
        });
        return found;
    }

    private static String text(Value value) {
        Content content = PayloadText.json(value);
        return content.read(1 << 20).text().toLowerCase(Locale.ROOT);
    }

    @Override
    public void messages(Consumer<Message> visitor) {
        messages.forEach(visitor);
    }

    @Override
    public void close() {}
}
