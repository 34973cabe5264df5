package dev.backplane.s3;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Set;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/// Whose fault an error is: that of the configuration (a [Problem], retrying is useless), of the
/// network or the service (an [IOException], retrying may help), or nobody's (the condition of a
/// write was not met, the object is not there).
final class Failures {
    private static final int SUCCESS_MIN = 200;
    private static final Set<String> CREDENTIAL_CODES =
            Set.of(
                    "InvalidAccessKeyId",
                    "SignatureDoesNotMatch",
                    "InvalidToken",
                    "ExpiredToken",
                    "TokenRefreshRequired",
                    "InvalidSecurity",
                    "NotSignedUp");
    private static final Set<String> REGION_CODES =
            Set.of(
                    "PermanentRedirect",
                    "AuthorizationHeaderMalformed",
                    "IllegalLocationConstraintException");

    private final S3Config config;

    Failures(S3Config config) {
        this.config = config;
    }

    /// The condition of a write was not met.
    static boolean isUnmet(S3Exception e) {
        return e.statusCode() == 412;
    }

    /// Two conditional writes of one object met; the service asks to try again.
    static boolean isRace(S3Exception e) {
        return e.statusCode() == 409;
    }

    static boolean isAbsent(S3Exception e) {
        return e.statusCode() == 404 && !code(e).equals("NoSuchBucket");
    }

    static boolean isBehindEnd(S3Exception e) {
        return e.statusCode() == 416;
    }

    /// Whether this is the answer to a repetition, so that an earlier attempt may have succeeded.
    static boolean isRepeated(SdkException e) {
        Integer attempts = e.numAttempts();
        return attempts == null || attempts > 1;
    }

    IOException unknown(String operation, String key, SdkException e) {
        return new IOException(
                "%s of '%s' at %s had no answer at first, and whether it happened cannot be told"
                        .formatted(operation, key, config.where()),
                e);
    }

    static String code(S3Exception e) {
        String code = e.awsErrorDetails() == null ? null : e.awsErrorDetails().errorCode();
        return code == null ? "" : code;
    }

    /// What to throw for an error that the operation has no answer for.
    ///
    /// @throws Problem `CONFIG`
    IOException failure(String operation, String key, SdkException e) {
        if (e instanceof S3Exception answered) {
            return answered(operation, key, answered);
        }
        String message = e.getMessage() == null ? "" : e.getMessage();
        if (message.contains("Unable to load credentials")) {
            throw config("no credentials for the bucket", e)
                    .fix(
                            "set access_key and secret_key, or AWS_ACCESS_KEY_ID and"
                                    + " AWS_SECRET_ACCESS_KEY in the environment");
        }
        return new IOException(
                "%s of '%s' had no answer from %s".formatted(operation, key, config.where()), e);
    }

    private IOException answered(String operation, String key, S3Exception e) {
        String code = code(e);
        if (CREDENTIAL_CODES.contains(code)) {
            throw config("the bucket's service does not accept the credentials, " + code, e)
                    .fix("check access_key, secret_key and session_token");
        }
        if (code.equals("NoSuchBucket") || e.statusCode() == 404 && key.isEmpty()) {
            throw config("there is no such bucket", e).fix("make the bucket or correct its name");
        }
        if (REGION_CODES.contains(code) || e.statusCode() == 301) {
            throw config("the bucket is in another region", e).fix("set region to the bucket's");
        }
        if (e.statusCode() == 401 || e.statusCode() == 403) {
            throw config(operation + " is not permitted, " + describe(e), e)
                    .fix(
                            "grant the credentials s3:ListBucket on the bucket, and s3:GetObject,"
                                    + " s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload"
                                    + " on its objects; check the machine's clock");
        }
        if (isAbsent(e)) {
            NoSuchFileException absent = new NoSuchFileException(key);
            absent.initCause(e);
            return absent;
        }
        return new IOException(
                "%s of '%s' failed at %s: %s"
                        .formatted(operation, key, config.where(), describe(e)),
                e);
    }

    private static String describe(S3Exception e) {
        String code = code(e);
        String status = e.statusCode() < SUCCESS_MIN ? "no status" : "status " + e.statusCode();
        return status
                + (code.isEmpty() ? "" : ", " + code)
                + (e.requestId() == null ? "" : ", request " + e.requestId());
    }

    private Problem config(String what, SdkException e) {
        return Problem.of(Problem.Kind.CONFIG, what, config.where()).causedBy(e);
    }
}
