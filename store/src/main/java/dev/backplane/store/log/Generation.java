package dev.backplane.store.log;

import dev.backplane.core.Directories;
import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanKey;
import dev.backplane.core.SteadyFile;
import dev.backplane.store.SpanRow;
import dev.backplane.store.content.ContentSource;
import dev.backplane.store.content.SequenceCheck;
import dev.backplane.store.content.SequenceDef;
import dev.backplane.store.event.ByteReader;
import dev.backplane.store.event.EventCodec;
import dev.backplane.store.event.EventCodec.RefReader;
import dev.backplane.store.event.Fold;
import dev.backplane.store.event.RowCodec;
import dev.backplane.store.event.Rows;
import dev.backplane.store.event.StoredEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// One log file and the index of what is in it. Reading is thread-safe; a [LogWriter] adds to it.
public final class Generation implements AutoCloseable {
    private final long number;
    private final Path path;
    private final SteadyFile file;
    private final GenerationContents contents;
    private final FreshSpans spans = new FreshSpans();
    private final GenerationText text = new GenerationText(this);
    private final Map<SpanKey, Folded> folded = new ConcurrentHashMap<>();
    private final List<Erasure> erasures = new ArrayList<>();
    private final AtomicLong received = new AtomicLong();
    private final Map<String, Long> stored = new ConcurrentHashMap<>();
    private volatile long length;
    private long maxVersion;

    private Generation(long number, Path path, SteadyFile file) {
        this.number = number;
        this.path = path;
        this.file = file;
        this.contents = new GenerationContents(file);
    }

    /// The file of a generation: 16 hexadecimal digits, so that names sort as numbers.
    public static Path path(Path directory, long number) {
        return directory.resolve("%016x.log".formatted(number));
    }

