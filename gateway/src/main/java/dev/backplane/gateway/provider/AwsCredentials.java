package dev.backplane.gateway.provider;

/// A key of AWS.
///
/// @param sessionToken of temporary credentials, or empty
public record AwsCredentials(String accessKey, String secretKey, String sessionToken) {
    @Override
    public String toString() {
        return "AwsCredentials[" + accessKey + "]";
    }
}
