package dev.backplane.ingest;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.ingest.braintrust.Logs3;
import dev.backplane.ingest.ndjson.SpanLines;
import dev.backplane.ingest.otlp.OtlpDecoder;
import dev.backplane.ingest.trajectory.ChatTimes;
import dev.backplane.ingest.trajectory.FileImport;
import java.time.Instant;
import java.util.OptionalLong;

/// Whatever the bytes, a decoder answers or throws a [Problem]. In a normal run each sees only the
/// inputs under `src/test/resources`; with `JAZZER_FUZZ=1` it searches.
class IngestFuzzTest {
    @FuzzTest(maxDuration = "2m")
    void otlpProtobuf(byte[] bytes) {
        guarded(() -> OtlpDecoder.protobuf(Slice.of(bytes), Otlp.CONTEXT));
    }

    @FuzzTest(maxDuration = "2m")
    void otlpJson(byte[] bytes) {
        guarded(() -> OtlpDecoder.json(Slice.of(bytes), Otlp.CONTEXT));
    }

    @FuzzTest(maxDuration = "2m")
    void lines(byte[] bytes) {
        guarded(() -> SpanLines.read(Slice.of(bytes).open(), Otlp.CONTEXT, new Collected()));
    }

    @FuzzTest(maxDuration = "2m")
    void logs3(byte[] bytes) {
        guarded(() -> Logs3.decode(Slice.of(bytes), Otlp.CONTEXT, Otlp.NO_ROWS));
    }

    @FuzzTest(maxDuration = "2m")
    void files(byte[] bytes) {
        guarded(() ->
                FileImport.read(
                        Slice.of(bytes).open(),
                        "file",
                        Otlp.CONTEXT,
                        new ChatTimes(Instant.EPOCH, _ -> OptionalLong.empty()),
                        new Collected(),
                        _ -> {}));
    }

    private static void guarded(Runnable decode) {
        try {
            decode.run();
        } catch (Problem problem) {
            if (problem.kind() == Problem.Kind.INTERNAL) {
                throw problem;
            }
        }
    }
}