    static Generation create(Path directory, long number) throws IOException {
        Path path = path(directory, number);
        SteadyFile file =
                SteadyFile.open(
                        path,
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
        Generation generation = new Generation(number, path, file);
        file.write(LogFormat.header(number), 0);
        file.force(true);
        Directories.sync(directory);
        generation.length = LogFormat.HEADER_SIZE;
        return generation;
    }

    /// Reads a file that an earlier process left; what is torn at its end is cut off.
    static Generation recover(Path directory, long number) throws IOException {
        Path path = path(directory, number);
        SteadyFile file = SteadyFile.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            Generation generation = new Generation(number, path, file);
            generation.length = LogFormat.scan(file, number, generation.new Recovery());
            if (file.size() > generation.length) {
                file.truncate(generation.length);
                file.force(true);
            }
            return generation;
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private final class Recovery implements LogFormat.Visitor {
        private final SequenceCheck sequences = new SequenceCheck();

        /// Up to here the file's bytes are somebody's: contents are taken to be the project's whose
        /// event comes next. With the leaves of an upload that is a guess, until compaction.
        private long accounted = LogFormat.HEADER_SIZE;

        @Override
        public void leaf(long position, int size) {
            contents.addLeaf(position, size);
        }

        @Override
        public void sequence(SequenceDef sequence) {
            sequences.require(sequence, contents.leafCount());
            contents.addSequence(sequence);
        }

        @Override
        public void event(SpanKey key, long print, long position, Slice event) {
            long version = EventCodec.version(event);
            long end = position + event.length();
            spans.apply(
                    key,
                    version,
                    new FreshSpan.Place(position, event.length()),
                    print,
                    Prepared.NO_ROW);
            received.addAndGet(event.length() + EventCodec.referredBytes(event, contents));
            addStored(key.project(), end - accounted);
            accounted = end;
            maxVersion = Math.max(maxVersion, version);
        }

        @Override
        public void erase(Erasure erasure) {
            apply(erasure);
        }
    }

    /// Takes an erasure in at its place among the events: what it does follows from the file alone,
    /// so that it does the same when the file is read again.
    ///
    /// @return whether it took effect
    boolean apply(Erasure erasure) {
        if (spans.latest(erasure.project(), erasure.trace()) >= erasure.idleSince()) {
            return false;
        }
        synchronized (erasures) {
            erasures.add(erasure);
        }
        forget(erasure);
        return true;
    }

    /// Drops what an erasure that took effect in this or a later generation names.
    public void forget(Erasure erasure) {
        spans.erase(erasure.project(), erasure.trace());
    }

    public long number() {
        return number;
    }

    public ContentSource contents() {
        return contents;
    }

    GenerationContents writableContents() {
        return contents;
    }

    SteadyFile file() {
        return file;
    }

    public FreshSpans spans() {
        return spans;
    }

    /// Those that took effect.
    public List<Erasure> erasures() {
        synchronized (erasures) {
            return List.copyOf(erasures);
        }
    }

    public GenerationText text() {
        return text;
    }

    StoredEvent event(long position, int size) {
        return EventCodec.decode(
                new ByteReader(contents.read(position, size)), RefReader.absolute(contents));
    }

    /// Durable bytes.
    public long length() {
        return length;
    }

    /// The latest version that was found when the file was read; 0 for one made by this process.
    long maxVersion() {
        return maxVersion;
    }

    /// Payload bytes of its events, before deduplication.
    public long received() {
        return received.get();
    }

    void addReceived(long bytes) {
        received.addAndGet(bytes);
    }

    /// Bytes of the file that came with a project's events, without headers of records.
    public long stored(String project) {
        return stored.getOrDefault(project, 0L);
    }

    void addStored(String project, long bytes) {
        stored.merge(project, bytes, Long::sum);
    }

    void length(long durable) {
        length = durable;
    }

    /// The span's events in this generation, in order of version.
    public List<StoredEvent> events(FreshSpan span, Set<Field> wanted) {
        RefReader refs = RefReader.absolute(contents);
        List<StoredEvent> events = new ArrayList<>(span.positions().length);
        for (int i = 0; i < span.positions().length; i++) {
            Slice bytes = contents.read(span.positions()[i], span.lengths()[i]);
            events.add(
                    EventCodec.decode(new ByteReader(bytes), refs, wanted)
                            .withPrint(span.prints()[i]));
        }
        return events;
    }

    /// The row that this generation's events make by themselves; empty when they cancel out.
    public Optional<SpanRow> row(FreshSpan span) {
        if (!span.row().isEmpty()) {
            return Optional.of(RowCodec.decode(span.key(), span.row()));
        }
        Folded known = folded.get(span.key());
        if (known != null && known.span().equals(span)) {
            return known.row();
        }
        Optional<SpanRow> row =
                Fold.fold(events(span, Rows.FIELDS)).map(f -> Rows.of(span.key(), f));
        folded.put(span.key(), new Folded(span, row));
        return row;
    }

    /// What a span's events made when it was read last.
    private record Folded(FreshSpan span, Optional<SpanRow> row) {}

    /// Reads the whole file and checks it.
    ///
    /// @throws Problem `INTERNAL` when a durable byte is wrong
    public void verify() {
        try {
            long durable = length;
            long valid = LogFormat.scan(file, number, LogFormat.Visitor.NONE);
            if (valid < durable) {
                throw Problem.internal("the log is damaged at byte " + valid, "log " + number)
                        .fix("restore it from a copy");
            }
        } catch (IOException e) {
            throw Problem.unavailable("the log could not be read", "log " + number).causedBy(e);
        }
    }

    @Override
    public void close() {
        text.close();
        try {
            file.close();
        } catch (IOException e) {
            throw Problem.unavailable("closing the log failed", path.getFileName().toString())
                    .causedBy(e);
        }
    }

    /// Removes the file, once a segment holds what was in it. Whoever still reads may go on: it is
    /// closed when nobody refers to it any more.
    void delete() throws IOException {
        file.remove();
    }
}
