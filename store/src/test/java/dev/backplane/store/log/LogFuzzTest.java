package dev.backplane.store.log;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.HybridClock;
import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.Value;
import dev.backplane.store.event.ByteWriter;
import dev.backplane.testkit.Gen;
import dev.backplane.testkit.SpanGen;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Whatever bytes a log file has, opening it ends with a [Problem] or with the records before the
/// damage, and what was kept can be read or is a [Problem] again. In a normal run the fuzz tests
/// see only the empty input; with `JAZZER_FUZZ=1` they search.
class LogFuzzTest {
    @FuzzTest(maxDuration = "2m")
    void file(byte[] bytes) throws IOException {
        open(bytes);
    }

    /// Past the checksum: the bytes are the entries of one record.
    @FuzzTest(maxDuration = "2m")
    void entries(byte[] bytes) throws IOException {
        ByteWriter out = new ByteWriter(bytes.length + 32);
        byte[] header = LogFormat.header(1).array();
        out.put(header, 0, LogFormat.HEADER_SIZE);
        int start = LogFormat.begin(out);
        out.put(bytes, 0, bytes.length);
        LogFormat.end(out, start);
        open(out.toBytes());
    }

    /// A real log with bytes flipped, put in and cut off, before the checksums and after.
    @Test
    void opensOrRefusesADamagedLog() throws IOException {
        byte[] whole = real();
        Gen.check(
                400,
                random -> {
                    byte[] damaged = Gen.damaged(random, whole);
                    open(damaged);
                    int entries = LogFormat.HEADER_SIZE + LogFormat.RECORD_HEADER_SIZE;
                    entries(Gen.damaged(random, Arrays.copyOfRange(whole, entries, whole.length)));
                });
    }

    /// All of it in one record.
    private static byte[] real() throws IOException {
        try (FileSystem files = Jimfs.newFileSystem(Configuration.unix())) {
            Path directory = files.getPath("/log");
            try (Log log = log(directory)) {
                List<SpanEvent> events = new SpanGen(Gen.random(7)).events(30);
                log.append(events);
            }
            return Files.readAllBytes(Generation.path(directory, 1));
        }
    }

    private static Log log(Path directory) throws IOException {
        return Log.open(
                directory,
                0,
                HybridClock.system(),
                LogLimits.DEFAULT,
                LogReplica.NONE,
                new Meter(),
                () -> {});
    }

    private static void open(byte[] bytes) throws IOException {
        try (FileSystem files = Jimfs.newFileSystem(Configuration.unix())) {
            Path directory = Files.createDirectories(files.getPath("/log"));
            Files.write(Generation.path(directory, 1), bytes);
            try (Log log = log(directory)) {
                read(log.generations().getFirst());
            } catch (Problem refused) {
                // said what, where and what to do
            }
        }
    }

    private static void read(Generation generation) {
        for (String project : generation.spans().projects()) {
            List<FreshSpan> spans = new ArrayList<>();
            generation.spans().project(project, spans::add);
            for (FreshSpan span : spans) {
                try {
                    generation
                            .events(span, EnumSet.allOf(Field.class))
                            .forEach(event -> read(event.data()));
                    generation.row(span);
                } catch (Problem damaged) {
                    // the next span may be whole
                }
            }
        }
    }

    private static void read(SpanData data) {
        data.forEach((_, value) -> {
            switch (value) {
                case Value.Text(Content content) -> read(content);
                case Value.Json(Content content) -> read(content);
                default -> {
                    // nothing to follow
                }
            }
        });
    }

    private static void read(Content content) {
        try {
            content.writeTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
