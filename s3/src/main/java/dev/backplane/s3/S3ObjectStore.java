package dev.backplane.s3;

import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/// An [ObjectStore] in an S3 bucket. The tag is the ETag.
///
/// Conditional writes are `If-None-Match: *` and `If-Match`
/// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html), also when a
/// multipart upload is completed. A service that ignores them would lose data silently, so opening
/// a store tries them with an object below `.probe/` and refuses such a service.
///
/// The SDK retries what may be retried, [#ATTEMPTS_MAX] attempts with growing pauses. If the first
/// attempt of a write succeeded but its answer was lost, the second finds its own object and the
/// service says "exists": the id of the write, which every object carries, tells. Should another
/// writer have replaced the object in between, nobody can tell any more and the write fails as one
/// of unknown outcome.
public final class S3ObjectStore implements ObjectStore {
    static final String WRITE_ID = "backplane-write";

    private static final int ATTEMPTS_MAX = 5;
    private static final Duration PAUSE_MIN = Duration.ofMillis(50);
    private static final Duration PAUSE_MAX = Duration.ofSeconds(2);
    private static final int RACES_MAX = 20;
    private static final int CONNECTIONS_MAX = 64;
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration ATTEMPT_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration CALL_TIMEOUT = Duration.ofMinutes(3);

    private final S3Config config;
    private final Failures failures;
    private final S3Client client;
    private final Upload upload;
    private final Download download;
    private volatile boolean closed;

    private S3ObjectStore(S3Config config, S3Client client, long partBytes) {
        this.config = config;
        this.client = client;
        this.failures = new Failures(config);
        this.upload = new Upload(client, config.bucket(), partBytes);
        this.download = new Download(client, config.bucket(), (int) partBytes);
    }

    /// Connects to the bucket, and makes sure that it is there and honours conditions.
    ///
    /// @throws Problem `CONFIG` when bucket, credentials or service will not do
    /// @throws IOException when the service does not answer
    public static S3ObjectStore open(S3Config config) throws IOException {
        return open(config, Upload.PART_BYTES);
    }

    /// @param partBytes size of the pieces in which large files travel, at least 5 MiB for AWS
    static S3ObjectStore open(S3Config config, long partBytes) throws IOException {
        S3ObjectStore store = new S3ObjectStore(config, client(config), partBytes);
        try {
            store.probe();
            return store;
        } catch (IOException | RuntimeException e) {
            store.close();
            throw e;
        }
    }

    /// Content-MD5 guards what is sent; the SDK's own trailing checksums are left out because
    /// services other than AWS trip over them.
    private static S3Client client(S3Config config) {
        S3ClientBuilder builder =
                S3Client.builder()
                        .region(Region.of(config.region()))
                        .forcePathStyle(config.pathStyle())
                        .credentialsProvider(credentials(config))
                        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                        .httpClientBuilder(
                                Apache5HttpClient.builder()
                                        .connectionTimeout(CONNECT_TIMEOUT)
                                        .socketTimeout(ATTEMPT_TIMEOUT)
                                        .maxConnections(CONNECTIONS_MAX))
                        .overrideConfiguration(override ->
                                override.apiCallAttemptTimeout(ATTEMPT_TIMEOUT)
                                        .apiCallTimeout(CALL_TIMEOUT)
                                        .retryStrategy(
                                                AwsRetryStrategy.standardRetryStrategy().toBuilder()
                                                        .maxAttempts(ATTEMPTS_MAX)
                                                        .backoffStrategy(
                                                                BackoffStrategy.exponentialDelay(
                                                                        PAUSE_MIN, PAUSE_MAX))
                                                        .build()));
        config.endpoint().ifPresent(builder::endpointOverride);
        return builder.build();
    }

