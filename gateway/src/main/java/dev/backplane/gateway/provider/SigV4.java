package dev.backplane.gateway.provider;

import dev.backplane.core.Slice;
import dev.backplane.http.client.ClientRequest.Header;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// AWS Signature Version 4 in the `Authorization` header, as every service but S3 wants it
/// (docs.aws.amazon.com, "Create a signed AWS API request"; botocore, `auth.py`):
///
/// ```
/// canonical = method LF path, encoded once more LF query, sorted LF
///             *( name ":" value LF ) LF names LF hex(sha256(body))
/// to sign   = "AWS4-HMAC-SHA256" LF time LF scope LF hex(sha256(canonical))
/// scope     = date "/" region "/" service "/aws4_request"
/// key       = hmac(hmac(hmac(hmac("AWS4" secret, date), region), service), "aws4_request")
/// signature = hex(hmac(key, to sign))
/// ```
///
/// Signed are `Host`, `Content-Type` and all that begins with `X-Amz-`: what a proxy may add or
/// change is not. Thread-safe.
final class SigV4 implements Upstream.Signer {
    private static final String ALGORITHM = "AWS4-HMAC-SHA256";
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private final AwsCredentials credentials;
    private final String region;
    private final String service;
    private final InstantSource clock;

    SigV4(AwsCredentials credentials, String region, String service, InstantSource clock) {
        this.credentials = credentials;
        this.region = region;
        this.service = service;
        this.clock = clock;
    }

    @Override
    public List<Header> sign(String method, URI uri, List<Header> headers, Slice body) {
        String time = TIME.format(clock.instant());
        String date = time.substring(0, 8);
        List<Header> sent = new ArrayList<>(headers);
        sent.add(new Header("X-Amz-Date", time));
        if (!credentials.sessionToken().isEmpty()) {
            sent.add(new Header("X-Amz-Security-Token", credentials.sessionToken()));
        }
        Map<String, String> signed = new TreeMap<>();
        signed.put("host", host(uri));
        for (Header header : sent) {
            String name = header.name().toLowerCase(Locale.ROOT);
            if (name.equals("content-type") || name.startsWith("x-amz-")) {
                signed.put(name, header.value().strip());
            }
        }
        String names = String.join(";", signed.keySet());
        String canonical =
                method
                        + "\n"
                        + path(uri)
                        + "\n"
                        + query(uri)
                        + "\n"
                        + signed.entrySet().stream()
                                .map(entry -> entry.getKey() + ":" + entry.getValue() + "\n")
                                .collect(Collectors.joining())
                        + "\n"
                        + names
                        + "\n"
                        + HexFormat.of().formatHex(sha256(body.bytes()));
        String scope = date + "/" + region + "/" + service + "/aws4_request";
        String toSign =
                String.join(
                        "\n",
                        ALGORITHM,
                        time,
                        scope,
                        HexFormat.of().formatHex(sha256(bytes(canonical))));
        String signature = HexFormat.of().formatHex(hmac(key(date), toSign));
        sent.add(
                new Header(
                        "Authorization",
                        "%s Credential=%s/%s, SignedHeaders=%s, Signature=%s"
                                .formatted(
                                        ALGORITHM,
                                        credentials.accessKey(),
                                        scope,
                                        names,
                                        signature)));
        return sent;
    }

    /// As the client sends it: without a port that goes without saying.
    private static String host(URI uri) {
        int usual = uri.getScheme().equals("https") ? 443 : 80;
        boolean said = uri.getPort() >= 0 && uri.getPort() != usual;
        return uri.getHost() + (said ? ":" + uri.getPort() : "");
    }

    /// The path as it is on the wire, each of its parts encoded once more.
    private static String path(URI uri) {
        String path = uri.getRawPath();
        return path.isEmpty()
                ? "/"
                : Arrays.stream(path.split("/", -1))
                        .map(part -> part.isEmpty() ? part : Upstream.segment(part))
                        .collect(Collectors.joining("/"));
    }

    private static String query(URI uri) {
        String query = uri.getRawQuery();
        return query == null
                ? ""
                : Arrays.stream(query.split("&"))
                        .map(pair -> pair.contains("=") ? pair : pair + "=")
                        .sorted()
                        .collect(Collectors.joining("&"));
    }

    private byte[] key(String date) {
        byte[] key = bytes("AWS4" + credentials.secretKey());
        for (String part : List.of(date, region, service, "aws4_request")) {
            key = hmac(key, part);
        }
        return key;
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(bytes(text));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every Java has HmacSHA256", e);
        }
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
