package dev.backplane.s3;

import java.io.InputStream;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.gaul.s3proxy.BlobStores;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.blobstore.S3Exceptions;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/// An S3 service in memory (s3proxy) that fails when it is told to.
final class S3Server implements AutoCloseable {
    static final String BUCKET = "backplane-test";
    private static final String ACCESS_KEY = "local-access";
    static final String SECRET_KEY = "local-secret-never-printed";

    private final S3Proxy proxy;
    private final Faults faults;

    private S3Server(S3Proxy proxy, Faults faults) {
        this.proxy = proxy;
        this.faults = faults;
    }

    static S3Server start() throws Exception {
        Faults faults = new Faults(BlobStores.create("transient-nio2", new Properties()));
        faults.createContainer(BUCKET);
        S3Proxy proxy =
                S3Proxy.builder()
                        .blobStore(faults)
                        .endpoint(URI.create("http://127.0.0.1:0"))
                        .awsAuthentication(AuthenticationType.AWS_V4, ACCESS_KEY, SECRET_KEY)
                        .build();
        proxy.start();
        return new S3Server(proxy, faults);
    }

    Faults faults() {
        return faults;
    }

    /// A part of the bucket of its own.
    S3Config config() {
        return config(BUCKET, SECRET_KEY, UUID.randomUUID() + "/");
    }

    S3Config config(String bucket, String secret, String prefix) {
        return new S3Config(
                bucket,
                prefix,
                "us-east-1",
                Optional.of(URI.create("http://127.0.0.1:" + proxy.getPort())),
                true,
                Optional.of(new S3Config.Credentials(ACCESS_KEY, secret, Optional.empty())));
    }

    @Override
    public void close() {
        try {
            proxy.stop();
        } catch (Exception e) {
            throw new IllegalStateException("cannot stop the test service", e);
        }
    }

    /// The next calls of a kind fail, before or after they had their effect.
    static final class Faults extends ForwardingBlobStore {
        final AtomicInteger lostPuts = new AtomicInteger();
        final AtomicInteger failingPuts = new AtomicInteger();
        final AtomicInteger lostCompletions = new AtomicInteger();
        final AtomicInteger failingParts = new AtomicInteger();
        final AtomicInteger failingGets = new AtomicInteger();
        volatile boolean ignoresConditions;

        void none() {
            List.of(lostPuts, failingPuts, lostCompletions, failingParts, failingGets)
                    .forEach(times -> times.set(0));
            ignoresConditions = false;
        }

        Faults(BlobStore store) {
            super(store);
        }

        private static void fail(AtomicInteger times) {
            if (times.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                throw S3Exception.builder()
                        .statusCode(500)
                        .message("injected")
                        .awsErrorDetails(
                                AwsErrorDetails.builder()
                                        .errorCode("InternalError")
                                        .errorMessage("injected")
                                        .build())
                        .build();
            }
        }

        @Override
        public PutObjectResponse putBlob(PutObjectRequest request, InputStream payload) {
            fail(failingPuts);
            PutObjectRequest asked =
                    ignoresConditions
                            ? request.toBuilder().ifMatch(null).ifNoneMatch(null).build()
                            : request;
            PutObjectResponse response = decide(asked, payload);
            fail(lostPuts);
            return response;
        }

        /// One at a time, because the service checks If-Match before it comes here.
        private synchronized PutObjectResponse decide(
                PutObjectRequest request, InputStream payload) {
            String tag = request.ifMatch();
            if (tag != null) {
                HeadObjectResponse head = blobMetadataIfPresent(request.bucket(), request.key());
                if (head == null || !unquoted(head.eTag()).equals(unquoted(tag))) {
                    throw S3Exceptions.fromStatusCode(412);
                }
            }
            return super.putBlob(request, payload);
        }

        private static String unquoted(String tag) {
            return tag.replace("\"", "");
        }

        @Override
        public UploadPartResponse uploadMultipartPart(
                MultipartUpload upload, UploadPartRequest request, InputStream payload) {
            fail(failingParts);
            return super.uploadMultipartPart(upload, request, payload);
        }

        @Override
        public CompleteMultipartUploadResponse completeMultipartUpload(
                MultipartUpload upload, CompleteMultipartUploadRequest request) {
            CompleteMultipartUploadResponse response =
                    super.completeMultipartUpload(upload, request);
            fail(lostCompletions);
            return response;
        }

        @Override
        public ResponseInputStream<GetObjectResponse> getBlob(GetObjectRequest request) {
            fail(failingGets);
            return super.getBlob(request);
        }
    }
}
