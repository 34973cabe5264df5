package dev.backplane.s3;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/// The `Content-MD5` header (RFC 1864): guards bytes on their way, nothing more.
final class Md5 {
    private Md5() {}

    static String of(byte[] bytes) {
        return header(digest().digest(bytes));
    }

    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has MD5", e);
        }
    }

    static String header(byte[] hash) {
        return Base64.getEncoder().encodeToString(hash);
    }
}
