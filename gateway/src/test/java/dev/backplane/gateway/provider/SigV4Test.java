package dev.backplane.gateway.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Slice;
import dev.backplane.http.client.ClientRequest.Header;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Against the test suite that AWS published for version 4 (`aws4_testsuite`, 2015).
class SigV4Test {
    private static final InstantSource CLOCK =
            InstantSource.fixed(Instant.parse("2015-08-30T12:36:00Z"));
    private static final String SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    private static String authorization(List<Header> headers) {
        return headers.stream()
                .filter(header -> header.name().equals("Authorization"))
                .map(Header::value)
                .findFirst()
                .orElseThrow();
    }

    private static SigV4 signer(String token, String service) {
        AwsCredentials credentials = new AwsCredentials("AKIDEXAMPLE", SECRET, token);
        return new SigV4(credentials, "us-east-1", service, CLOCK);
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/,5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        "POST,/,5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        "GET,/?Param2=value2&Param1=value1,"
                + "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        "GET,/ሴ,8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"
    })
    void signsAsPublished(String method, String path, String signature) {
        List<Header> sent =
                signer("", "service")
                        .sign(
                                method,
                                URI.create("https://example.amazonaws.com" + path),
                                List.of(new Header("Accept", "not signed")),
                                Slice.EMPTY);

        assertThat(authorization(sent))
                .isEqualTo(
                        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/"
                                + "aws4_request, SignedHeaders=host;x-amz-date, Signature="
                                + signature);
    }

    @Test
    void signsABodyWithItsType() {
        List<Header> sent =
                signer("", "service")
                        .sign(
                                "POST",
                                URI.create("https://example.amazonaws.com/"),
                                List.of(
                                        new Header(
                                                "Content-Type",
                                                "application/x-www-form-urlencoded")),
                                Slice.of("Param1=value1"));

        assertThat(authorization(sent))
                .endsWith(
                        "SignedHeaders=content-type;host;x-amz-date, Signature="
                                + "ff11897932ad3f4e8b18135d722051e5"
                                + "ac45fc38421b1da7b9d196a0fe09473a");
    }

    /// What botocore makes of the same request.
    @Test
    void anEncodedPathIsEncodedOnceMoreAndATokenIsSigned() {
        List<Header> sent =
                signer("TOKEN", "bedrock")
                        .sign(
                                "POST",
                                URI.create(
                                        "https://bedrock-runtime.us-east-1.amazonaws.com/model/"
                                                + "us.anthropic.claude-sonnet-4%3A0/converse"),
                                List.of(new Header("Content-Type", "application/json")),
                                Slice.of("{\"a\":1}"));

        assertThat(authorization(sent))
                .endsWith(
                        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, "
                                + "Signature=51c4a786cfb82d1d474c5a91ca298b52"
                                + "97bca1557a26afff103b5ef589930198");
    }

    @Test
    void aPortIsSignedOnlyWhereItIsSent() {
        String usual = authorization(sign("https://localhost:443/"));

        assertThat(authorization(sign("https://localhost/"))).isEqualTo(usual);
        assertThat(authorization(sign("https://localhost:444/"))).isNotEqualTo(usual);
    }

    private static List<Header> sign(String uri) {
        return signer("", "service").sign("GET", URI.create(uri), List.of(), Slice.EMPTY);
    }

    @Test
    void secretsAreInNoText() {
        assertThat(new AwsCredentials("AKID", "secret", "token").toString())
                .isEqualTo("AwsCredentials[AKID]");
    }
}
