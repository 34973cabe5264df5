package dev.backplane.s3;

import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import java.net.URI;
import java.util.Optional;

/// Where the bucket is and how to get in.
///
/// @param bucket its name; it must exist
/// @param prefix what all keys begin with, empty or ending in `/`: several stores in one bucket
/// @param region of the bucket; services other than AWS take any, `us-east-1` by habit
/// @param endpoint of a service other than AWS
/// @param pathStyle `endpoint/bucket/key` instead of `bucket.endpoint/key`; most other services and
///   every address without a name want it
/// @param credentials empty to search where AWS tools do: environment, profile files, the machine's
///   role
public record S3Config(
        String bucket,
        String prefix,
        String region,
        Optional<URI> endpoint,
        boolean pathStyle,
        Optional<Credentials> credentials) {
    private static final String WHERE = "s3 configuration";

    public S3Config {
        if (!bucket.matches("[a-z0-9][a-z0-9._-]{1,253}[a-z0-9]")) {
            throw config("bucket is not a bucket name")
                    .fix("set bucket to 3 to 255 characters of a-z 0-9 . _ -");
        }
        if (!prefix.isEmpty()
                && !(prefix.endsWith("/")
                        && ObjectStore.isKey(prefix.substring(0, prefix.length() - 1)))) {
            throw config("prefix cannot begin a key")
                    .fix("leave prefix empty or set it to something like backplane/");
        }
        if (region.isEmpty()) {
            throw config("region is empty").fix("set region, us-east-1 if the service has none");
        }
        if (endpoint.isPresent() && !isAddress(endpoint.get())) {
            throw config("endpoint is not an http or https address without path or user")
                    .fix("set endpoint to something like https://s3.example.org");
        }
    }

    /// A bucket of AWS with the credentials of the environment.
    public static S3Config of(String bucket, String region) {
        return new S3Config(bucket, "", region, Optional.empty(), false, Optional.empty());
    }

    private static boolean isAddress(URI endpoint) {
        boolean http = "http".equals(endpoint.getScheme()) || "https".equals(endpoint.getScheme());
        String path = endpoint.getPath();
        return http
                && endpoint.getHost() != null
                && endpoint.getUserInfo() == null
                && endpoint.getQuery() == null
                && (path == null || path.isEmpty() || path.equals("/"));
    }

    private static Problem config(String what) {
        return Problem.of(Problem.Kind.CONFIG, what, WHERE);
    }

    /// Where the objects are, for messages.
    String where() {
        return "s3://" + bucket + "/" + prefix + endpoint.map(uri -> " at " + uri).orElse("");
    }

    /// A key pair, and the token that goes with it when it is temporary. Never printed.
    public record Credentials(String accessKey, String secretKey, Optional<String> sessionToken) {
        public Credentials {
            if (accessKey.isBlank() || secretKey.isBlank()) {
                throw config("access key or secret key is empty")
                        .fix("set both, or neither to use those of the environment");
            }
        }

        @Override
        public String toString() {
            return "Credentials[hidden]";
        }
    }
}
