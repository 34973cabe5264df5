package dev.backplane.store.column;

import dev.backplane.core.Meter;
import dev.backplane.core.Meter.Counter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Columns of parts in memory, bounded by bytes. Thread-safe.
///
/// When they do not all fit, those stay that are asked for most often: a column makes room for
/// another only if the other was asked for more than twice as often. So lists that together need
/// more than there is room for do not drive each other out and read everything again each time;
/// what was asked for long ago counts ever less ([#AGE_AFTER]).
public final class ColumnCache {
    /// A dictionary may take this share of the capacity.
    private static final int DICTIONARY_SHARE = 8;

    /// After so many questions for each column that is known, all counts are halved.
    private static final int AGE_AFTER = 8;

    private record Key(Path part, FilterColumn column) {}

    /// What is known of a column that somebody asked for.
    private static final class Entry {
        private Optional<Column> column = Optional.empty();

        /// In memory; guessed until it was read once.
        private long bytes;

        private long asked;

        /// Greater than that of columns that were kept before it.
        private long serial;
    }

    private final long capacity;
    private final Map<Key, Entry> entries = new HashMap<>();
    private final Counter refused;
    private long size;
    private long questions;
    private long serial;

    /// @param capacity in bytes
    public ColumnCache(long capacity, Meter meter) {
        this.capacity = capacity;
        this.refused =
                meter.counter(
                        "backplane_store_columns_full_total",
                        "Columns of segments that filters wanted and memory had no room for");
        meter.gauge(
                "backplane_store_columns_bytes",
                "Columns of segments that are kept in memory for filters",
                this::bytes);
    }

    /// All columns that are kept.
    public synchronized long bytes() {
        return size;
    }

    /// The most that the texts of one column may take.
    long dictionaryBytes() {
        return capacity / DICTIONARY_SHARE;
    }

    /// A column of a part if it is kept, and counts the question.
    ///
    /// @param part its file
    public synchronized Optional<Column> get(Path part, long rows, FilterColumn column) {
        Entry entry = entries.computeIfAbsent(new Key(part, column), _ -> new Entry());
        if (entry.bytes == 0) {
            entry.bytes = rows * column.kind().width() + 1;
        }
        entry.asked++;
        questions++;
        if (questions > (long) AGE_AFTER * entries.size()) {
            questions = 0;
            entries.values().forEach(each -> each.asked /= 2);
        }
        return entry.column;
    }

    /// Those of a part's columns that are not kept and that there is, or can be made, room for.
    synchronized Set<FilterColumn> worthReading(Path part, Set<FilterColumn> columns) {
        Set<FilterColumn> worth = EnumSet.noneOf(FilterColumn.class);
        long needed = 0;
        for (FilterColumn column : columns) {
            Entry entry = entries.get(new Key(part, column));
            if (entry == null || entry.column.isPresent()) {
                continue;
            }
            if (needed + entry.bytes <= capacity - size + bytesThatGiveWay(entry.asked)) {
                needed += entry.bytes;
                worth.add(column);
            } else {
                refused.increment();
            }
        }
        return worth;
    }

    private long bytesThatGiveWay(long asked) {
        return entries.values().stream()
                .filter(entry -> entry.column.isPresent() && 2 * entry.asked < asked)
                .mapToLong(entry -> entry.bytes)
                .sum();
    }

    /// Keeps what was read of a part, as far as there is room.
    synchronized void keep(Path part, Map<FilterColumn, Column> read) {
        forgetGone();
        read.forEach((column, values) -> {
            Entry entry = entries.get(new Key(part, column));
            if (entry != null && entry.column.isEmpty()) {
                entry.column = Optional.of(values);
                entry.bytes = values.bytes();
                entry.serial = ++serial;
                size += entry.bytes;
            }
        });
        if (size > capacity) {
            evict();
        }
    }

    /// Of two that were asked for as often the later one goes: it may have been larger than
    /// guessed.
    private void evict() {
        List<Entry> rarest = new ArrayList<>(entries.values());
        rarest.removeIf(entry -> entry.column.isEmpty());
        rarest.sort(
                Comparator.comparingLong((Entry entry) -> entry.asked)
                        .thenComparing(entry -> -entry.serial));
        for (int i = 0; i < rarest.size() && size > capacity; i++) {
            rarest.get(i).column = Optional.empty();
            size -= rarest.get(i).bytes;
        }
    }

    /// A segment that was merged or deleted is not asked for again.
    private void forgetGone() {
        entries.entrySet()
                .removeIf(each -> {
                    boolean gone = Files.notExists(each.getKey().part());
                    size -= gone && each.getValue().column.isPresent() ? each.getValue().bytes : 0;
                    return gone;
                });
    }
}
