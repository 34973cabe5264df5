package dev.backplane.s3;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.UUID;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

/// Reads ranges of objects, and whole objects as ranges side by side: each range is retried by
/// itself, and all are of one version because they are conditional on the tag of the first.
final class Download {
    private final S3Client client;
    private final String bucket;
    private final int rangeBytes;

    Download(S3Client client, String bucket, int rangeBytes) {
        this.client = client;
        this.bucket = bucket;
        this.rangeBytes = rangeBytes;
    }

    /// @param total length of the object; 0 where the range lies behind its end
    record Range(byte[] bytes, long total, String tag) {}

    Range range(String path, long offset, int length) {
        return range(path, offset, length, Optional.empty());
    }

    private Range range(String path, long offset, int length, Optional<String> tag) {
        long last = offset > Long.MAX_VALUE - length ? Long.MAX_VALUE : offset + length - 1;
        GetObjectRequest.Builder request =
                GetObjectRequest.builder()
                        .bucket(bucket)
                        .key(path)
                        .range("bytes=" + offset + "-" + last);
        tag.ifPresent(request::ifMatch);
        try {
            ResponseBytes<GetObjectResponse> response =
                    client.getObject(request.build(), ResponseTransformer.toBytes());
            return new Range(
                    response.asByteArrayUnsafe(),
                    total(response.response()),
                    response.response().eTag());
        } catch (S3Exception e) {
            if (Failures.isBehindEnd(e)) {
                return new Range(new byte[0], 0, "");
            }
            throw e;
        }
    }

    /// From `Content-Range: bytes 0-9/100` (RFC 9110, 14.4).
    private static long total(GetObjectResponse response) {
        String range = response.contentRange();
        return range == null
                ? response.contentLength()
                : Long.parseLong(range.substring(range.indexOf('/') + 1));
    }

    /// Writes the object next to `target`, syncs it and gives it its name.
    void toFile(String path, Path target) throws IOException {
        Range first = range(path, 0, rangeBytes);
        Path part = target.resolveSibling(target.getFileName() + "." + UUID.randomUUID() + ".part");
        try {
            try (FileChannel channel =
                    FileChannel.open(
                            part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                write(channel, 0, first.bytes());
                rest(path, first, channel);
                channel.force(true);
            }
            Files.move(
                    part,
                    target,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private void rest(String path, Range first, FileChannel channel) throws IOException {
        long remaining = first.total() - first.bytes().length;
        int count = Math.toIntExact(Math.ceilDiv(Math.max(0, remaining), rangeBytes));
        Parallel.run(
                count,
                number -> {
                    long offset = first.bytes().length + (long) number * rangeBytes;
                    int length = (int) Math.min(rangeBytes, first.total() - offset);
                    Range range = range(path, offset, length, Optional.of(first.tag()));
                    if (range.bytes().length != length) {
                        throw new IOException("answer is shorter than the object: " + path);
                    }
                    write(channel, offset, range.bytes());
                    return number;
                });
    }

    private static void write(FileChannel channel, long offset, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer, offset + buffer.position());
        }
    }
}
