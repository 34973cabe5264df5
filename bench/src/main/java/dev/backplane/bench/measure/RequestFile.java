package dev.backplane.bench.measure;

import dev.backplane.bench.report.Progress;
import dev.backplane.bench.runs.AgentRun;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// OTLP requests made beforehand, one behind the other in a file, so that sending them costs a read
/// from the page cache and a write to a socket and nothing else. Reading is thread-safe.
final class RequestFile implements AutoCloseable {
    /// @param last a span of the request by which to see whether it has become visible
    record Request(long offset, int length, int spans, Witness last) {}

    record Witness(String traceId, String spanId, Optional<String> callId) {}

    private final Path path;
    private final FileChannel channel;
    private final List<Request> requests;

    private RequestFile(Path path, List<Request> requests) throws IOException {
        this.path = path;
        this.channel = FileChannel.open(path, StandardOpenOption.READ);
        this.requests = List.copyOf(requests);
    }

    /// Writes requests of about `requestBytes` until there are `totalBytes`.
    static RequestFile write(
            Path path, Workload workload, long totalBytes, int requestBytes, Progress progress)
            throws IOException {
        List<Request> requests = new ArrayList<>();
        long offset = 0;
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(path), 1 << 20)) {
            while (offset < totalBytes) {
                int length = 0;
                int spans = 0;
                Workload.Encoded last = workload.next();
                while (true) {
                    out.write(last.bytes());
                    length += last.bytes().length;
                    spans++;
                    if (length >= requestBytes) {
                        break;
                    }
                    last = workload.next();
                }
                requests.add(new Request(offset, length, spans, witness(last)));
                offset += length;
                progress.at("making requests", offset, totalBytes);
            }
        }
        return new RequestFile(path, requests);
    }

    private static Witness witness(Workload.Encoded encoded) {
        return new Witness(
                encoded.run().traceId(), AgentRun.hex(encoded.span().id()), encoded.callId());
    }

    List<Request> requests() {
        return requests;
    }

    long bytes() {
        Request last = requests.getLast();
        return last.offset() + last.length();
    }

    long spans() {
        return requests.stream().mapToLong(Request::spans).sum();
    }

    byte[] read(Request request) throws IOException {
        byte[] bytes = new byte[request.length()];
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, request.offset() + buffer.position()) < 0) {
                throw new IOException("file of requests is cut short: " + path);
            }
        }
        return bytes;
    }

    /// Closes and deletes the file.
    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(path);
    }
}
