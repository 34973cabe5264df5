package dev.backplane.server.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;

/// A key as it is stored: everything but the secret.
///
/// @param id public name for revoking it
/// @param hash SHA-256 of the secret's UTF-8, lower-case hex
/// @param project that it is for, or `*`
/// @param createdMillis since 1970; 0 for one from the configuration
public record ApiKey(
        String id,
        String name,
        String hash,
        Set<Scope> scopes,
        String project,
        long createdMillis,
        KeyLimits limits) {
    public static final String ALL_PROJECTS = "*";

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int SECRET_BYTES = 32;

    public ApiKey {
        scopes = Set.copyOf(scopes);
    }

    /// A new secret: `bp_` and 256 random bits in URL-safe base64.
    public static String newSecret() {
        byte[] bytes = new byte[SECRET_BYTES];
        RANDOM.nextBytes(bytes);
        return "bp_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /// A new public id.
    public static String newId() {
        byte[] bytes = new byte[6];
        RANDOM.nextBytes(bytes);
        return "key_" + HexFormat.of().formatHex(bytes);
    }

    public static String hash(String secret) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest(secret.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /// Compares in a time that does not depend on where the hashes differ.
    boolean matches(String otherHash) {
        return MessageDigest.isEqual(
                hash.getBytes(StandardCharsets.US_ASCII),
                otherHash.getBytes(StandardCharsets.US_ASCII));
    }

    boolean isFor(String name) {
        return project.equals(ALL_PROJECTS) || project.equals(name);
    }
}
