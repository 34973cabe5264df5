import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field.Store;
import org.apache.lucene.document.LongField;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.store.FSDirectory;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/// Lucene with one document a span, as OpenSearch indexes what it is given: the source stored, each
/// string attribute as text with positions and, when short, as a keyword.
///
/// Needs JDK 25 and the jars of lucene-core, lucene-analysis-common and jackson-core 3 on the class
/// path, and documents made by `spans.py`:
///
/// ```
/// java -cp JARS LucenePeer.java DOCUMENTS.ndjson [THREADS] [BATCH]
/// ```
///
/// In its favour: no HTTP, no JSON parsing and no mapping while the clock runs, only what Lucene
/// and a translog do. Durable: a batch is acknowledged after its sources were written to a log that
/// was forced to disk; threads share one force, as OpenSearch's requests do.
public final class LucenePeer {
    private static final int KEYWORD_LENGTH_MAX = 256;
    private static final JsonFactory JSON = JsonFactory.builder().build();

    private record Text(String name, String value) {}

    /// A span that is ready to be indexed.
    private record Source(byte[] json, long startMillis, long rawBytes, List<Text> texts) {
        Document document() {
            Document document = new Document();
            document.add(new StoredField("_source", json));
            document.add(new LongField("start_time", startMillis, Store.NO));
            for (Text text : texts) {
                document.add(new TextField(text.name(), text.value(), Store.NO));
                if (text.value().length() <= KEYWORD_LENGTH_MAX) {
                    document.add(new StringField(text.name() + ".raw", text.value(), Store.NO));
                }
            }
            return document;
        }
    }

    /// The log that makes a batch durable before the index is.
    private static final class Translog {
        private final FileChannel file;
        private final Object forcing = new Object();
        private long written;
        private volatile long forced;

        Translog(Path path) throws IOException {
            file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        }

        void append(List<Source> batch) throws IOException {
            long end;
            synchronized (this) {
                for (Source source : batch) {
                    ByteBuffer bytes = ByteBuffer.wrap(source.json());
                    while (bytes.hasRemaining()) {
                        written += file.write(bytes);
                    }
                }
                end = written;
            }
            synchronized (forcing) {
                if (forced < end) {
                    long reached;
                    synchronized (this) {
                        reached = written;
                    }
                    file.force(false);
                    forced = reached;
                }
            }
        }
    }

    private LucenePeer() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 0) {
            System.err.println("give the file that spans.py made");
            System.exit(2);
        }
        int threads = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 2;
        int batchSize = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 20;
        List<Source> sources = new ArrayList<>();
        try (Stream<String> lines = Files.lines(Path.of(arguments[0]))) {
            lines.forEach(line -> sources.add(parse(line)));
        }
        Path directory = Files.createTempDirectory("peer-lucene-");
        try {
            System.out.println(measure(directory, sources, threads, batchSize));
        } finally {
            delete(directory);
        }
    }

    private static String measure(
            Path directory, List<Source> sources, int threads, int batchSize) throws Exception {
        Path index = directory.resolve("index");
        IndexWriterConfig config =
                new IndexWriterConfig(new StandardAnalyzer()).setRAMBufferSizeMB(256);
        ConcurrentLinkedQueue<Long> latencies = new ConcurrentLinkedQueue<>();
        double load = load();
        try (var files = FSDirectory.open(index);
                var writer = new IndexWriter(files, config)) {
            Translog log = new Translog(directory.resolve("translog"));
            long used = processorNanos();
            long begin = System.nanoTime();
            send(sources, threads, batchSize, writer, log, latencies);
            double seconds = (System.nanoTime() - begin) / 1e9;
            double usedSeconds = (processorNanos() - used) / 1e9;
            writer.commit();
            long committed = size(index);
            writer.forceMerge(1);
            writer.commit();
            long merged = size(index);
            if (writer.getDocStats().numDocs != sources.size()) {
                throw new IllegalStateException("documents were lost");
            }
            long raw = sources.stream().mapToLong(Source::rawBytes).sum();
            List<Long> sorted = latencies.stream().sorted().toList();
            return """
            {"peer": "Lucene", "settings": {"version": "%s", "threads": %d, "batch": "%d spans"}, \
            "spans": %d, "raw_bytes": %d, "seconds": %.2f, "raw_megabytes_per_second": %.1f, \
            "processor_seconds": %.2f, "raw_megabytes_per_processor_second": %.1f, \
            "acknowledge_ms_p50": %.1f, "acknowledge_ms_p99": %.1f, \
            "stored_bytes": {"as indexed": %d, "merged": %d}, \
            "raw_to_stored": {"as indexed": %.2f, "merged": %.2f}, \
            "load_average": [%.2f, %.2f], "processors": %d}"""
                    .formatted(
                            org.apache.lucene.util.Version.LATEST,
                            threads,
                            batchSize,
                            sources.size(),
                            raw,
                            seconds,
                            raw / seconds / 1e6,
                            usedSeconds,
                            raw / usedSeconds / 1e6,
                            sorted.get(sorted.size() / 2) / 1e6,
                            sorted.get(sorted.size() * 99 / 100) / 1e6,
                            committed,
                            merged,
                            (double) raw / committed,
                            (double) raw / merged,
                            load,
                            load(),
                            Runtime.getRuntime().availableProcessors());
        }
    }

    private static void send(
            List<Source> sources,
            int threads,
            int batchSize,
            IndexWriter writer,
            Translog log,
            ConcurrentLinkedQueue<Long> latencies)
            throws InterruptedException {
        AtomicInteger next = new AtomicInteger();
        ConcurrentLinkedQueue<IOException> failures = new ConcurrentLinkedQueue<>();
        Runnable sender =
                () -> {
                    try {
                        int from = next.getAndAdd(batchSize);
                        while (from < sources.size()) {
                            int to = Math.min(from + batchSize, sources.size());
                            long begin = System.nanoTime();
                            index(sources.subList(from, to), writer, log);
                            latencies.add(System.nanoTime() - begin);
                            from = next.getAndAdd(batchSize);
                        }
                    } catch (IOException e) {
                        failures.add(e);
                    }
                };
        List<Thread> senders =
                Stream.generate(() -> Thread.ofPlatform().start(sender)).limit(threads).toList();
        for (Thread thread : senders) {
            thread.join();
        }
        if (!failures.isEmpty()) {
            throw new UncheckedIOException(failures.element());
        }
    }

    private static void index(List<Source> batch, IndexWriter writer, Translog log)
            throws IOException {
        for (Source source : batch) {
            writer.addDocument(source.document());
        }
        log.append(batch);
    }

    private static Source parse(String line) {
        List<Text> texts = new ArrayList<>();
        long start = 0;
        long raw = 0;
        String name = "";
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), line)) {
            for (JsonToken token = parser.nextToken();
                    token != null;
                    token = parser.nextToken()) {
                if (token == JsonToken.PROPERTY_NAME) {
                    name = parser.currentName();
                } else if (token == JsonToken.VALUE_STRING) {
                    texts.add(new Text(name, parser.getString()));
                } else if (token == JsonToken.VALUE_NUMBER_INT && name.equals("start_time")) {
                    start = parser.getLongValue();
                } else if (token == JsonToken.VALUE_NUMBER_INT && name.equals("raw_bytes")) {
                    raw = parser.getLongValue();
                }
            }
        }
        return new Source(
                line.getBytes(StandardCharsets.UTF_8), start, raw, texts);
    }

    private static double load() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    private static long processorNanos() {
        return ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .orElse(Duration.ZERO)
                .toNanos();
    }

    private static long size(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
