package dev.backplane.s3;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/// Sends a large file in parts, four at once. Nothing is visible until the parts are completed,
/// which is the conditional step; parts that are never completed are aborted, and if the process
/// dies first the bucket's lifecycle rule for incomplete uploads has to remove them.
///
/// Memory: four parts, of 16 MiB or (above 156 GiB) as many as 10,000 parts need.
final class Upload {
    static final long PART_BYTES = 16L << 20;
    private static final int PARTS_MAX = 10_000;

    private final S3Client client;
    private final String bucket;
    private final long partBytes;

    Upload(S3Client client, String bucket, long partBytes) {
        this.client = client;
        this.bucket = bucket;
        this.partBytes = partBytes;
    }

    long partBytes() {
        return partBytes;
    }

    /// Sends all parts of the file.
    Parts send(String path, Path file, String id) throws IOException {
        String upload =
                client.createMultipartUpload(create ->
                                create.bucket(bucket)
                                        .key(path)
                                        .metadata(Map.of(S3ObjectStore.WRITE_ID, id)))
                        .uploadId();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            long step = Math.max(partBytes, Math.ceilDiv(size, PARTS_MAX));
            int count = Math.toIntExact(Math.ceilDiv(size, step));
            return new Parts(
                    path,
                    upload,
                    Parallel.run(
                            count,
                            number -> {
                                long start = number * step;
                                byte[] bytes = read(channel, start, Math.min(step, size - start));
                                return part(path, upload, number + 1, bytes);
                            }));
        } catch (IOException | RuntimeException e) {
            abort(path, upload);
            throw e;
        }
    }

    private static byte[] read(FileChannel channel, long start, long length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(length));
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, start + buffer.position()) < 0) {
                throw new EOFException("file became shorter while it was uploaded");
            }
        }
        return buffer.array();
    }

    private CompletedPart part(String path, String upload, int number, byte[] bytes) {
        String tag =
                client.uploadPart(
                                part ->
                                        part.bucket(bucket)
                                                .key(path)
                                                .uploadId(upload)
                                                .partNumber(number)
                                                .contentMD5(Md5.of(bytes)),
                                RequestBody.fromBytes(bytes))
                        .eTag();
        return CompletedPart.builder().partNumber(number).eTag(tag).build();
    }

    private void abort(String path, String upload) {
        try {
            client.abortMultipartUpload(abort -> abort.bucket(bucket).key(path).uploadId(upload));
        } catch (SdkException e) {
            System.getLogger(Upload.class.getName())
                    .log(
                            System.Logger.Level.WARNING,
                            "cannot abort the upload of {0}; the bucket''s lifecycle rule will",
                            path);
        }
    }

    /// Parts that the service holds. Closing gives them up unless they were completed.
    final class Parts implements AutoCloseable {
        private final String path;
        private final String upload;
        private final List<CompletedPart> parts;
        private boolean completed;

        private Parts(String path, String upload, List<CompletedPart> parts) {
            this.path = path;
            this.upload = upload;
            this.parts = parts;
        }

        /// Makes the object, if there is none under its key.
        ///
        /// @return its tag
        String complete() {
            String tag =
                    client.completeMultipartUpload(complete ->
                                    complete.bucket(bucket)
                                            .key(path)
                                            .uploadId(upload)
                                            .ifNoneMatch("*")
                                            .multipartUpload(done -> done.parts(parts)))
                            .eTag();
            completed = true;
            return tag;
        }

        @Override
        public void close() {
            if (!completed) {
                abort(path, upload);
            }
        }
    }
}