    private static AwsCredentialsProvider credentials(S3Config config) {
        if (config.credentials().isEmpty()) {
            return DefaultCredentialsProvider.builder().build();
        }
        S3Config.Credentials given = config.credentials().get();
        AwsCredentials credentials =
                given.sessionToken().isPresent()
                        ? AwsSessionCredentials.create(
                                given.accessKey(), given.secretKey(), given.sessionToken().get())
                        : AwsBasicCredentials.create(given.accessKey(), given.secretKey());
        return StaticCredentialsProvider.create(credentials);
    }

    /// Writes what must succeed and twice what must not.
    private void probe() throws IOException {
        call("open", "", () -> client.headBucket(head -> head.bucket(config.bucket())));
        String key = config.prefix() + ".probe/" + UUID.randomUUID();
        byte[] bytes = {1};
        String tag = write(key, bytes, PutObjectRequest.builder().ifNoneMatch("*")).orElse("");
        try {
            boolean ignored =
                    tag.isEmpty()
                            || write(key, bytes, PutObjectRequest.builder().ifNoneMatch("*"))
                                    .isPresent()
                            || write(
                                            key,
                                            bytes,
                                            PutObjectRequest.builder()
                                                    .ifMatch("\"" + "0".repeat(32) + "\""))
                                    .isPresent()
                            || write(key, bytes, PutObjectRequest.builder().ifMatch(tag)).isEmpty();
            if (ignored) {
                throw Problem.of(
                                Problem.Kind.CONFIG,
                                "the service does not honour conditional writes",
                                config.where())
                        .fix(
                                "use a service that implements If-None-Match and If-Match on"
                                        + " PutObject, for example AWS S3, Cloudflare R2 or MinIO");
            }
        } finally {
            remove(key);
        }
    }

    @Override
    public Optional<String> putIfAbsent(String key, byte[] bytes) throws IOException {
        return write(path(key), bytes, PutObjectRequest.builder().ifNoneMatch("*"));
    }

    @Override
    public Optional<String> putIfMatch(String key, byte[] bytes, String tag) throws IOException {
        return write(path(key), bytes, PutObjectRequest.builder().ifMatch(tag));
    }

    private Optional<String> write(String path, byte[] bytes, PutObjectRequest.Builder condition)
            throws IOException {
        String id = UUID.randomUUID().toString();
        PutObjectRequest request =
                condition
                        .bucket(config.bucket())
                        .key(path)
                        .contentMD5(Md5.of(bytes))
                        .metadata(Map.of(WRITE_ID, id))
                        .build();
        return conditionally(
                "put",
                path,
                id,
                () -> client.putObject(request, RequestBody.fromBytes(bytes)).eTag());
    }

    @Override
    public Optional<String> putIfAbsent(String key, Path file) throws IOException {
        String path = path(key);
        if (Files.size(file) <= upload.partBytes()) {
            return putIfAbsent(key, Files.readAllBytes(file));
        }
        if (head(path).isPresent()) {
            return Optional.empty();
        }
        String id = UUID.randomUUID().toString();
        try (Upload.Parts parts = call("upload", path, () -> upload.send(path, file, id))) {
            return conditionally("upload", path, id, parts::complete);
        }
    }

    private interface Request<R> {
        R send() throws IOException;
    }

    private <R> R call(String operation, String path, Request<R> request) throws IOException {
        requireOpen();
        try {
            return request.send();
        } catch (SdkException e) {
            throw failures.failure(operation, path, e);
        }
    }

    /// Sends a conditional write until the service decides on it.
    ///
    /// @return the new tag, or empty when the condition was not met
    /// @throws IOException also when the condition was not met on a repetition and the object is
    ///   somebody else's: an earlier attempt may have succeeded and been overwritten since
    private Optional<String> conditionally(
            String operation, String path, String id, Request<String> request) throws IOException {
        requireOpen();
        boolean repeated = false;
        for (int races = 0; ; races++) {
            try {
                return Optional.of(request.send());
            } catch (S3Exception e) {
                repeated |= Failures.isRepeated(e);
                if (Failures.isUnmet(e) || Failures.isAbsent(e)) {
                    Optional<String> own = repeated ? ownTag(path, id) : Optional.empty();
                    if (repeated && own.isEmpty()) {
                        throw failures.unknown(operation, path, e);
                    }
                    return own;
                }
                if (!Failures.isRace(e) || races == RACES_MAX) {
                    throw failures.failure(operation, path, e);
                }
                pause(races);
            } catch (SdkException e) {
                throw failures.failure(operation, path, e);
            }
        }
    }

