package dev.backplane.ingest.trajectory;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanSink;
import dev.backplane.core.Value;
import dev.backplane.ingest.Decoded;
import dev.backplane.ingest.EventBatch;
import dev.backplane.ingest.IngestContext;
import dev.backplane.ingest.Ingested;
import dev.backplane.ingest.Rejection;
import dev.backplane.ingest.json.JsonBytes;
import dev.backplane.ingest.ndjson.SpanLine;
import dev.backplane.ingest.otlp.OtlpDecoder;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;

/// Imports a file of a format that it finds out itself, see the package.
public final class FileImport {
    /// One chat, one line, or one OTLP request in a file.
    public static final int ELEMENT_LENGTH_MAX = 256 << 20;

    /// Each turn repeats all before it; without a limit a file of 256 MiB could stand for 100 TB.
    private static final long CHAT_INPUT_BYTES_MAX = 64L << 30;

    private static final int TRACES_COUNTED_MAX = 1_000_000;

    /// @param traces distinct ones, exact up to a million
    /// @param bytes read so far, after decompression
    /// @param rejections the first [dev.backplane.ingest.Ingested#REJECTIONS_MAX] of those refused
    public record Report(
            long traces, long spans, long rejected, long bytes, List<Rejection> rejections) {
        public Report {
            rejections = List.copyOf(rejections);
        }
    }

    private final String fileName;
    private final IngestContext context;
    private final ChatTimes times;
    private final Elements elements;
    private final EventBatch batch;
    private final Set<String> traces = new HashSet<>();
    private long index;

    private FileImport(
            InputStream body,
            String fileName,
            IngestContext context,
            ChatTimes times,
            SpanSink sink,
            Consumer<Report> progress) {
        this.fileName = fileName.substring(fileName.lastIndexOf('/') + 1);
        this.context = context;
        this.times = times;
        this.elements = new Elements(body, ELEMENT_LENGTH_MAX);
        this.batch = new EventBatch(sink, () -> progress.accept(report()));
    }

    /// Reads `body` to its end and appends its spans to `sink` in bounded batches.
    ///
    /// @param fileName part of the identity of what is imported: the same file under the same name
    ///   is the same spans
    /// @param times for chats that name none
    /// @param progress called after each batch
    /// @throws Problem `INVALID` if the format is none we know or the file breaks off (what came
    ///   before is stored, and recognised when the whole file is imported again); whatever `sink`
    ///   throws
    public static Report read(
            InputStream body,
            String fileName,
            IngestContext context,
            ChatTimes times,
            SpanSink sink,
            Consumer<Report> progress) {
        FileImport reader = new FileImport(plain(body), fileName, context, times, sink, progress);
        reader.run();
        return reader.report();
    }

    private static InputStream plain(InputStream body) {
        try {
            BufferedInputStream buffered = new BufferedInputStream(body, 1 << 16);
            buffered.mark(2);
            boolean gzip = buffered.read() == 0x1F && buffered.read() == 0x8B;
            buffered.reset();
            return gzip ? new GZIPInputStream(buffered, 1 << 16) : buffered;
        } catch (IOException e) {
            throw Problem.invalid("file cannot be read", "its first bytes")
                    .fix("check that the file is complete")
                    .causedBy(e);
        }
    }

    private Report report() {
        Ingested result = batch.result();
        return new Report(
                traces.size(),
                result.accepted(),
                result.rejected(),
                elements.bytes(),
                result.rejections());
    }

    private void run() {
        Optional<Elements.Element> next = elements.next();
        if (next.isPresent() && elements.inArray() && isMessage(next.get())) {
            conversation(next.get());
        } else {
            while (next.isPresent()) {
                element(next.get());
                next = elements.next();
            }
        }
        batch.flush();
    }

    private void element(Elements.Element element) {
        Runnable deliver;
        try {
            if (element.tooLong()) {
                throw tooLong(element);
            }
            Slice value = JsonBytes.checked(element.text(), element.line(), fileName);
            deliver = prepare(value, element.line());
        } catch (Problem problem) {
            deliver = () -> batch.reject(new Rejection(element.line(), problem));
        }
        deliver.run();
        index++;
    }

    /// Everything that can find fault with the element; what is left to do cannot, so that a fault
    /// of the sink is never taken for one of the file.
    private Runnable prepare(Slice value, long line) {
        if (JsonBytes.member(value, "resourceSpans").isPresent()
                || JsonBytes.member(value, "resource_spans").isPresent()) {
            Decoded decoded = OtlpDecoder.json(value, context);
            long share = value.length() / Math.max(1, decoded.events().size());
            return () -> {
                decoded.rejected()
                        .forEach(rejection ->
                                batch.reject(new Rejection(line, rejection.problem())));
                decoded.events().forEach(event -> add(event, share));
            };
        }
        if (JsonBytes.member(value, "trace_id").isPresent()
                && JsonBytes.member(value, "span_id").isPresent()) {
            SpanEvent event = SpanLine.event(value, line, context);
            return () -> add(event, value.length());
        }
        Optional<Slice> messages = Trajectory.messages(value);
        if (messages.isPresent()) {
            if (Trajectory.inputBytes(messages.get()) > CHAT_INPUT_BYTES_MAX) {
                throw Problem.tooLarge(
                                "turns with more than "
                                        + (CHAT_INPUT_BYTES_MAX >> 30)
                                        + " GiB of history together",
                                "line " + line)
                        .fix("split the chat");
            }
            long place = index;
            return () ->
                    Trajectory.read(
                            value, context.project(), fileName, place, times, this::addTurn);
        }
        throw Problem.invalid("neither a chat, an OTLP request nor a span", "line " + line)
                .fix("send messages with roles, resourceSpans, or trace_id and span_id");
    }

    /// The whole file is the message list of one chat.
    private void conversation(Elements.Element first) {
        JsonOut all = new JsonOut().beginArray();
        long length = 0;
        Optional<Elements.Element> next = Optional.of(first);
        while (next.isPresent()) {
            length += next.get().text().length();
            if (length > ELEMENT_LENGTH_MAX) {
                throw tooLong(first);
            }
            all.json(JsonBytes.checked(next.get().text(), next.get().line(), fileName));
            next = elements.next();
        }
        prepare(all.endArray().slice(), first.line()).run();
    }

    private static boolean isMessage(Elements.Element element) {
        return JsonBytes.valid(element.text())
                && Trajectory.isMessage(element.text())
                && Trajectory.messages(element.text()).isEmpty();
    }

    private void addTurn(SpanEvent event) {
        long[] size = new long[1];
        event.data()
                .forEach((_, value) ->
                        size[0] +=
                                value instanceof Value.Json(dev.backplane.core.Content json)
                                        ? json.size()
                                        : 64);
        add(event, size[0]);
    }

    private void add(SpanEvent event, long size) {
        if (traces.size() < TRACES_COUNTED_MAX) {
            traces.add(event.key().trace());
        }
        batch.add(event, size);
    }

    private static Problem tooLong(Elements.Element element) {
        return Problem.tooLarge(
                        "value of more than " + (ELEMENT_LENGTH_MAX >> 20) + " MiB",
                        "line " + element.line())
                .fix("split it, or send its large fields one by one with PUT /api/v1/spans");
    }
}
