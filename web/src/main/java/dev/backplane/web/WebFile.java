package dev.backplane.web;

import dev.backplane.http.Exchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/// A file ready to send: compressed once, with its tag. Immutable by habit: nobody writes to the
/// arrays.
///
/// @param tag as `ETag` has it, with quotes
record WebFile(String type, byte[] plain, byte[] compressed, String tag) {
    static WebFile of(String type, byte[] bytes) {
        return new WebFile(
                type,
                bytes,
                compress(bytes),
                '"' + HexFormat.of().formatHex(sha256(bytes), 0, 8) + '"');
    }

    static WebFile of(String type, String text) {
        return of(type, text.getBytes(StandardCharsets.UTF_8));
    }

    /// Sends it, or says that the browser has it.
    void send(Exchange exchange) throws IOException {
        exchange.header("ETag", tag)
                .header("Vary", "Accept-Encoding")
                .header("X-Content-Type-Options", "nosniff")
                .header("Cross-Origin-Resource-Policy", "same-origin");
        if (exchange.header("If-None-Match").filter(known -> known.contains(tag)).isPresent()) {
            exchange.status(304);
        } else if (acceptsGzip(exchange)) {
            exchange.header("Content-Encoding", "gzip").send(200, type, compressed);
        } else {
            exchange.send(200, type, plain);
        }
    }

    private static boolean acceptsGzip(Exchange exchange) {
        return exchange.header("Accept-Encoding").stream()
                .flatMap(value -> Arrays.stream(value.split(",")))
                .map(coding -> coding.strip().replace(" ", ""))
                .anyMatch(coding ->
                        coding.equals("gzip") || coding.matches("gzip;q=(1|0\\.0*[1-9].*)"));
    }

    private static byte[] compress(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length / 3 + 64);
        try (GZIPOutputStream gzip = new Best(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static final class Best extends GZIPOutputStream {
        Best(ByteArrayOutputStream out) throws IOException {
            super(out);
            def.setLevel(Deflater.BEST_COMPRESSION);
        }
    }

    /// What a content security policy calls an inline text that it allows.
    static String policySource(String text) {
        byte[] hash = sha256(text.getBytes(StandardCharsets.UTF_8));
        return "'sha256-" + Base64.getEncoder().encodeToString(hash) + "'";
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