    /// The tag of the object if this very write made it.
    private Optional<String> ownTag(String path, String id) throws IOException {
        return head(path)
                .filter(head -> id.equals(head.metadata().get(WRITE_ID)))
                .map(HeadObjectResponse::eTag);
    }

    private Optional<HeadObjectResponse> head(String path) throws IOException {
        try {
            return Optional.of(
                    call(
                            "head",
                            path,
                            () ->
                                    client.headObject(
                                            head -> head.bucket(config.bucket()).key(path))));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private static void pause(int races) throws IOException {
        try {
            Thread.sleep(ThreadLocalRandom.current().nextInt(10, 50 + 20 * races));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public Optional<Tagged> get(String key) throws IOException {
        String path = path(key);
        GetObjectRequest request =
                GetObjectRequest.builder().bucket(config.bucket()).key(path).build();
        try {
            ResponseBytes<GetObjectResponse> response =
                    call(
                            "get",
                            path,
                            () -> client.getObject(request, ResponseTransformer.toBytes()));
            return Optional.of(
                    new Tagged(response.asByteArrayUnsafe(), response.response().eTag()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public byte[] getRange(String key, long offset, int length) throws IOException {
        String path = path(key);
        if (offset < 0 || length < 0) {
            throw Problem.invalid("range " + offset + "+" + length + " is negative", key)
                    .fix("ask for an offset and a length of 0 or more");
        }
        if (length == 0) {
            if (head(path).isEmpty()) {
                throw new NoSuchFileException(key);
            }
            return new byte[0];
        }
        byte[] bytes = call("get range", path, () -> download.range(path, offset, length).bytes());
        return bytes.length <= length ? bytes : Arrays.copyOf(bytes, length);
    }

    @Override
    public Path fetch(String key, Path target) throws IOException {
        String path = path(key);
        call(
                "fetch",
                path,
                () -> {
                    download.toFile(path, target);
                    return target;
                });
        return target;
    }

    @Override
    public List<Listed> list(String prefix) throws IOException {
        ObjectStore.requirePrefix(prefix);
        ListObjectsV2Request request =
                ListObjectsV2Request.builder()
                        .bucket(config.bucket())
                        .prefix(config.prefix() + prefix)
                        .build();
        List<Listed> found = new ArrayList<>();
        call(
                "list",
                config.prefix() + prefix,
                () -> {
                    for (S3Object object : client.listObjectsV2Paginator(request).contents()) {
                        String key = object.key().substring(config.prefix().length());
                        if (ObjectStore.isKey(key)) {
                            found.add(new Listed(key, object.size()));
                        }
                    }
                    return found;
                });
        found.sort(Comparator.comparing(Listed::key));
        return List.copyOf(found);
    }

    @Override
    public void delete(String key) throws IOException {
        remove(path(key));
    }

    private void remove(String path) throws IOException {
        try {
            call(
                    "delete",
                    path,
                    () -> client.deleteObject(delete -> delete.bucket(config.bucket()).key(path)));
        } catch (NoSuchFileException e) {
            // Some services say so; the object is gone, which is what was asked for.
        }
    }

    @Override
    public void close() {
        closed = true;
        client.close();
    }

    private String path(String key) {
        return config.prefix() + ObjectStore.requireKey(key);
    }

    private void requireOpen() throws IOException {
        if (closed) {
            throw new IOException("object store is closed: " + config.where());
        }
    }
}
