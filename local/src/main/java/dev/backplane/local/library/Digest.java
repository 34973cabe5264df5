package dev.backplane.local.library;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The SHA-256 of some bytes, by which they are found.
///
/// @param hex 64 digits in lower case
public record Digest(String hex) {
    private static final int CHUNK_BYTES = 1 << 20;
    private static final Pattern FORM = Pattern.compile("sha256[:-]([0-9a-fA-F]{64})");

    public Digest {
        if (!hex.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("a digest is 64 hexadecimal digits");
        }
    }

    /// Reads `sha256:HEX` or `sha256-HEX`.
    ///
    /// @param where it stands, for the message
    /// @throws Problem `INVALID` for anything else
    public static Digest parse(String text, String where) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw Problem.invalid("not a SHA-256 digest", where)
                    .fix("a digest is sha256: and 64 hexadecimal digits");
        }
        return new Digest(matcher.group(1).toLowerCase(Locale.ROOT));
    }

    /// That of these bytes.
    public static Digest of(byte[] bytes) {
        return new Digest(HexFormat.of().formatHex(sha256().digest(bytes)));
    }

    /// That of a file's bytes.
    static Digest of(Path file) throws IOException {
        MessageDigest sha256 = sha256();
        byte[] chunk = new byte[CHUNK_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
                sha256.update(chunk, 0, length);
            }
        }
        return of(sha256);
    }

    /// That which was worked out.
    public static Digest of(MessageDigest finished) {
        return new Digest(HexFormat.of().formatHex(finished.digest()));
    }

    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException missing) {
            throw Problem.internal("SHA-256 is missing", "Java").causedBy(missing);
        }
    }

    /// As it is named on disk.
    public String fileName() {
        return "sha256-" + hex;
    }

    /// The beginning, for people.
    public String brief() {
        return hex.substring(0, 12);
    }

    /// As it is written in manifests.
    @Override
    public String toString() {
        return "sha256:" + hex;
    }
}
